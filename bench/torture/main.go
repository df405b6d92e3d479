// Command torture does to runs what must not lose them: it kills them at any instant, fills their disk, damages their
// checkpoints; and it measures what keeping them safe costs.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"covey/bench/compare"
)

// options say how hard it is.
type options struct {
	covey  string // the built command
	work   string // a folder on a disk
	out    string // where the page and the table go; "": nowhere
	parts  string
	trials int           // kills of each algorithm
	damage int           // damaged newest checkpoints of each algorithm
	flips  int           // flipped bits
	pairs  int           // of runs with and without checkpoints
	length time.Duration // of each of them
	memory time.Duration // that memory is watched
	seed   uint64

	rng *rand.Rand
}

// part is one of the tortures.
type part struct {
	name string
	run  func(context.Context, *options) ([]row, error)
}

var parts = []part{
	{"kill", kills}, {"disk", disks}, {"power", powerLosses}, {"flip", flips}, {"cost", costs}, {"memory", memories},
}

func main() { os.Exit(compare.Main("torture", parse, run)) }

func parse(args []string) (*options, error) {
	o, flags := new(options), flag.NewFlagSet("torture", flag.ContinueOnError)
	short := flags.Bool("short", false, "a tenth of everything, in a few minutes: proves that it works; its figures are printed, never kept")
	flags.StringVar(&o.covey, "covey", "covey", "the built `program`")
	flags.StringVar(&o.work, "work", "", "`folder` to work in, on a disk (default: one of its own below the system's for temporary files)")
	flags.StringVar(&o.out, "out", "", "`folder` to keep torture.md and torture.csv in; rows of parts that are not run stay")
	flags.StringVar(&o.parts, "parts", "kill,disk,power,flip,cost,memory", "what to do")
	flags.IntVar(&o.trials, "trials", 100, "runs of each algorithm that are killed")
	flags.IntVar(&o.damage, "damage", 30, "runs of each algorithm whose newest checkpoint is damaged")
	flags.IntVar(&o.flips, "flips", 1000, "bits to flip")
	flags.IntVar(&o.pairs, "pairs", 3, "pairs of runs, with and without checkpoints")
	flags.DurationVar(&o.length, "length", 100*time.Second, "of each run of a pair: three checkpoints at the default interval")
	flags.DurationVar(&o.memory, "memory", time.Hour, "how long the memory of runs is watched")
	flags.Uint64Var(&o.seed, "seed", 1, "of when and what")
	if err := compare.ParseFlags(flags, args); err != nil {
		return nil, err
	}
	if *short {
		o.trials, o.damage, o.flips, o.pairs, o.length, o.memory = 10, 4, 100, 1, 35*time.Second, time.Minute
		o.out = ""
	}
	return o, nil
}

func run(ctx context.Context, o *options) error {
	var err error
	if o.covey, err = filepath.Abs(o.covey); err != nil {
		return err
	}
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o777); err != nil {
			return err
		}
	}
	if o.work == "" {
		if o.work, err = os.MkdirTemp("", "torture"); err != nil {
			return err
		}
		defer os.RemoveAll(o.work) //nolint:errcheck // a folder for temporary files
	}
	chosen, err := choose(o.parts)
	if err != nil {
		return err
	}
	o.rng = rand.New(rand.NewPCG(o.seed, 0))
	var rows []row
	for _, p := range chosen {
		compare.Progress("%s", p.name)
		some, err := p.run(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for i := range some {
			some[i].Part = p.name
		}
		rows = append(rows, some...)
	}
	if o.out != "" {
		if rows, err = keep(ctx, o, rows); err != nil {
			return err
		}
	}
	compare.Progress("")
	fmt.Print(table(rows))
	for _, r := range rows {
		if !r.Passed {
			return fmt.Errorf("%s: %s: %s, want %s", r.Part, r.What, r.Got, r.Want)
		}
	}
	return nil
}

// choose returns the parts that a list names.
func choose(list string) (chosen []part, err error) {
	known := make(map[string]part)
	var names []string
	for _, p := range parts {
		known[p.name] = p
		names = append(names, p.name)
	}
	for _, name := range strings.Split(list, ",") {
		p, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("unknown part %q; there are %s", name, strings.Join(names, ", "))
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// Sac sets covey's soft actor-critic beside others', in one run on one machine, and prints one table: the time
// of an update against the machine's peak of fused multiply-adds in the same run, and against PyTorch,
// Stable-Baselines3, SBX and RLtools; whole runs on Pendulum-v1; and the memory of a replay.
//
// Everything is measured in rounds, each of which runs every row once, so that what else the machine does falls
// on all of them. Peers run without the variables that slow OpenBLAS down.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"covey/bench/compare"
)

// options are what was asked for.
type options struct {
	covey     string   // the built command
	rltools   string   // folder of RLtools' source; "": not there
	blas      string   // what the C++ compiler needs to find and link OpenBLAS
	rows      []string // beginnings of names
	rounds    int
	peers     int // rounds of Python peers, each of which takes about 10 s
	updates   int // of one measurement of a Python peer
	benchtime string
	seeds     int // of runs until solved
	out       string
}

func main() { os.Exit(compare.Main("sac", parse, run)) }

func parse(args []string) (options, error) {
	var o options
	var rows string
	var short bool
	flags := flag.NewFlagSet("sac", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&o.rltools, "rltools", os.Getenv("RLTOOLS"), "`folder` of RLtools' source (default $RLTOOLS)")
	flags.StringVar(&o.blas, "blas", "-lopenblas", "`flags` with which the C++ compiler finds OpenBLAS")
	flags.StringVar(&rows, "rows", "", "comma-separated beginnings of the names of rows to run, such as `covey,SBX` (default all)")
	flags.IntVar(&o.rounds, "rounds", 5, "measurements per row")
	flags.IntVar(&o.peers, "peer-rounds", 3, "runs of each Python peer, of five measurements each")
	flags.IntVar(&o.updates, "peer-updates", 200, "updates of each of its measurements")
	flags.StringVar(&o.benchtime, "benchtime", "1s", "duration of one measurement of an update")
	flags.IntVar(&o.seeds, "seeds", 10, "seeds that covey solves Pendulum-v1 with")
	flags.StringVar(&o.out, "out", "", "`folder` for the results as JSON, CSV and Markdown")
	flags.BoolVar(&short, "short", false, "a few minutes: 3 rounds of 0.3 s, one of peers with 50 updates, 3 seeds; its figures are printed, never kept")
	if err := compare.ParseFlags(flags, args); err != nil {
		return o, err
	}
	if short {
		o.rounds, o.peers, o.updates, o.benchtime, o.seeds = 3, 1, 50, "0.3s", 3
		o.out = ""
	}
	if rows != "" {
		o.rows = strings.Split(rows, ",")
	}
	if o.rounds < 1 || o.peers < 1 || o.updates < 1 || o.seeds < 1 {
		return o, errors.New("-rounds, -peer-rounds, -peer-updates and -seeds start at 1")
	}
	var err error
	o.covey, err = filepath.Abs(o.covey)
	return o, err
}

// run measures all rows and prints the tables. Rows that fail are named at the end, as the error.
func run(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t := &tools{dir: dir, options: o}
	r := &report{Machine: compare.ThisMachine(ctx, o.covey), Rounds: o.rounds, PeerRounds: o.peers, Seeds: o.seeds}
	sources := t.sources(r)
	if err := t.prepare(ctx, sources); err != nil {
		return err
	}
	measure(ctx, sources, o)
	r.estimate(o)
	fmt.Print(r.markdown())
	if o.out != "" {
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	return errors.Join(r.failures()...)
}

// measure runs every source as often as it wants, in rounds. One that failed is not tried again.
func measure(ctx context.Context, sources []*source, o options) {
	for round := 1; round <= max(o.rounds, o.peers, o.seeds); round++ {
		for _, s := range sources {
			if round > s.rounds || s.failed {
				continue
			}
			compare.Progress("round %d of %d: %s", round, s.rounds, s.name)
			if err := s.run(ctx, round); err != nil {
				s.fail(err)
			}
		}
	}
	compare.Progress("")
}

// Classic sets covey's algorithms beside each other on the classic control tasks, by their presets, over ten
// seeds: at equal environment steps, and at equal wall time. It writes one file per run, and a page of tables and
// learning curves that says which of the textbooks' claims hold here.
// What was interrupted goes on, see package results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"covey/bench/results"
)

// options are what was asked for.
type options struct {
	covey string // the built command
	out   string // folder of the page, and of classic/ with the runs
	tasks []string
	seeds int
	part  float64 // of the budgets
	draw  bool    // only the page, from the runs that are there
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "classic:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	var tasks string
	var short bool
	flags := flag.NewFlagSet("classic", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&o.out, "out", "docs/results", "`folder` for classic.md and classic/")
	flags.StringVar(&tasks, "envs", "", "comma-separated environments (default all)")
	flags.IntVar(&o.seeds, "seeds", 10, "seeds of each algorithm, from 1")
	flags.BoolVar(&short, "short", false, "2 seeds and a tenth of the budgets: proves that it works, and nothing else")
	flags.BoolVar(&o.draw, "draw", false, "run nothing: make the page again from the runs that are there")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("what is %q?", flags.Arg(0))
	}
	if o.part = 1; short {
		o.seeds, o.part = 2, 0.1
	}
	if o.seeds < 1 {
		return o, errors.New("-seeds starts at 1")
	}
	if tasks != "" {
		o.tasks = strings.Split(tasks, ",")
	}
	var err error
	o.covey, err = filepath.Abs(o.covey)
	return o, err
}

// run makes the runs that are missing, seed by seed, so that what else the machine does falls on all algorithms;
// then the page.
func run(ctx context.Context, o options) error {
	plans, err := plan(o)
	if err != nil {
		return err
	}
	if o.draw {
		o.covey = ""
	}
	records, err := results.Make(ctx, o.covey, filepath.Join(o.out, "classic"), plans)
	if err != nil {
		return err
	}
	return publish(o.out, records)
}

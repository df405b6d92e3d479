// Pixels trains covey's presets for images and for memory over several seeds: the tasks that need memory, MinAtar's
// games by A3C and DQN, Atari. It writes one file per run, and a page of tables and learning curves.
//
// What was interrupted goes on, see package results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"covey/bench/results"
)

// options are what was asked for.
type options struct {
	covey string   // the built command
	out   string   // folder of the page, and of pixels/ with the runs
	only  []string // parts or environments to run
	algos []string // of which algorithms; nil: of all
	of    []string // with which budgets; nil: with all
	seeds int      // at most
	part  float64  // of the budgets
	draw  bool     // only the page, from the runs that are there
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
		fmt.Fprintln(os.Stderr, "pixels:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	var only, algos, budgets string
	var short bool
	flags := flag.NewFlagSet("pixels", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&o.out, "out", "docs/results", "`folder` for pixels.md and pixels/")
	flags.StringVar(&only, "only", strings.Join(parts, ","), "comma-separated `parts` or environments to run; the page shows the runs of all that are there")
	flags.StringVar(&algos, "algos", "", "comma-separated `algorithms`, such as a3c, to run: the page has the others' rows where there are runs of them")
	flags.StringVar(&budgets, "budgets", "", "comma-separated `budgets` to run with: steps, seconds")
	flags.IntVar(&o.seeds, "seeds", math.MaxInt, "at most so many seeds of each task, from 1")
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
	o.only = strings.Split(only, ",")
	for _, name := range o.only {
		if !slices.Contains(parts, name) && !slices.ContainsFunc(tasks, func(t task) bool { return t.Env == name }) {
			return o, fmt.Errorf("-only: %q is none of %s, nor one of their environments", name, strings.Join(parts, ", "))
		}
	}
	if algos != "" {
		o.algos = strings.Split(algos, ",")
	}
	if budgets != "" {
		o.of = strings.Split(budgets, ",")
	}
	var err error
	o.covey, err = filepath.Abs(o.covey)
	return o, err
}

// run makes the runs that are missing, then the page of all.
func run(ctx context.Context, o options) error {
	folder := filepath.Join(o.out, "pixels")
	if !o.draw {
		plans, err := plan(o.only, o)
		if err != nil {
			return err
		}
		plans = slices.DeleteFunc(plans, func(p *results.Plan) bool {
			return o.algos != nil && !slices.Contains(o.algos, p.Algo) || o.of != nil && !slices.Contains(o.of, string(p.Budget))
		})
		if len(plans) == 0 {
			return fmt.Errorf("-only, -algos %s and -budgets %s leave no run", strings.Join(o.algos, ","), strings.Join(o.of, ","))
		}
		if _, err := results.Make(ctx, o.covey, folder, plans); err != nil {
			return err
		}
	}
	o.seeds = math.MaxInt // fewer were to be run; the page is of all that are there
	all, err := plan(nil, o)
	if err != nil {
		return err
	}
	records, err := results.Make(ctx, "", folder, all)
	if err != nil {
		return err
	}
	return publish(o.out, records)
}

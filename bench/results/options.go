package results

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"

	"covey/bench/compare"
)

// Options are what is asked of programs that make runs and a page of them.
type Options struct {
	Covey string  // the built command
	Out   string  // folder of the page, and of one with the runs, both named after the program
	Seeds int     // of each task, from 1, that are run at most
	Part  float64 // of the budgets
	Draw  bool    // nothing is run
}

// committed is the folder that keeps whole runs.
const committed = "docs/results"

// Parse reads the arguments: into the options, and into what else the flags have. most: seeds of each task.
func (o *Options) Parse(flags *flag.FlagSet, most int, args []string) error {
	var short bool
	flags.StringVar(&o.Covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&o.Out, "out", "", fmt.Sprintf("`folder` for %[1]s.md and %[1]s/ (default %s)", flags.Name(), committed))
	flags.IntVar(&o.Seeds, "seeds", most, "at most so many seeds of each task to run, from 1; the page shows all that are there")
	flags.BoolVar(&short, "short", false, "2 seeds and a tenth of the budgets, in an -out of their own: proves that it works, and nothing else")
	flags.BoolVar(&o.Draw, "draw", false, "run nothing: make the page again from the runs that are there")
	if err := compare.ParseFlags(flags, args); err != nil {
		return err
	}
	if short && o.Out == "" {
		return fmt.Errorf("-short wants an -out: its runs would take the place of whole ones in %s", committed)
	}
	if o.Out == "" {
		o.Out = committed
	}
	if o.Part = 1; short {
		o.Seeds, o.Part = 2, 0.1
	}
	if o.Seeds < 1 || o.Seeds > most {
		return fmt.Errorf("-seeds is %d, and goes from 1 to %d", o.Seeds, most)
	}
	var err error
	o.Covey, err = filepath.Abs(o.Covey)
	return err
}

// Records makes those runs of all that are wanted and missing, in the folder of that name, and returns the records of all that are
// there, in their order.
func (o *Options) Records(ctx context.Context, name string, all []*Plan, wanted func(*Plan) bool) ([]*Record, error) {
	folder := filepath.Join(o.Out, name)
	if !o.Draw {
		some := slices.DeleteFunc(slices.Clone(all), func(p *Plan) bool { return p.Seed > uint64(o.Seeds) || !wanted(p) })
		if len(some) == 0 {
			return nil, errors.New("the arguments leave no run")
		}
		if err := Make(ctx, o.Covey, folder, some); err != nil {
			return nil, err
		}
	}
	return loadAll(folder, all)
}

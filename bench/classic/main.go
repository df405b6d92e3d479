// Classic sets covey's algorithms beside each other on the classic control tasks, by their presets, over ten
// seeds: at equal environment steps, and at equal wall time. It writes one file per run, and a page of tables and
// learning curves that says which of the textbooks' claims hold here.
// What was interrupted goes on, see package results.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"covey/bench/compare"
	"covey/bench/results"
)

// options are what was asked for.
type options struct {
	results.Options
	envs []string // to run; nil: all
}

func main() { os.Exit(compare.Main(name, parse, run)) }

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	envs := flags.String("envs", "", "comma-separated `environments` to run (default all); the page shows the runs of all that are there")
	if err := o.Parse(flags, mostSeeds, args); err != nil {
		return o, err
	}
	if *envs != "" {
		o.envs = strings.Split(*envs, ",")
	}
	for _, env := range o.envs {
		if !slices.ContainsFunc(tasks, func(t task) bool { return t.Env == env }) {
			return o, fmt.Errorf("-envs: %q is none of the tasks", env)
		}
	}
	return o, nil
}

// run makes the runs that are missing, seed by seed, so that what else the machine does falls on all algorithms;
// then the page of all.
func run(ctx context.Context, o options) error {
	all, err := plan(o.Part)
	if err != nil {
		return err
	}
	records, err := o.Records(ctx, name, all, func(p *results.Plan) bool { return o.envs == nil || slices.Contains(o.envs, p.Env) })
	if err != nil {
		return err
	}
	return publish(o.Out, records)
}

// Pixels trains covey's presets for images and for memory over several seeds: the tasks that need memory, MinAtar's
// games by A3C and DQN, Atari. It writes one file per run, and a page of tables and learning curves.
//
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
	envs    []string // to run
	algos   []string // to run, algorithm or algorithm@variant; nil: all
	budgets []string // to run with; nil: all
}

func main() { os.Exit(compare.Main(name, parse, run)) }

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	only := flags.String("only", strings.Join(parts, ","), "comma-separated `parts` or environments to run; the page shows the runs of all that are there")
	algos := flags.String("algos", "", "comma-separated `algorithms`, such as a3c or a3c@nosticky, to run (default all)")
	budgets := flags.String("budgets", "", "comma-separated `budgets` to run with: steps, seconds (default both)")
	if err := o.Parse(flags, mostSeeds, args); err != nil {
		return o, err
	}
	for part := range strings.SplitSeq(*only, ",") {
		known := len(o.envs)
		for _, t := range tasks {
			if part == t.Part || part == t.Env {
				o.envs = append(o.envs, t.Env)
			}
		}
		if len(o.envs) == known {
			return o, fmt.Errorf("-only: %q is none of %s, nor one of their environments", part, strings.Join(parts, ", "))
		}
	}
	if *algos != "" {
		o.algos = strings.Split(*algos, ",")
	}
	if *budgets != "" {
		o.budgets = strings.Split(*budgets, ",")
	}
	return o, nil
}

// wants says whether the run was asked for.
func (o *options) wants(p *results.Plan) bool {
	return slices.Contains(o.envs, p.Env) &&
		(o.algos == nil || slices.Contains(o.algos, p.Algo) || slices.Contains(o.algos, p.Label())) &&
		(o.budgets == nil || slices.Contains(o.budgets, string(p.Budget)))
}

// run makes the runs that are missing, then the page of all.
func run(ctx context.Context, o options) error {
	all, err := plan(o.Part)
	if err != nil {
		return err
	}
	records, err := o.Records(ctx, name, all, o.wants)
	if err != nil {
		return err
	}
	return publish(o.Out, records)
}

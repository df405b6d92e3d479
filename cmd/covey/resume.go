package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"covey"
	"covey/train"
)

// changeable are the keyFlags that a run may be resumed with.
var changeable = []string{"steps", "episodes", "seconds", "until-solved", "eval-every", "print-every"}

func newResume() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a run",
		Long: `Go on with a run from its newest checkpoint, after Ctrl-C, a crash or a power failure; or with a
finished one, given a larger budget.

In the deterministic modes, with native environments, the run ends as if it had never been left.`,
		Example: `  covey resume runs/CartPole-v1/a3c-seed1-1
  covey resume runs/CartPole-v1/a3c-seed1-1 --steps 2000000`,
		Args: arguments(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if runs, err := findRuns(args[0]); err == nil && len(runs) > 0 && !train.IsRun(args[0]) {
				return fmt.Errorf("%s is not a run, but holds %s: resume that, or all that train --seeds left by the same command with --out %s",
					args[0], runs[0].Run, args[0])
			}
			var solveAt *float64
			change := func(cfg *covey.Config) error {
				err := f.override(cmd, cfg)
				solveAt = cfg.SolveAt
				return err
			}
			run, err := covey.Resume(cmd.Context(), change, covey.Options{Dir: args[0], Started: started, Output: f.output(cmd)})
			if errors.Is(err, train.ErrFinished) {
				err = fmt.Errorf("%w, such as --steps", err)
			}
			return f.report(cmd, run, solveAt, args[0], err)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, name := range changeable {
		for _, k := range keyFlags {
			if k.name == name {
				k.define(flags)
			}
		}
	}
	flags.StringArrayVar(&f.set, "set", nil, "set any `key=value` that learning does not depend on; may be given again")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.BoolVar(&f.quiet, "quiet", false, "print nothing but errors and JSON")
	return cmd
}

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"covey"
	"covey/env"
	"covey/train"
	"covey/transitions"
)

// evalReport is what eval --json prints.
type evalReport struct {
	Run  string `json:"run"`
	Env  string `json:"env"`
	Algo string `json:"algo"`
	Seed uint64 `json:"seed"`

	Transitions string `json:"transitions,omitempty"` // the file that they were written to
	*train.Evaluation
}

// sampleFlag is of the commands that play with a run's policy; where it is not given, they play as the run's evaluations did.
const (
	sampleFlag  = "sample"
	sampleUsage = "sample actions (=false: take the most likely ones; default: as the run's eval.sample)"
)

// sampled says whether cmd samples actions of a run with this configuration.
func sampled(cmd *cobra.Command, cfg *covey.Config) bool {
	if given := cmd.Flags().Lookup(sampleFlag); given.Changed {
		return given.Value.String() == "true"
	}
	return cfg.Eval.Sample
}

func newEval() *cobra.Command {
	var episodes int
	var seed uint64
	var json bool
	var save string
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate the policy of a run",
		Long: `Play fresh episodes with the last policy of a run, or with the best one: covey eval RUN/best.
The same seed plays the same episodes.`,
		Args: arguments(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if episodes < 1 || episodes > 1e6 {
				return usagef("--episodes %d: must be between 1 and 1000000", episodes)
			}
			p, cfg, err := covey.LoadPolicy(args[0])
			if err != nil {
				return err
			}
			if err := playable(cfg); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			sample := sampled(cmd, cfg)
			about := cfg.Provenance()
			about["seed"], about["sampled"] = fmt.Sprint(seed), fmt.Sprint(sample)
			e, err := recorded(save, about, cfg.Environment, func(create func() (env.Environment, error)) (*train.Evaluation, error) {
				evaluator := train.NewEvaluator(create)
				line, start := progressLine(cmd), time.Now()
				evaluator.Progress = func(ended, episodes int) {
					if now := time.Since(start); line.Due(now) {
						line.Show(now, fmt.Sprintf("%d of %d episodes", ended, episodes))
					}
				}
				e, err := evaluator.Evaluate(cmd.Context(), p, episodes, seed, sample)
				line.Clear()
				return e, errors.Join(err, evaluator.Close())
			})
			if err != nil {
				return err
			}
			if json {
				return writeJSON(cmd.OutOrStdout(), evalReport{Run: args[0], Env: cfg.Env, Algo: cfg.Algo, Seed: seed, Transitions: save, Evaluation: e})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s, %s, seed %d\n", cfg.Env, cfg.Algo, seed)
			printEvaluation(cmd.OutOrStdout(), e)
			if save != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "transitions: %s\n", save)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&episodes, "episodes", 100, "play `n` episodes")
	flags.Uint64Var(&seed, "seed", 1, "seed `n` of the episodes")
	flags.Bool(sampleFlag, false, sampleUsage)
	flags.StringVar(&save, "save-transitions", "", "write every transition to a new `file`, for train --replay")
	flags.BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

// recorded plays in environments that create makes, and leaves their transitions in the file; "": it does not.
func recorded(file string, about map[string]string, create func() (env.Environment, error),
	play func(create func() (env.Environment, error)) (*train.Evaluation, error)) (*train.Evaluation, error) {
	if file == "" {
		return play(create)
	}
	r, err := transitions.Record(file, about)
	if err != nil {
		return nil, err
	}
	e, err := play(r.Watching(create))
	if err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	return e, r.Close()
}

// playable says why a run's environment cannot be made here. That is no ConfigError: the run is what it is, and its
// environment may be one of somebody else's program.
func playable(cfg *covey.Config) error {
	e, err := cfg.Environment()
	if err != nil {
		return errors.New(err.Error())
	}
	return e.Close()
}

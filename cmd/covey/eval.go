package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"covey"
	"covey/train"
)

// evalReport is what eval --json prints.
type evalReport struct {
	Run  string `json:"run"`
	Env  string `json:"env"`
	Algo string `json:"algo"`
	Seed uint64 `json:"seed"`
	*train.Evaluation
}

func newEval() *cobra.Command {
	var episodes int
	var seed uint64
	var sample, json bool
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
			e, err := covey.Evaluate(cmd.Context(), p, cfg.Environment, episodes, seed, sample)
			if err != nil {
				return err
			}
			if json {
				return writeJSON(cmd.OutOrStdout(), evalReport{Run: args[0], Env: cfg.Env, Algo: cfg.Algo, Seed: seed, Evaluation: e})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s, %s, seed %d\n", cfg.Env, cfg.Algo, seed)
			printEvaluation(cmd.OutOrStdout(), e)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&episodes, "episodes", 100, "play `n` episodes")
	flags.Uint64Var(&seed, "seed", 1, "seed `n` of the episodes")
	flags.BoolVar(&sample, "sample", false, "sample actions instead of taking the most likely ones")
	flags.BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
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

package main

import (
	"fmt"
	"image"
	"time"

	"github.com/spf13/cobra"

	"covey"
)

func newRecord() *cobra.Command {
	var out string
	var episodes int
	var seed uint64
	cmd := &cobra.Command{
		Use:   "record RUN",
		Short: "Record what a run's policy does, as pictures",
		Long: `Play episodes with the policy of a run and record them: as an animation in a .gif, or as one
.png for each step, whose names are numbered (frame-%04d.png) or stand in a folder that is made or empty.
The same seed plays the same episodes, and covey eval plays them too unless they are sampled.`,
		Example: "  covey record runs/CartPole-v1/a3c-seed1-1/best -o episode.gif",
		Args:    arguments(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if episodes < 1 || episodes > 1000 {
				return usagef("--episodes %d: must be between 1 and 1000", episodes)
			}
			film, err := newFilm(out)
			if err != nil {
				return err
			}
			p, cfg, err := covey.LoadPolicy(args[0])
			if err != nil {
				return err
			}
			if err := playable(cfg); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			sample := sampled(cmd, cfg)
			line, start, pictures := progressLine(cmd), time.Now(), 0
			e, err := covey.Record(cmd.Context(), p, cfg.SeenEnvironment, episodes, seed, sample, func(picture *image.RGBA, rate float64) error {
				pictures++
				if now := time.Since(start); line.Due(now) {
					line.Show(now, fmt.Sprintf("%d pictures", pictures))
				}
				return film.add(picture, rate)
			})
			line.Clear()
			if err := film.end(err); err != nil {
				return err
			}
			stdout := cmd.OutOrStdout()
			fmt.Fprintf(stdout, "%s, %s, seed %d\n", cfg.Env, cfg.Algo, seed)
			for i, r := range e.Returns {
				fmt.Fprintf(stdout, "episode %d: %.2f\n", i+1, r)
			}
			printEvaluation(stdout, e)
			_, err = fmt.Fprintln(stdout, out)
			return err
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&out, "out", "o", "episode.gif", "`file` to write: .gif, or frame-%04d.png, or a folder; files are replaced if they are there")
	flags.IntVar(&episodes, "episodes", 1, "record `n` episodes")
	flags.Uint64Var(&seed, "seed", 1, "seed `n` of the episodes")
	flags.Bool(sampleFlag, false, sampleUsage)
	return cmd
}

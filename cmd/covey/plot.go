package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newPlot() *cobra.Command {
	var out string
	a := usualAxes
	cmd := &cobra.Command{
		Use:   "plot RUN...",
		Short: "Plot learning curves",
		Long: `Plot the mean return of the last 100 training episodes against environment steps: a line
for each run, and for a folder of runs (train --seeds makes one) their mean, with a band from the lowest to the
highest. A band ends where the first of its runs does. --x and --y choose other columns of progress.csv.`,
		Example: "  covey plot runs/CartPole-v1/a3c-seed1-1 -o curve.png\n  covey plot runs/CartPole-v1/a3c-seed1-1 --x wall_s --y eval_return_mean",
		Args:    arguments(1, 64, "one to 64 runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch ext := strings.ToLower(filepath.Ext(out)); ext {
			case ".png", ".svg":
			default:
				return usagef("--out %s: want a file that ends in .png or .svg", out)
			}
			var curves []*curve
			for _, dir := range args {
				c, err := readCurve(dir, a)
				if err != nil {
					return err
				}
				curves = append(curves, c)
			}
			if err := draw(curves, a, out); err != nil {
				return fmt.Errorf("plot to %s: %w", out, err)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), out)
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "curve.png", "`file` to write: .png or .svg; replaced if it is there")
	cmd.Flags().StringVar(&a.x, "x", a.x, "`column` to the right: env_steps, wall_s, updates, episodes")
	cmd.Flags().StringVar(&a.y, "y", a.y, "`column` upwards: train_return_mean_100, eval_return_mean, entropy and so on")
	return cmd
}

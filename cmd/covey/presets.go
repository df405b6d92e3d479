package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"covey/zoo"
)

func newPresets() *cobra.Command {
	return &cobra.Command{
		Use:   "presets",
		Short: "List the presets",
		Long:  "List the presets: which algorithm has settings for which environment. train takes a named one by --preset.",
		Args:  arguments(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ENVIRONMENT\tALGO\tPRESET\tABOUT")
			for _, p := range zoo.Presets() {
				variant := p.Variant
				if variant == "" {
					variant = "-"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Env, p.Algo, variant, zoo.About(p))
			}
			return w.Flush()
		},
	}
}

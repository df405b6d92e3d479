package main

import (
	"fmt"
	"io"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"covey"
	"covey/env"
	"covey/internal/nearest"
)

func newEnvs() *cobra.Command {
	return &cobra.Command{
		Use:   "envs [PATTERN]",
		Short: "List the environments that covey brings",
		Long: `List the environments that covey brings, all or those whose name matches: a pattern with * or ?
as in a shell, or a part of the name. Gymnasium's (ALE/Pong-v5, VizdoomBasic-v1, gym:ID) are not among them:
they live in Python, and covey train takes them by their names.`,
		Args: arguments(0, 1, "at most one pattern"),
		RunE: func(cmd *cobra.Command, args []string) error {
			pattern := ""
			if len(args) > 0 {
				pattern = args[0]
			}
			return listEnvironments(cmd.OutOrStdout(), pattern)
		},
	}
}

func listEnvironments(out io.Writer, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return usagef("pattern %q: %w", pattern, err)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tOBSERVATION\tACTION\tSTEPS\tTHRESHOLD")
	found := false
	for _, id := range covey.Environments() {
		if !matches(pattern, id) {
			continue
		}
		found = true
		if err := describe(w, id); err != nil {
			return err
		}
	}
	if !found {
		hint := "; Gymnasium's, such as ALE/Pong-v5, are not listed here, but covey train takes them"
		if nearest.Name(pattern, covey.Environments()) != "" {
			hint = nearest.Hint(pattern, covey.Environments())
		}
		return usagef("no environment of covey's own matches %q%s", pattern, hint)
	}
	return w.Flush()
}

// describe prints an environment's line.
func describe(w io.Writer, id string) error {
	e, err := covey.NewEnvironment(id)
	if err != nil {
		return err
	}
	s := e.Spec()
	steps, threshold := "-", "-"
	if s.MaxSteps > 0 {
		steps = fmt.Sprint(s.MaxSteps)
	}
	if s.RewardThreshold != nil {
		threshold = fmt.Sprint(*s.RewardThreshold)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", id, spaceName(s.Observation), spaceName(s.Action), steps, threshold)
	return e.Close()
}

// matches says whether name matches a shell's pattern, or has the pattern as a part of it.
func matches(pattern, name string) bool {
	pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	if strings.ContainsAny(pattern, "*?[") {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	}
	return strings.Contains(name, pattern)
}

// spaceName is a space in short: Box[4], Discrete(2).
func spaceName(s env.Space) string {
	if s.Kind == env.Box {
		return fmt.Sprintf("Box%v", s.Shape)
	}
	return fmt.Sprintf("%s(%s)", s.Kind, strings.Trim(fmt.Sprint(s.N), "[]"))
}

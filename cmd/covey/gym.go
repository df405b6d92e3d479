package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"covey/internal/nearest"
	"covey/internal/pyenv"
)

func newGym() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gym",
		Short: "Prepare for the environments of Gymnasium, which live in Python",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usagef("gym: unknown command %q%s", args[0], nearest.Hint(args[0], []string{"setup"}))
		},
	}
	cmd.AddCommand(newGymSetup())
	return cmd
}

func newGymSetup() *cobra.Command {
	var dir, python string
	var long strings.Builder
	long.WriteString(`Make a Python environment with Gymnasium in the user's cache, of packages that are pinned by their
hashes; or add to the one that is there. Python 3.11 or newer must be installed. Extras:

`)
	for _, name := range pyenv.Extras() {
		fmt.Fprintf(&long, "  %-16s  %s\n", name, pyenv.Describe(name))
	}
	fmt.Fprintf(&long, "  %-16s  all of them (600 MB)", "all")
	cmd := &cobra.Command{
		Use:     "setup [EXTRA...]",
		Short:   "Make a Python environment with Gymnasium and what its environments need",
		Long:    long.String(),
		Example: "  covey gym setup atari mujoco\n  covey gym setup --python ~/mine/bin/python",
		RunE: func(cmd *cobra.Command, args []string) error {
			if python != "" {
				if len(args) > 0 || dir != "" {
					return usagef("gym setup: --python takes an interpreter as it is: want neither extras nor --dir with it")
				}
				return useOwn(cmd.Context(), cmd.OutOrStdout(), python)
			}
			if len(args) == 1 && args[0] == "all" {
				args = pyenv.Extras()
			}
			if _, err := pyenv.GymnasiumLock(args...); err != nil {
				return usagef("gym setup: %w", err)
			}
			path, extras, err := pyenv.Setup(cmd.Context(), dir, args, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			has := "Gymnasium"
			if len(extras) > 0 {
				has += " with " + strings.Join(extras, ", ")
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", path, has)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "dir", "", "make it in this `folder` instead of the cache")
	flags.StringVar(&python, "python", "", "install nothing, and take this `interpreter` of your own from now on")
	return cmd
}

// useOwn chooses the user's interpreter, if Gymnasium is there.
func useOwn(ctx context.Context, stdout io.Writer, python string) error {
	r, err := pyenv.Look(ctx, python)
	if err != nil {
		return err
	}
	if _, missing, broken := r.Extra(""); len(missing)+len(broken) > 0 {
		return fmt.Errorf("%s lacks %s: %s -m pip install gymnasium", r.Path, strings.Join(append(missing, broken...), ", "), r.Path)
	}
	if old := r.Old(); len(old) > 0 {
		return fmt.Errorf("%s has %s", r.Path, strings.Join(old, "; "))
	}
	path, err := pyenv.Use(python)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: Gymnasium %s\n", path, r.Packages["gymnasium"].Version)
	return err
}

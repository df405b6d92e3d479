// Command covey trains, evaluates and plots actor-critic agents.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"covey"
	"covey/env/gymnasium"
	"covey/internal/nearest"
)

// Exit codes.
const (
	exitWorld       = 1   // something outside failed: a file, an environment, learning itself
	exitUsage       = 2   // the command or the configuration makes no sense
	exitInterrupted = 130 // Ctrl-C
	exitTerminated  = 143 // SIGTERM
)

// started is when the process did.
var started = processStart()

func main() { os.Exit(run()) }

func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		signal.Stop(signals) // a second one ends the process at once
		cancel(interruption{s})
	}()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// interruption is the cause of a context that a signal has ended.
type interruption struct{ signal os.Signal }

func (i interruption) Error() string { return i.signal.String() }

// execute runs a command line and returns its exit code. An error is one line on stderr, below which stands what
// Python had to say about it.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errInterrupted) {
		fmt.Fprintln(stderr, "covey: "+shown(err))
	}
	return exitCode(ctx, err)
}

// shown is an error as it is printed.
func shown(err error) string {
	text := strings.TrimSpace(err.Error())
	if _, python := errors.AsType[*gymnasium.Fault](err); python {
		return text
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

// errInterrupted ends a command that was cut short by a signal and has said so.
var errInterrupted = errors.New("interrupted")

// usageError is a mistake in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var config *covey.ConfigError
	var by interruption
	switch {
	case errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled):
		if errors.As(context.Cause(ctx), &by) && by.signal == syscall.SIGTERM {
			return exitTerminated
		}
		return exitInterrupted
	case errors.As(err, &usage) || errors.As(err, &config):
		return exitUsage
	}
	return exitWorld
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "covey",
		Short:         "Train, evaluate and plot actor-critic agents",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(explainFlag)
	root.AddCommand(newTrain(), newResume(), newRuns(), newEval(), newRecord(), newPlot(), newEnvs(), newPresets(), newGym(), newDoctor(), newVersion())
	return root
}

// newHelp is cobra's help, but for an unknown command, which is a mistake here too.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError{err}
			}
			switch {
			case len(rest) > 0 && about.HasSubCommands():
				return unknownCommand(about, rest[0])
			case len(rest) > 0:
				return usagef("help wants one command, not also %q", rest[0])
			}
			return about.Help()
		},
	}
}

// unknownCommand names the command of parent that was probably meant.
func unknownCommand(parent *cobra.Command, name string) error {
	var names []string
	for _, c := range parent.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return usagef("unknown command %q%s", name, nearest.Hint(name, names))
}

// explainFlag names the flag that was probably meant.
func explainFlag(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		f := invalid.GetFlag()
		return usagef("--%s %s: %s", f.Name, invalid.GetValue(), wanted(f.Value.Type()))
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return usageError{err}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	hint := nearest.Name(unknown.GetSpecifiedName(), names)
	if hint != "" {
		hint = fmt.Sprintf("; did you mean --%s?", hint)
	}
	if !cmd.HasParent() {
		return usagef("%w%s", err, hint)
	}
	return usagef("%s: %w%s", cmd.Name(), err, hint)
}

// wanted says what a flag of a type takes, instead of what was given.
func wanted(kind string) string {
	switch kind {
	case "int":
		return "not an integer, or too large"
	case "uint64":
		return "not an integer of at least 0, or too large"
	case "bool":
		return "not true or false"
	}
	return "not of type " + kind
}

// arguments asks for at least least and at most most arguments, called what.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s wants %s", cmd.Name(), what)
		case len(args) > most:
			return usagef("%s wants %s, not also %q", cmd.Name(), what, args[most])
		}
		return nil
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"covey"
	"covey/train"
)

// listed is a run as runs --json prints it.
type listed struct {
	Run     string    `json:"run"`
	State   string    `json:"state"` // running, finished, interrupted, failed, killed, or broken: then Error says how
	PID     int       `json:"pid,omitempty"`
	Env     string    `json:"env"`
	Algo    string    `json:"algo"`
	Seed    uint64    `json:"seed"`
	Steps   uint64    `json:"env_steps"`
	Return  *float64  `json:"train_return_mean_100"` // null: no episode has ended
	Updated time.Time `json:"updated"`
	Error   string    `json:"error,omitempty"`
}

// broken is the state of a run whose folder cannot be made sense of.
const broken = "broken"

func newRuns() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "runs [FOLDER]",
		Short: "List, show and remove runs",
		Long: `List the runs below a folder, or below runs: what each one is and how far it came.

A run is running, finished, interrupted (by Ctrl-C or SIGTERM), failed (with an error) or killed (its process ended without
a word). covey resume goes on with all but those that run.`,
		Args: arguments(0, 1, "at most one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) > 0 {
				dir = args[0]
			}
			runs, err := findRuns(dir)
			if err != nil && !(len(args) == 0 && errors.Is(err, fs.ErrNotExist)) { // there are none yet
				return err
			}
			if json {
				return writeJSON(cmd.OutOrStdout(), runs)
			}
			return printRuns(cmd.OutOrStdout(), runs)
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print the list as JSON")
	cmd.AddCommand(newRunsShow(), newRunsRemove())
	return cmd
}

// findRuns lists the runs below dir, in the order of their names.
func findRuns(dir string) ([]listed, error) {
	runs := []listed{} // in JSON a list even of none
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		case train.IsRun(path):
			r, _ := look(path)
			runs = append(runs, r)
			return fs.SkipDir
		}
		return nil
	})
	return runs, err
}

// look says where a run stands; the status is nil where its folder is broken.
func look(dir string) (listed, *train.Status) {
	r := listed{Run: filepath.ToSlash(dir)}
	cfg, err := covey.RunConfig(dir)
	if err == nil {
		r.Env, r.Algo, r.Seed = cfg.Env, cfg.Algo, cfg.Seed
	}
	s, e := train.Inspect(dir)
	if err = errors.Join(err, e); err != nil {
		r.State, r.Error = broken, strings.ReplaceAll(err.Error(), "\n", "; ")
		return r, nil
	}
	r.State, r.PID, r.Steps, r.Updated = s.State, s.PID, s.Steps, s.Updated
	if !math.IsNaN(s.Return) {
		r.Return = &s.Return
	}
	if s.Result != nil {
		r.Error = s.Result.Error
	}
	return r, s
}

func printRuns(out io.Writer, runs []listed) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTATE\tENVIRONMENT\tALGO\tSEED\tSTEPS\tRETURN\tAGE")
	for i := range runs {
		r := &runs[i]
		mean, age := "-", "-"
		if r.Return != nil {
			mean = fmt.Sprintf("%.2f", *r.Return)
		}
		if r.State != broken {
			age = ago(time.Since(r.Updated))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", r.Run, r.State, r.Env, r.Algo, r.Seed, r.Steps, mean, age)
	}
	return w.Flush()
}

// ago is a duration in its largest unit. What was written in the future, by a clock that has been set back since, is
// of now.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}} {
		if n := d / unit.size; n > 0 {
			return fmt.Sprintf("%d%s", n, unit.name)
		}
	}
	return fmt.Sprintf("%ds", max(d, 0)/time.Second)
}

func newRunsShow() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show where a run stands",
		Args:  arguments(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, s := look(args[0])
			if s == nil {
				return errors.New(r.Error)
			}
			if json {
				return writeJSON(cmd.OutOrStdout(), struct {
					listed
					Result *train.Result `json:"result"` // null: the run has not ended
				}{r, s.Result})
			}
			cfg, err := covey.RunConfig(args[0])
			if err != nil {
				return err
			}
			show(cmd.OutOrStdout(), &r, s, cfg)
			return nil
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print it as JSON, with the result of a run that has ended")
	return cmd
}

// show prints a run in a few lines.
func show(w io.Writer, r *listed, s *train.Status, cfg *covey.Config) {
	state := r.State
	if r.PID > 0 {
		state += fmt.Sprintf(" (process %d)", r.PID)
	}
	fmt.Fprintf(w, "%s, %s, seed %d: %s, last written %s ago\n", r.Env, r.Algo, r.Seed, state, ago(time.Since(r.Updated)))
	text := fmt.Sprintf("%d steps", r.Steps)
	if cfg.Steps > 0 {
		text = fmt.Sprintf("%d of %d steps", r.Steps, cfg.Steps)
	}
	if r.Return != nil {
		text += fmt.Sprintf(", mean return %.2f", *r.Return)
	}
	fmt.Fprintln(w, text)
	if r.Error != "" {
		fmt.Fprintf(w, "error: %s\n", r.Error)
	}
	if res := s.Result; res != nil && s.State != train.Running {
		for _, warning := range res.Warnings {
			fmt.Fprintf(w, "warning: %s\n", warning)
		}
		printResult(w, res, cfg.SolveAt, r.Run)
	} else if s.State == train.Killed {
		fmt.Fprintf(w, "covey resume %s goes on\n", r.Run)
	}
}

func newRunsRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm RUN...",
		Short: "Remove runs",
		Long:  "Remove the folders of runs, after asking. A run that a process is at is refused.",
		Args:  arguments(1, 1000, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answers := bufio.NewReader(cmd.InOrStdin())
			for _, dir := range args {
				if !yes {
					agreed, err := ask(cmd.Context(), cmd.ErrOrStderr(), answers, fmt.Sprintf("remove %s? [y/N] ", dir))
					if err != nil {
						return err
					}
					if !agreed {
						continue
					}
				}
				if err := train.Remove(dir); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "removed %s\n", dir)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// ask puts a question, until ctx ends, and says whether it was answered with yes.
func ask(ctx context.Context, w io.Writer, answers *bufio.Reader, question string) (bool, error) {
	fmt.Fprint(w, question)
	var answer string
	var err error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		answer, err = answers.ReadString('\n')
	}()
	select {
	case <-answered:
	case <-ctx.Done(): // the process ends, and nobody reads on
		fmt.Fprintln(w)
		return false, errInterrupted
	}
	if errors.Is(err, io.EOF) && answer == "" {
		return false, usagef("nobody answers; --yes does not ask")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

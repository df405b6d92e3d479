package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"covey"
	"covey/metrics"
	"covey/train"
)

// trainFlags are what train was asked for.
type trainFlags struct {
	algo, preset, config string
	set                  []string
	out                  string
	seeds                int
	json, quiet          bool
}

func newTrain() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train ENV",
		Short: "Train an agent in an environment",
		Long: `Train an agent in an environment, and evaluate it at the end.

Settings come from the algorithm's defaults, the preset for the environment, --config,
--set and the other flags; later ones win.`,
		Example: `  covey train CartPole-v1
  covey train CartPole-v1 --until-solved --seeds 10
  covey train Pendulum-v1 --steps 2000000 --set a3c.gamma=0.95`,
		Args: arguments(0, 1, "one environment"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := f.resolve(cmd, args)
			if err != nil {
				return err
			}
			if f.seeds > 1 {
				return f.trainSeeds(cmd, cfg)
			}
			return f.trainOne(cmd, cfg)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.algo, "algo", "", "`algorithm`: "+strings.Join(covey.Algorithms(), ", ")+" (default a3c)")
	flags.StringVar(&f.preset, "preset", "", "`variant` of the preset, or none (covey presets lists them)")
	for _, k := range keyFlags {
		k.define(flags)
	}
	flags.IntVar(&f.seeds, "seeds", 1, "train with `n` seeds, one after another")
	flags.StringArrayVar(&f.set, "set", nil, "set any `key=value`, such as a3c.gamma=0.98; may be given again")
	flags.StringVar(&f.config, "config", "", "YAML `file` of settings")
	flags.StringVar(&f.out, "out", "", "`folder` of the run (default runs/ENV/ALGO-seedSEED-N)")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.BoolVar(&f.quiet, "quiet", false, "print nothing but errors and JSON")
	return cmd
}

// trainOne trains with one seed and prints the result.
func (f *trainFlags) trainOne(cmd *cobra.Command, cfg *covey.Config) error {
	dir, err := f.folder(cfg, fmt.Sprintf("seed%d", cfg.Seed))
	if err != nil {
		return err
	}
	run, err := f.train(cmd, cfg, dir, started)
	return f.report(cmd, run, cfg.SolveAt, dir, err)
}

// report prints how the run in dir ended, if it began. solveAt nil: nothing counts as solved.
func (f *trainFlags) report(cmd *cobra.Command, run *covey.Run, solveAt *float64, dir string, err error) error {
	if run == nil {
		return err
	}
	switch {
	case f.json:
		err = errors.Join(err, writeJSON(cmd.OutOrStdout(), report{Result: run.Result, Run: dir}))
	case !f.quiet:
		printResult(cmd.OutOrStdout(), &run.Result, solveAt, dir)
	}
	if err == nil && run.Interrupted {
		return errInterrupted
	}
	return err
}

// report is what --json prints: result.json, and where it stands.
type report struct {
	train.Result
	Run string `json:"run"`
}

// train runs cfg in folder dir.
func (f *trainFlags) train(cmd *cobra.Command, cfg *covey.Config, dir string, started time.Time) (*covey.Run, error) {
	run, err := covey.Train(cmd.Context(), cfg, covey.Options{
		Dir: dir, Started: started, Output: f.output(cmd),
	})
	if run == nil && f.out == "" {
		_ = os.Remove(dir) // ours, and kept if it holds anything
	}
	if errors.Is(err, train.ErrUnfinished) {
		err = fmt.Errorf("%w; covey resume %s goes on with it", err, dir)
	}
	return run, err
}

// output shows the run on stderr, and prints totals where the result goes.
func (f *trainFlags) output(cmd *cobra.Command) train.Output {
	if f.quiet {
		return train.Output{}
	}
	o := train.Output{Progress: cmd.ErrOrStderr(), Print: cmd.OutOrStdout()}
	if f.json {
		o.Print = cmd.ErrOrStderr()
	}
	o.Terminal, o.Width = terminal(o.Progress)
	return o
}

// terminal says whether w is one, and of how many columns. Some do not know that, and do not count.
func terminal(w io.Writer) (yes bool, width int) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	return err == nil && width > 0, width
}

// progressLine is a line on stderr.
func progressLine(cmd *cobra.Command) *metrics.Line {
	yes, width := terminal(cmd.ErrOrStderr())
	return metrics.NewLine(cmd.ErrOrStderr(), yes, width)
}

// folder is the run's: --out, or the first runs/ENV/ALGO-NAME-N that there is not yet.
func (f *trainFlags) folder(cfg *covey.Config, name string) (string, error) {
	if f.out != "" {
		return f.out, nil
	}
	parent := filepath.Join("runs", strings.ReplaceAll(filepath.FromSlash(cfg.Env), ":", "-")) // no system minds that
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", fmt.Errorf("make run folder: %w", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(parent, cfg.Algo+"-"+name+"-"+strconv.Itoa(n))
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make run folder: %w", err)
		}
	}
}

// printResult sums a run up in a few lines. solveAt nil: nothing counts as solved.
func printResult(w io.Writer, r *train.Result, solveAt *float64, dir string) {
	fmt.Fprintf(w, "%s, %s (%s), workers %d, seed %d, kernel %s\n", r.Env, r.Algo, r.Update, r.Workers, r.Seed, r.Kernel)
	fmt.Fprintf(w, "%d steps, %d episodes, %d updates in %.2f s: %.3g steps/s\n", r.EnvSteps, r.Episodes, r.Updates, r.WallS, r.StepsPerS)
	switch {
	case r.Interrupted:
		fmt.Fprintf(w, "interrupted: covey resume %s goes on\n", dir)
	case r.Solved:
		fmt.Fprintf(w, "solved after %.3f s, %d steps\n", *r.SolvedAtS, *r.SolvedAtSteps)
	case solveAt != nil:
		fmt.Fprintf(w, "not solved: solve_at is %g\n", *solveAt)
	}
	for _, e := range []*train.Evaluation{r.EvalGreedy, r.EvalSampled} {
		if e != nil {
			printEvaluation(w, e)
		}
	}
	fmt.Fprintf(w, "run: %s\n", dir)
}

func printEvaluation(w io.Writer, e *train.Evaluation) {
	fmt.Fprintf(w, "%-8s %.2f ± %.2f over %d episodes, from %.2f to %.2f\n", e.Mode+":", e.Mean, e.Std, e.Episodes, e.Min, e.Max)
}

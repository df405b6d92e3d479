package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"covey"
	"covey/train"
)

// summary is what a run over several seeds comes to.
type summary struct {
	Env       string  `json:"env"`
	Algo      string  `json:"algo"`
	Seeds     int     `json:"seeds"`
	Solved    int     `json:"solved"`
	SolveRate float64 `json:"solve_rate"`
	Failed    int     `json:"failed"` // runs that ended with an error
	// Times to solved, over the seeds that did; null: none did.
	SolvedAtSMedian     *float64 `json:"solved_at_s_median"`
	SolvedAtSWorst      *float64 `json:"solved_at_s_worst"`
	SolvedAtStepsMedian *float64 `json:"solved_at_steps_median"`
	// Final evaluations, over all seeds.
	EvalMeanMedian *float64 `json:"eval_mean_median"`
	EvalMeanWorst  *float64 `json:"eval_mean_worst"`
	Runs           []report `json:"runs"`
}

// seedFolder, with the seed, is the folder of its run.
const seedFolder = "seed"

// trainSeeds trains with f.seeds seeds from cfg's on, one after another, and prints a summary, whether all of
// them came to their end or not. Seeds that the folder has already go on where they were left. A seed's clock starts
// with its training, the first one's with the process.
func (f *trainFlags) trainSeeds(cmd *cobra.Command, cfg *covey.Config) error {
	first := cfg.Seed
	if uint64(f.seeds-1) > math.MaxUint64-first {
		return usagef("--seeds %d: from seed %d on there are not so many", f.seeds, first)
	}
	parent, err := f.folder(cfg, fmt.Sprintf("seeds%d-%d", first, first+uint64(f.seeds)-1))
	if err != nil {
		return err
	}
	if err := onlySeeds(parent); err != nil {
		return err
	}
	reports := []report{} // in JSON a list even of none
	clock := started
	interrupted := false
	var failed []error
	for i := 0; i < f.seeds && !interrupted; i++ {
		seed := first + uint64(i)
		cfg.Seed = seed
		dir := filepath.Join(parent, seedFolder+strconv.FormatUint(seed, 10))
		run, err := f.trainSeed(cmd, cfg, dir, clock)
		if err != nil {
			failed = append(failed, fmt.Errorf("seed %d: %w", seed, err))
		}
		if run == nil { // what keeps one seed from starting keeps them all
			break
		}
		if interrupted = run.Interrupted; !interrupted {
			reports = append(reports, report{Result: run.Result, Run: dir})
		}
		if !f.quiet && !f.json {
			printSeed(cmd.OutOrStdout(), &run.Result, cfg.SolveAt)
		}
		clock = time.Now()
	}
	if f.out == "" {
		_ = os.Remove(parent) // ours, and kept if it holds anything
	}
	if len(reports) > 0 || len(failed) == 0 {
		failed = append(failed, f.reportSeeds(cmd.OutOrStdout(), parent, summarize(cfg, reports), cfg.SolveAt))
	}
	if interrupted && !f.json && !f.quiet {
		fmt.Fprintf(cmd.OutOrStdout(), "interrupted: the same command with --out %s goes on\n", parent)
	}
	if err := errors.Join(failed...); err != nil || !interrupted {
		return err
	}
	return errInterrupted
}

// reportSeeds prints the summary as the flags want it.
func (f *trainFlags) reportSeeds(w io.Writer, parent string, s *summary, solveAt *float64) error {
	if f.json {
		return writeJSON(w, s)
	}
	if !f.quiet && len(s.Runs) > 0 {
		s.print(w, parent, solveAt)
	}
	return nil
}

// trainSeed trains cfg in dir, or goes on with the run that an earlier call left there; one that is finished is taken as it is.
func (f *trainFlags) trainSeed(cmd *cobra.Command, cfg *covey.Config, dir string, started time.Time) (*covey.Run, error) {
	if !train.IsRun(dir) {
		return f.train(cmd, cfg, dir, started)
	}
	asked := func(saved *covey.Config) error {
		*saved = *cfg
		return nil
	}
	run, err := covey.Resume(cmd.Context(), asked, covey.Options{Dir: dir, Started: started, Output: f.output(cmd)})
	if !errors.Is(err, train.ErrFinished) {
		return run, err
	}
	status, err := train.Inspect(dir)
	if err != nil {
		return nil, err
	}
	return &covey.Run{Result: *status.Result}, nil
}

// onlySeeds refuses a folder that holds anything but folders of seeds. There need be none.
func onlySeeds(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	for _, e := range entries {
		if seed, ok := strings.CutPrefix(e.Name(), seedFolder); ok {
			if _, err := strconv.ParseUint(seed, 10, 64); err == nil {
				continue
			}
		}
		return fmt.Errorf("run folder %s is not empty: it holds %s", dir, e.Name())
	}
	return nil
}

func summarize(cfg *covey.Config, reports []report) *summary {
	s := &summary{Env: cfg.Env, Algo: cfg.Algo, Seeds: len(reports), Runs: reports}
	var seconds, steps, means []float64
	for i := range reports {
		r := &reports[i]
		if r.Solved {
			s.Solved++
			seconds = append(seconds, *r.SolvedAtS)
			steps = append(steps, float64(*r.SolvedAtSteps))
		}
		if r.Error != "" {
			s.Failed++
		}
		if r.Eval != nil {
			means = append(means, r.Eval.Mean)
		}
	}
	if len(reports) > 0 {
		s.SolveRate = float64(s.Solved) / float64(len(reports))
	}
	if len(seconds) > 0 {
		worst := slices.Max(seconds)
		s.SolvedAtSMedian, s.SolvedAtSWorst, s.SolvedAtStepsMedian = median(seconds), &worst, median(steps)
	}
	if len(means) > 0 {
		worst := slices.Min(means)
		s.EvalMeanMedian, s.EvalMeanWorst = median(means), &worst
	}
	return s
}

// median is the middle of x, or the mean of the two in the middle. It sorts x.
func median(x []float64) *float64 {
	slices.Sort(x)
	m := (x[(len(x)-1)/2] + x[len(x)/2]) / 2
	return &m
}

// printSeed sums a run up in a line. solveAt nil: nothing counts as solved.
func printSeed(w io.Writer, r *train.Result, solveAt *float64) {
	text := fmt.Sprintf("seed %d: ", r.Seed)
	switch {
	case r.Interrupted:
		text += "interrupted"
	case r.Error != "":
		text += fmt.Sprintf("failed after %d steps: %s", r.EnvSteps, r.Error)
	case r.Solved:
		text += fmt.Sprintf("solved after %.3f s, %d steps", *r.SolvedAtS, *r.SolvedAtSteps)
	case solveAt == nil:
		text += fmt.Sprintf("%d steps in %.3f s", r.EnvSteps, r.WallS)
	default:
		text += fmt.Sprintf("not solved in %.3f s, %d steps", r.WallS, r.EnvSteps)
	}
	if r.Eval != nil {
		text += fmt.Sprintf("; %s evaluation %.2f ± %.2f", r.Eval.Mode, r.Eval.Mean, r.Eval.Std)
	}
	fmt.Fprintln(w, text)
}

// print sums the seeds up. solveAt nil: nothing counts as solved.
func (s *summary) print(w io.Writer, parent string, solveAt *float64) {
	text := fmt.Sprintf("%s, %s: ", s.Env, s.Algo)
	if solveAt != nil {
		text += fmt.Sprintf("solved with %d of %d seeds", s.Solved, s.Seeds)
	} else {
		text += fmt.Sprintf("%d seeds", s.Seeds)
	}
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	fmt.Fprintln(w, text)
	if s.Solved > 0 {
		fmt.Fprintf(w, "time to solved: median %.3f s (%.0f steps), worst %.3f s\n", *s.SolvedAtSMedian, *s.SolvedAtStepsMedian, *s.SolvedAtSWorst)
	}
	if s.EvalMeanMedian != nil {
		fmt.Fprintf(w, "final evaluation: median %.2f, worst %.2f\n", *s.EvalMeanMedian, *s.EvalMeanWorst)
	}
	fmt.Fprintf(w, "runs: %s\n", parent)
}

func writeJSON(w io.Writer, x any) error {
	text, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"covey/env"
	"covey/metrics"
)

// TestErrorWithCtrlC: what failed beside an interruption is told all the same.
func TestErrorWithCtrlC(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	broken := errors.New("the pipe is broken")
	for name, ended := range map[string]error{
		"joined":  errors.Join(ctx.Err(), fmt.Errorf("worker 1: %w", broken)),
		"wrapped": fmt.Errorf("learner: %w", errors.Join(broken, ctx.Err())),
	} {
		r, err := Run(ctx, with(deaf{newPupil(t), ended}), options())
		if !errors.Is(err, broken) || r.Interrupted || !strings.Contains(r.Error, broken.Error()) {
			t.Errorf("%s: interrupted: %v, error %v", name, r.Interrupted, err)
		}
	}
	for name, ended := range map[string]error{
		"two":     errors.Join(ctx.Err(), fmt.Errorf("worker 1: %w", ctx.Err())),
		"wrapped": fmt.Errorf("learner: %w", errors.Join(ctx.Err(), ctx.Err())),
	} {
		if r, err := Run(ctx, with(deaf{newPupil(t), ended}), options()); err != nil || !r.Interrupted {
			t.Errorf("%s: interrupted: %v, error %v", name, r.Interrupted, err)
		}
	}
}

// TestOneRowPerStep: wherever the run ends, no two rows are of the same step.
func TestOneRowPerStep(t *testing.T) {
	low := -1.0
	for name, change := range map[string]func(*Options){
		"until solved": func(o *Options) { o.SolveAt, o.Budget.UntilSolved = &low, true },
		"solved by evaluation": func(o *Options) {
			o.SolveAt, o.Budget.UntilSolved, o.SolveBy, o.Eval.Every = &low, true, ByEvaluation, 400
		},
		"evaluation at the end":  func(o *Options) { o.SolveAt, o.SolveBy, o.Eval.Every = &low, ByEvaluation, 500 },
		"row at the end":         func(o *Options) { o.LogEvery = 100 },
		"evaluation and row too": func(o *Options) { o.LogEvery, o.Eval.Every = 100, 100 },
	} {
		o := options()
		o.Dir, o.Budget.Steps = t.TempDir(), 3000
		change(&o)
		r := mustRun(t, newPupil(t), o)
		table, err := metrics.ReadCSV(bytes.NewReader(read(t, o.Dir, ProgressFile)))
		if err != nil {
			t.Fatal(err)
		}
		step, eval, wall := table.Column("env_steps"), table.Column("eval_return_mean"), table.Column("wall_s")
		for i, row := range table.Rows {
			if i > 0 && row[step] <= table.Rows[i-1][step] {
				t.Errorf("%s: step %v follows step %v", name, row[step], table.Rows[i-1][step])
			}
		}
		if last := table.Rows[len(table.Rows)-1]; last[step] != float64(r.EnvSteps) || math.Abs(last[eval]-r.Eval.Mean) > 1e-6 {
			t.Errorf("%s: the last row is %v, the run ended at step %d with an evaluation of %v", name, last, r.EnvSteps, r.Eval.Mean)
		} else if math.Abs(last[wall]-r.WallS) > 1e-4 { // the digits of the table
			t.Errorf("%s: the last row is of second %v, training took %v", name, last[wall], r.WallS)
		}
	}
}

// closing is a learner that counts how often it is closed where it was not run.
type closing struct {
	*pupil
	closed *int
}

func (c closing) Close() error { *c.closed++; return nil }

// TestUnrunLearnersAreClosed: of a run that has nothing but its final evaluation left.
func TestUnrunLearnersAreClosed(t *testing.T) {
	o := options()
	o.Dir = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	o.Eval.New = func() (env.Environment, error) {
		cancel()
		return newLane()
	}
	closed := 0
	r, err := Run(ctx, with(closing{newPupil(t), &closed}), o)
	if err != nil || !r.Interrupted || r.EnvSteps != o.Budget.Steps || closed != 0 {
		t.Fatalf("closed %d times; %+v, error %v", closed, r, err)
	}
	o.Resume, o.Eval.New = true, newLane
	if r = mustRun(t, closing{newPupil(t), &closed}, o); closed != 1 || r.Eval == nil {
		t.Errorf("closed %d times; %+v", closed, r)
	}
}

// counted is a lane that counts its episodes.
type counted struct {
	lane
	episodes *atomic.Int64
}

func (c *counted) Reset(seed uint64, obs env.Values) error {
	c.episodes.Add(1)
	return c.lane.Reset(seed, obs)
}

// TestNoEvaluationTwice: where no evaluation can solve anything, there is none at the end beside the final ones; the one that was
// due is made up for when the run goes on.
func TestNoEvaluationTwice(t *testing.T) {
	var episodes atomic.Int64
	o := options()
	o.Dir, o.SolveBy, o.Eval.Every, o.Eval.New = t.TempDir(), ByEvaluation, 500, func() (env.Environment, error) { return &counted{episodes: &episodes}, nil }
	each := int64(o.Eval.Episodes)
	for _, steps := range []uint64{1000, 2000} {
		o.Budget.Steps = steps
		mustRun(t, newPupil(t), o)
		o.Resume = true
		if got, want := episodes.Swap(0), map[uint64]int64{1000: 1 + 2, 2000: 1 + 1 + 2}[steps]*each; got != want {
			t.Errorf("%d steps: %d episodes of evaluations, want %d", steps, got, want)
		}
	}
}

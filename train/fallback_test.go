package train

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"covey/algo"
	"covey/checkpoint"
	"covey/rollout"
)

// climbers make learners whose returns rise to 100, and fall to 0 after update 200 unless the rate is low.
func climbers(t *testing.T, rates *[]float32) Create {
	return func(rate float32) (algo.Learner, error) {
		*rates = append(*rates, rate)
		l := newBusy(t)
		l.episodes = func(turn uint64) []rollout.Episode {
			x := min(float64(turn), 100)
			if turn > 200 && rate > 0.3 {
				x = 0
			}
			return []rollout.Episode{{Return: x}, {Return: x}, {Return: x}, {Return: x}, {Return: x}}
		}
		return l, nil
	}
}

// TestFallback: after a collapse the run returns to its best policy, with a lower learning rate, as often as it may.
func TestFallback(t *testing.T) {
	var rates []float32
	o := busy(t.TempDir())
	target := 100.0
	o.SolveAt, o.Fallback, o.Checkpoints.Keep, o.Checkpoints.Every = &target, Fallback{Times: 2, Rate: 0.5}, 1, 400
	r, err := Run(context.Background(), climbers(t, &rates), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rates); got != "[1 0.5 0.25]" || r.Fallbacks != 2 || r.Restarts != 0 || *r.TrainReturnMean100 != 100 || r.EnvSteps != 6000 {
		t.Errorf("rates %v, %d fallbacks, mean %v, warnings %q", got, r.Fallbacks, *r.TrainReturnMean100, r.Warnings)
	}
	if n := strings.Count(strings.Join(r.Warnings, "\n"), "returned to the best policy"); n != 2 {
		t.Errorf("said %d times: %q", n, r.Warnings)
	}
	want := outcome(t, o.Dir, r)
	fellBack(t, o)

	for _, step := range []uint64{400, 4000, 5600} { // killed before the first collapse, and after the last
		x := o
		x.Dir, x.Resume = t.TempDir(), true
		killed(t, o.Dir, x.Dir, step)
		r, err := Run(context.Background(), climbers(t, &rates), x)
		if err != nil {
			t.Fatal(err)
		}
		mustEqual(t, fmt.Sprintf("killed at step %d", step), outcome(t, x.Dir, r), want)
	}

	o.Dir, o.Fallback.Times = t.TempDir(), 0
	if r := mustRun(t, must(climbers(t, &rates)(1)).(*pupil), o); r.Fallbacks != 0 || *r.TrainReturnMean100 != 0 || !strings.Contains(r.Warnings[len(r.Warnings)-1], "collapsed") {
		t.Errorf("%d fallbacks without being asked, warnings %q", r.Fallbacks, r.Warnings)
	}
}

// TestLostBest: a run returns only to a checkpoint that is there.
func TestLostBest(t *testing.T) {
	o := busy(t.TempDir())
	o.Fallback = Fallback{Times: 1, Rate: 0.5}
	r, err := newRun(context.Background(), with(newBusy(t)), o)
	if err != nil {
		t.Fatal(err)
	}
	r.best.whole = true
	if r.canFallBack() {
		t.Error("it would return to what was never written")
	}
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	r.best.whole = true
	if !r.canFallBack() {
		t.Error("it would not return to what is being written")
	}
	damage(t, o.Dir, 0)
	if r.canFallBack() {
		t.Error("it would return to what is damaged")
	}
	if err := r.folder.abandon(); err != nil {
		t.Fatal(err)
	}
}

// TestPanicAfterFallback: the learner that goes on from the best policy is replaced like any other, also when what failed before
// was found out by the run itself.
func TestPanicAfterFallback(t *testing.T) {
	var rates []float32
	create := func(rate float32) (algo.Learner, error) {
		l := must(climbers(t, &rates)(rate)).(*pupil)
		before, made := l.before, len(rates)
		l.before = func(turn uint64) error {
			switch {
			case made == 1 && turn == 150:
				l.policy.Params[0] = float32(math.NaN()) // an evaluation finds it
			case made == 2:
				panic("fell over")
			}
			return before(turn)
		}
		return l, nil
	}
	o := busy(t.TempDir())
	target := 100.0
	o.SolveAt, o.Fallback, o.Checkpoints.Keep, o.Checkpoints.Every, o.Restarts = &target, Fallback{Times: 1, Rate: 0.1}, 1, 400, 1
	r, err := Run(context.Background(), create, o)
	if err != nil || r.Fallbacks != 1 || r.Restarts != 1 || r.EnvSteps != 6000 {
		t.Errorf("%d fallbacks, %d restarts, error %v, warnings %q", r.Fallbacks, r.Restarts, err, r.Warnings)
	}
}

// TestDivergence: where the loss is not finite the run returns to its best policy as often as it may, and then fails.
func TestDivergence(t *testing.T) {
	for times, want := range map[int]string{0: "[1]", 1: "[1 0.5]", 2: "[1 0.5 0.25]"} {
		var rates []float32
		create := func(rate float32) (algo.Learner, error) {
			l, err := climbers(t, &rates)(rate)
			p := l.(*pupil)
			before := p.before
			p.before = func(turn uint64) error {
				if turn == 150 && rate > 0.3 {
					return fmt.Errorf("worker 1: %w", algo.Divergence("the loss is not finite"))
				}
				if before == nil {
					return nil
				}
				return before(turn)
			}
			return l, err
		}
		o := busy(t.TempDir())
		target := 100.0
		o.SolveAt, o.Fallback, o.Checkpoints.Keep, o.Checkpoints.Every = &target, Fallback{Times: times, Rate: 0.5}, 1, 400
		r, err := Run(context.Background(), create, o)
		if got := fmt.Sprint(rates); got != want || (err == nil) != (times == 2) || r.Fallbacks != times {
			t.Errorf("%d times: rates %v, %d fallbacks, error %v, warnings %q", times, got, r.Fallbacks, err, r.Warnings)
		}
		if err != nil && !strings.Contains(err.Error(), "worker 1: the loss is not finite") {
			t.Error(err)
		}
	}
}

// fellBack: a run of options o that is killed right after it returned to its best policy goes on from there.
func fellBack(t *testing.T, o Options) {
	t.Helper()
	var rates []float32
	create := climbers(t, &rates)
	o.Dir = t.TempDir()
	seen := t.TempDir()
	_, err := Run(context.Background(), func(rate float32) (algo.Learner, error) {
		l, err := create(rate)
		if p := l.(*pupil); rate == 0.5 {
			before := p.before
			p.before = func(turn uint64) error {
				if rate == 0.5 {
					killed(t, o.Dir, seen, 1<<40)
				}
				rate = 1
				return before(turn)
			}
		}
		return l, err
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := checkpoint.NewestResumable(filepath.Join(seen, CheckpointFolder))
	if err != nil {
		t.Fatal(err)
	}
	o.Dir, o.Resume = seen, true
	r, err := newRun(context.Background(), create, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.rate != 0.5 || r.result.Fallbacks != 1 || r.counters != r.best.counters {
		t.Errorf("from step %d it goes on with rate %v after %d fallbacks", c.Manifest.Counters.EnvSteps, r.rate, r.result.Fallbacks)
	}
	if err := r.folder.abandon(); err != nil {
		t.Fatal(err)
	}
}

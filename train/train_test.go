package train

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"covey/algo"
	"covey/env"
	"covey/rollout"
)

func TestBudgetOfSteps(t *testing.T) {
	for _, steps := range []uint64{20, 1000, 1001} {
		o := options()
		o.Budget.Steps = steps
		want := (steps + pupilSteps - 1) / pupilSteps * pupilSteps // ends with the update that spends it
		if r := mustRun(t, newPupil(t), o); r.EnvSteps != want || r.Updates != want/pupilSteps {
			t.Errorf("budget of %d: %d steps in %d updates, want %d", steps, r.EnvSteps, r.Updates, want)
		}
	}
}

func TestBudgetOfEpisodes(t *testing.T) {
	l, o := newPupil(t), options()
	l.episodes = func(turn uint64) []rollout.Episode {
		if turn%3 != 0 {
			return nil
		}
		return []rollout.Episode{{Return: 10, Length: 60}}
	}
	o.Budget = Budget{Episodes: 7}
	if r := mustRun(t, l, o); r.Episodes != 7 || r.Updates != 21 {
		t.Errorf("%d episodes in %d updates, want 7 in 21", r.Episodes, r.Updates)
	}
}

func TestBudgetOfTime(t *testing.T) {
	l, o := newPupil(t), options()
	l.before = func(uint64) error { time.Sleep(time.Millisecond); return nil }
	o.Budget = Budget{Time: 20 * time.Millisecond}
	o.Deterministic = true
	r := mustRun(t, l, o)
	if r.WallS < 0.02 || r.Interrupted {
		t.Errorf("ended after %v s, interrupted: %v", r.WallS, r.Interrupted)
	}
	if r.Deterministic {
		t.Error("a budget of time counts as deterministic")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	inf := math.Inf(1)
	zero := 0.0
	tests := map[string]func(*Options){
		"wants a return":             func(o *Options) { o.Budget.UntilSolved = true },
		"has no budget":              func(o *Options) { o.Budget = Budget{} },
		"solve_at is +Inf":           func(o *Options) { o.SolveAt = &inf },
		"evaluation over 0 episodes": func(o *Options) { o.Eval.Episodes = 0 },
		"without environments":       func(o *Options) { o.Eval.New = nil },
		"wants one every so many":    func(o *Options) { o.SolveAt, o.SolveBy = &zero, ByEvaluation },
	}
	for want, change := range tests {
		o := options()
		change(&o)
		if _, err := Run(context.Background(), with(newPupil(t)), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// laneMean is the mean of the evaluations within a pupil's run.
func laneMean(t *testing.T, o Options) float64 {
	t.Helper()
	e := NewEvaluator(newLane)
	got, err := e.Evaluate(context.Background(), newPolicy(t, 1), o.Eval.Episodes, choiceSeed(o.Eval.Seed), o.Eval.Sample)
	if err != nil {
		t.Fatal(err)
	}
	return got.Mean
}

func TestSolvedNeedsTrainingAndEvaluation(t *testing.T) {
	o := options()
	o.Budget = Budget{Steps: 10_000, UntilSolved: true}
	mean := laneMean(t, o)
	tests := []struct {
		name    string
		solveAt float64
		returns func(turn uint64) float64
		updates uint64 // at which it counts as solved; 0: never
	}{
		{"both at once", mean, func(uint64) float64 { return mean }, 100},
		{"training later", mean, func(turn uint64) float64 { return mean - 1 + 1.5*float64(min(turn, 151)/151) }, 217},
		{"training never", mean, func(uint64) float64 { return mean - 0.01 }, 0},
		{"evaluation never", mean + 0.01, func(uint64) float64 { return mean + 1 }, 0},
		{"NaN", mean, func(uint64) float64 { return math.NaN() }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, o := newPupil(t), o
			l.episodes = func(turn uint64) []rollout.Episode { return []rollout.Episode{{Return: tt.returns(turn), Length: 20}} }
			o.SolveAt = &tt.solveAt
			r := mustRun(t, l, o)
			if tt.updates == 0 {
				if r.Solved || r.SolvedAtS != nil || r.SolvedAtSteps != nil || r.EnvSteps != o.Budget.Steps {
					t.Errorf("solved: %v, after %d steps", r.Solved, r.EnvSteps)
				}
				return
			}
			if !r.Solved || r.Updates != tt.updates || *r.SolvedAtSteps != tt.updates*pupilSteps || *r.SolvedAtS <= 0 {
				t.Errorf("solved: %v, ended after %d updates, want %d", r.Solved, r.Updates, tt.updates)
			}
		})
	}
}

// TestAttemptsAreAHundredEpisodesApart counts evaluations of a run whose training looks solved all the time.
func TestAttemptsAreAHundredEpisodesApart(t *testing.T) {
	var out strings.Builder
	l, o := newPupil(t), options()
	never := 1e6
	l.episodes = func(uint64) []rollout.Episode { return []rollout.Episode{{Return: 2e6, Length: 20}} }
	o.SolveAt, o.Output.Progress, o.Budget.Steps = &never, &out, 450*pupilSteps
	mustRun(t, l, o)
	for _, step := range []string{"step 2000:", "step 4000:", "step 6000:", "step 8000:"} {
		if !strings.Contains(out.String(), step) {
			t.Errorf("no evaluation at %s", step)
		}
	}
	if n := strings.Count(out.String(), "not solved yet, though training reached 2000000.00"); n != 4 {
		t.Errorf("%d attempts, want 4:\n%s", n, out.String())
	}
}

func TestSolvedByEvaluation(t *testing.T) {
	o := options()
	mean := laneMean(t, o)
	o.SolveAt, o.SolveBy, o.Eval.Every = &mean, ByEvaluation, 330
	o.Budget.UntilSolved = true
	l := newPupil(t)
	l.episodes = func(uint64) []rollout.Episode { return nil }
	if r := mustRun(t, l, o); !r.Solved || r.EnvSteps != 340 || r.TrainReturnMean100 != nil {
		t.Errorf("solved: %v after %d steps", r.Solved, r.EnvSteps)
	}
}

// TestSampledPoliciesCount where the options say so, in every evaluation.
func TestSampledPoliciesCount(t *testing.T) {
	for _, sample := range []bool{false, true} {
		var out strings.Builder
		o := options()
		o.Eval.Sample, o.Eval.Every, o.Output.Progress = sample, 400, &out
		r, mode := mustRun(t, newPupil(t), o), modeName(sample)
		if r.EvalGreedy.Mode != Greedy || r.EvalSampled.Mode != Sampled || r.Eval.Mode != mode {
			t.Errorf("evaluations are %s and %s, the one that counts is %s", r.EvalGreedy.Mode, r.EvalSampled.Mode, r.Eval.Mode)
		}
		if n := strings.Count(out.String(), "12 episodes, "+mode+")"); n != 2 {
			t.Errorf("%d of 2 evaluations were %s:\n%s", n, mode, out.String())
		}
	}
}

// seedTaker is a lane that notes what it is reset with.
type seedTaker struct {
	lane
	note func(uint64)
}

func (s *seedTaker) Reset(seed uint64, obs env.Values) error {
	s.note(seed)
	return s.lane.Reset(seed, obs)
}

// TestFinalEpisodesAreFresh: none of them was played in an evaluation before.
func TestFinalEpisodesAreFresh(t *testing.T) {
	var mu sync.Mutex
	times := map[uint64]int{}
	o := options()
	o.Eval.Every = 300 // at 300, 600 and 900, before the end at 1000
	o.Eval.New = func() (env.Environment, error) {
		return &seedTaker{note: func(seed uint64) {
			mu.Lock()
			defer mu.Unlock()
			times[seed]++
		}}, nil
	}
	mustRun(t, newPupil(t), o)
	counts := map[int]int{}
	for _, n := range times {
		counts[n]++
	}
	if want := map[int]int{3: 12, 2: 12}; !reflect.DeepEqual(counts, want) {
		t.Errorf("seeds by how often they were played: %v, want %v", counts, want)
	}
}

func TestSolvedRunGoesOnWithoutUntilSolved(t *testing.T) {
	o := options()
	low := -1.0
	o.SolveAt, o.Budget.Steps = &low, 3000
	if r := mustRun(t, newPupil(t), o); !r.Solved || *r.SolvedAtSteps != 2000 || r.EnvSteps != 3000 {
		t.Errorf("solved at %v of %d steps", r.SolvedAtSteps, r.EnvSteps)
	}
}

// TestRunsRepeat: everything in a result but the times is the same again.
func TestRunsRepeat(t *testing.T) {
	o := options()
	low := -1.0
	o.SolveAt, o.Budget.Steps, o.Eval.Every, o.Deterministic = &low, 3000, 700, true
	var results [2]*Result
	for i := range results {
		r := mustRun(t, newPupil(t), o)
		if !r.Deterministic {
			t.Error("the result does not say that it is deterministic")
		}
		r.WallS, r.StepsPerS, r.SolvedAtS, r.Policy = 0, 0, nil, nil
		results[i] = r
	}
	if !reflect.DeepEqual(results[0], results[1]) {
		t.Errorf("%+v\nand then\n%+v", results[0], results[1])
	}
}

func TestCancelEndsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l, o := newPupil(t), options()
	o.Dir, o.Deterministic = t.TempDir(), true
	l.before = func(turn uint64) error {
		if turn == 11 {
			cancel()
		}
		return ctx.Err() // wrapped or not, as learners do
	}
	r, err := Run(ctx, with(l), o)
	if err != nil || !r.Interrupted || r.Updates != 10 || r.Eval != nil || r.Deterministic {
		t.Errorf("%+v, error %v", r, err)
	}
	mustHoldResult(t, o.Dir, r)
}

func TestCancelDuringAnEvaluation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l, o := newPupil(t), options()
	o.Eval.Every = 100
	l.before = func(turn uint64) error {
		if turn == 5 { // whose boundary evaluates
			cancel()
		}
		return nil
	}
	if r, err := Run(ctx, with(l), o); err != nil || !r.Interrupted || r.Updates != 5 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// TestCancelAtTheStop: of several workers some may see the end of the context after the turn that stopped them.
func TestCancelAtTheStop(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ended := range []error{nil, ctx.Err()} {
		r, err := Run(ctx, with(deaf{newPupil(t), ended}), options())
		if err != nil || !r.Interrupted || r.EnvSteps != pupilSteps || r.Error != "" {
			t.Errorf("learner that ended with %v: %+v, error %v", ended, r, err)
		}
	}
}

// deaf goes to the end of its budget whatever happens to its context.
type deaf struct {
	*pupil
	ended error
}

func (d deaf) Run(_ context.Context, b algo.Boundary) error {
	return errors.Join(d.pupil.Run(context.Background(), b), d.ended)
}

func TestLearnerThatEndsEarly(t *testing.T) {
	early := errors.New("enough")
	l := newPupil(t)
	l.before = func(turn uint64) error {
		if turn == 3 {
			return early
		}
		return nil
	}
	if r, err := Run(context.Background(), with(l), options()); !errors.Is(err, early) || r.Error != "enough" || r.Updates != 2 {
		t.Errorf("%+v, error %v", r, err)
	}
	if _, err := Run(context.Background(), with(quitter{newPupil(t)}), options()); err == nil || !strings.Contains(err.Error(), "before its budget") {
		t.Errorf("error %v", err)
	}
}

// quitter ends without having been told to.
type quitter struct{ *pupil }

func (q quitter) Run(_ context.Context, b algo.Boundary) error {
	_, err := q.turn(b)
	return err
}

func TestRewardsArePrinted(t *testing.T) {
	var out strings.Builder
	l, o := newPupil(t), options()
	l.episodes = func(turn uint64) []rollout.Episode {
		return []rollout.Episode{{Return: float64(turn)}, {Return: -float64(turn)}}
	}
	o.Output.Print, o.Output.PrintEvery, o.Budget = &out, 5, Budget{Episodes: 20}
	mustRun(t, l, o)
	want := "episode 5: total reward 3\nepisode 10: total reward -5\nepisode 15: total reward 8\nepisode 20: total reward -10\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

// TestBoundaryDoesNotAllocate, neither when nothing is due nor when episodes end.
func TestBoundaryDoesNotAllocate(t *testing.T) {
	high := 1e6
	for _, ended := range [][]rollout.Episode{nil, {{Return: 1, Length: 9}, {Return: 2, Length: 9}}} {
		o := options()
		o.SolveAt, o.Budget, o.LogEvery = &high, Budget{Steps: 1 << 40, Time: time.Hour}, 1<<39
		l := newPupil(t)
		l.episodes = func(uint64) []rollout.Episode { return ended }
		r, err := newRun(context.Background(), with(l), o)
		if err != nil {
			t.Fatal(err)
		}
		b := algo.Boundary(r.boundary)
		if n := testing.AllocsPerRun(1000, func() {
			if _, err := l.turn(b); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations with %d episodes ended", n, len(ended))
		}
	}
}

func BenchmarkBoundary(b *testing.B) {
	high := 1e6
	for name, ended := range map[string][]rollout.Episode{"nothing due": nil, "an episode ended": {{Return: 1, Length: 9}}} {
		b.Run(name, func(b *testing.B) {
			o := options()
			o.SolveAt, o.Budget, o.LogEvery = &high, Budget{Steps: 1 << 60, Time: time.Hour}, 1<<59
			l := newPupil(b)
			l.episodes = func(uint64) []rollout.Episode { return ended }
			r, err := newRun(context.Background(), with(l), o)
			if err != nil {
				b.Fatal(err)
			}
			boundary := algo.Boundary(r.boundary)
			for b.Loop() {
				if _, err := l.turn(boundary); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestWhenItIsEvaluated: every so many steps, but neither soon after an attempt nor at the end.
func TestWhenItIsEvaluated(t *testing.T) {
	var out strings.Builder
	l, o := newPupil(t), options()
	reached := 9.0
	o.SolveAt, o.Output.Progress, o.Eval.Every, o.Budget.Steps = &reached, &out, 700, 4200
	l.episodes = func(turn uint64) []rollout.Episode {
		if turn > 100 {
			return nil
		}
		return []rollout.Episode{{Return: 10}}
	}
	mustRun(t, l, o)
	var steps []string
	for line := range strings.Lines(out.String()) {
		_, rest, _ := strings.Cut(line, "step ")
		step, _, ok := strings.Cut(rest, ": evaluation")
		if ok {
			steps = append(steps, step)
		}
	}
	if want := []string{"700", "1400", "2000", "2800", "3500"}; !slices.Equal(steps, want) {
		t.Errorf("evaluated at %v, want %v", steps, want)
	}
}

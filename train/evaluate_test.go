package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"covey/env"
	"covey/nn"
	"covey/policy"
)

// alone plays one episode by itself.
func alone(t *testing.T, p *policy.Policy, seed uint64) (sum float64, length int) {
	t.Helper()
	e, actor := &lane{}, p.NewActor(1)
	seen, action := env.NewHistory(p.Spec, 1), make([]float32, 1)
	if err := e.Reset(seed, seen.Frames); err != nil {
		t.Fatal(err)
	}
	seen.ShowRow(0, true)
	for {
		actor.Act(action, seen.Observations, nil)
		o, err := e.Step(action, seen.Frames)
		if err != nil {
			t.Fatal(err)
		}
		seen.ShowRow(0, false)
		sum += float64(o.Reward)
		length++
		if o.Terminated || o.Truncated {
			return sum, length
		}
	}
}

// TestRecurrentLockStepEqualsAlone: each episode begins with a state of 0 and keeps its own, wherever its row moves.
func TestRecurrentLockStepEqualsAlone(t *testing.T) {
	cfg := nn.DefaultConfig()
	cfg.Hidden, cfg.LSTM, cfg.Init = []int{8}, 6, "fan_in"
	p := newPolicyOf(t, cfg, 2, 1)
	for i := range p.Params {
		p.Params[i] *= 4 // so that what it does depends on what it remembers
	}
	seeds := rand.NewPCG(9, 0)
	e := NewEvaluator(newLane)
	for range 2 { // the second time with the same players
		seeds.Seed(9, 0)
		got, err := e.Evaluate(context.Background(), p, 23, 9, false)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 23 {
			if want, _ := alone(t, p, seeds.Uint64()); got.Returns[i] != want {
				t.Errorf("episode %d returned %v, alone %v", i, got.Returns[i], want)
			}
		}
	}
}

// TestLockStepEqualsAlone: greedy episodes in lock-step are those that are played one by one.
func TestLockStepEqualsAlone(t *testing.T) {
	for _, stack := range []int{1, 3} {
		lockStepEqualsAlone(t, newStackedPolicy(t, 2, stack))
	}
}

func lockStepEqualsAlone(t *testing.T, p *policy.Policy) {
	t.Helper()
	got, err := NewEvaluator(newLane).Evaluate(context.Background(), p, 23, 9, false)
	if err != nil {
		t.Fatal(err)
	}
	seeds := rand.NewPCG(9, 0)
	var sum float64
	total := 0
	for i := range 23 {
		want, n := alone(t, p, seeds.Uint64())
		if got.Returns[i] != want {
			t.Errorf("episode %d returned %v, alone %v", i, got.Returns[i], want)
		}
		sum += want
		total += n
	}
	if mean := sum / 23; got.Mean != mean || got.Episodes != 23 || got.Mode != Greedy || got.Min >= got.Max || got.Std <= 0 {
		t.Errorf("%+v, want a mean of %v", got, mean)
	}
	if d := got.MeanLength - float64(total)/23; d > 1e-9 || d < -1e-9 {
		t.Errorf("mean length %v, want %v", got.MeanLength, float64(total)/23)
	}
}

// TestCoresDoNotMatter: nor does what the environments went through before.
func TestCoresDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	p, ctx := newPolicy(t, 1), context.Background()
	for _, sample := range []bool{false, true} {
		var want *Evaluation
		for _, cores := range []int{1, 2, 3, 7} {
			runtime.GOMAXPROCS(cores)
			e := NewEvaluator(newLane)
			for range 2 {
				got, err := e.Evaluate(ctx, p, 57, 4, sample)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = got
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("sampled: %v, %d cores:\n%+v, on one\n%+v", sample, cores, got, want)
				}
			}
			if len(e.players) != min(cores, 6) {
				t.Errorf("%d players on %d cores", len(e.players), cores)
			}
		}
		if other, _ := NewEvaluator(newLane).Evaluate(ctx, p, 57, 5, sample); reflect.DeepEqual(other, want) {
			t.Error("another seed gives the same episodes")
		}
	}
}

func TestSampledIsNotGreedy(t *testing.T) {
	e, p := NewEvaluator(newLane), newPolicy(t, 1)
	greedy, err := e.Evaluate(context.Background(), p, 10, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	sampled, err := e.Evaluate(context.Background(), p, 10, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if sampled.Mode != Sampled || reflect.DeepEqual(greedy.Returns, sampled.Returns) {
		t.Errorf("greedy %+v, sampled %+v", greedy, sampled)
	}
}

// closer counts open environments.
type closer struct {
	lane
	open *int
}

func (c *closer) Close() error { *c.open--; return nil }

func TestEnvironmentsAreClosed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	open, most := 0, 0
	e := NewEvaluator(func() (env.Environment, error) {
		open++
		most = max(most, open)
		return &closer{open: &open}, nil
	})
	for range 2 {
		if _, err := e.Evaluate(context.Background(), newPolicy(t, 1), 25, 1, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil || open != 0 || most != lockstep {
		t.Errorf("%d of %d environments stay open (%v)", open, most, err)
	}
}

// TestEnvironmentsAreMadeOneAtATime: who makes them need not think of goroutines.
func TestEnvironmentsAreMadeOneAtATime(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var inside, together atomic.Int32
	e := NewEvaluator(func() (env.Environment, error) {
		if inside.Add(1) > 1 {
			together.Add(1)
		}
		time.Sleep(100 * time.Microsecond)
		inside.Add(-1)
		return newLane()
	})
	if _, err := e.Evaluate(context.Background(), newPolicy(t, 1), 40, 1, false); err != nil {
		t.Fatal(err)
	}
	if n := together.Load(); n > 0 {
		t.Errorf("%d environments were made while another was", n)
	}
}

func TestEvaluationSaysWhatFailed(t *testing.T) {
	broken := errors.New("no wall")
	tests := map[string]func() (env.Environment, error){
		"evaluate: episode 0, step 3: no wall": func() (env.Environment, error) { return &lane{fail: broken}, nil },
		"evaluate: no wall":                    func() (env.Environment, error) { return nil, broken },
	}
	for want, create := range tests {
		_, err := NewEvaluator(create).Evaluate(context.Background(), newPolicy(t, 1), 5, 1, false)
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, create := range map[string]func() (env.Environment, error){
		"evaluate: episode 0, step 3: reward is NaN":                       func() (env.Environment, error) { return &dazed{at: 3, reward: true}, nil },
		"evaluate: episode 0, step 3: element 0 of the observation is NaN": func() (env.Environment, error) { return &dazed{at: 3}, nil },
		"evaluate: episode 0: element 0 of the observation is NaN":         func() (env.Environment, error) { return &dazed{}, nil },
		"evaluate: Lane is not what the policy learned in: action space is Box, not Discrete$": func() (env.Environment, error) {
			return &elsewhere{action: env.NewBox([]float32{-1}, []float32{1})}, nil
		},
		"evaluate: Lane is not what the policy learned in: action space has [3] choices, not [2]$": func() (env.Environment, error) { return &elsewhere{action: env.NewDiscrete(3)}, nil },
	} {
		if _, err := NewEvaluator(create).Evaluate(context.Background(), newPolicy(t, 1), 5, 1, false); err == nil || !strings.HasPrefix(err.Error()+"$", want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	wider := func() (env.Environment, error) { return &elsewhere{action: env.NewDiscrete(2), high: 2}, nil }
	if _, err := NewEvaluator(wider).Evaluate(context.Background(), newPolicy(t, 1), 5, 1, false); err != nil {
		t.Errorf("observations with other bounds: %v", err)
	}
	if _, err := NewEvaluator(newLane).Evaluate(context.Background(), nil, 5, 1, false); err == nil || err.Error() != "evaluate: there is no policy" {
		t.Errorf("without a policy: %v", err)
	}
	if _, err := NewEvaluator(newLane).Watch(context.Background(), newPolicy(t, 1), 0, 1, false, nil); err == nil || err.Error() != "watch: 0 episodes, must be 1 or more" {
		t.Errorf("without episodes: %v", err)
	}
	o := options()
	o.Eval.New = tests["evaluate: episode 0, step 3: no wall"]
	if r, err := Run(context.Background(), with(newPupil(t)), o); !errors.Is(err, broken) || r.Error == "" || r.EnvSteps != 1000 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// dazed is a lane that shows what is no number in a step, 0 for the reset, or gives it as the reward.
type dazed struct {
	lane
	at     int
	reward bool
}

func (d *dazed) Reset(seed uint64, obs env.Values) error {
	err := d.lane.Reset(seed, obs)
	d.daze(obs)
	return err
}

func (d *dazed) Step(action []float32, obs env.Values) (env.Outcome, error) {
	o, err := d.lane.Step(action, obs)
	if d.reward && d.steps == d.at {
		o.Reward = float32(math.NaN())
	}
	d.daze(obs)
	return o, err
}

func (d *dazed) daze(obs env.Values) {
	if !d.reward && d.steps == d.at {
		obs.F[0] = float32(math.NaN())
	}
}

// elsewhere is a lane with other spaces.
type elsewhere struct {
	lane
	action env.Space
	high   float32 // of the second element; 0: as in the lane
}

func (e *elsewhere) Spec() env.Spec {
	s := e.lane.Spec()
	s.Action = e.action
	if e.high != 0 {
		s.Observation.High = []float32{s.Observation.High[0], e.high}
	}
	return s
}

// unruly is a lane that misbehaves in its third step, the first few times over all of its copies.
type unruly struct {
	lane
	times *atomic.Int32 // left to misbehave
	how   func()
}

func (u *unruly) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if u.steps == 2 && u.times.Add(-1) >= 0 {
		u.how()
	}
	return u.lane.Step(action, obs)
}

// TestEvaluationIsTriedTwice: an environment that panics, fails or hangs once does no harm.
func TestEvaluationIsTriedTwice(t *testing.T) {
	want, err := NewEvaluator(newLane).Evaluate(context.Background(), newPolicy(t, 1), 23, 4, true)
	if err != nil {
		t.Fatal(err)
	}
	forever := make(chan struct{})
	defer close(forever)
	for name, how := range map[string]func(){"panics": func() { panic("no ground") }, "hangs": func() { <-forever }} {
		times := new(atomic.Int32)
		e := NewEvaluator(func() (env.Environment, error) { return &unruly{times: times, how: how}, nil })
		e.Deadline = 100 * time.Millisecond
		var told []string
		e.Warn = func(err error) { told = append(told, err.Error()) }
		times.Store(1)
		got, err := e.Evaluate(context.Background(), newPolicy(t, 1), 23, 4, true)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("an environment that %s once: %+v, error %v; want %+v", name, got, err, want)
		}
		if len(told) != 1 || !strings.Contains(told[0], strings.TrimSuffix(name, "s")) {
			t.Errorf("an environment that %s once: told %q", name, told)
		}
		times.Store(1 << 20)
		_, err = e.Evaluate(context.Background(), newPolicy(t, 1), 23, 4, true)
		if err == nil || !strings.Contains(err.Error(), "fresh environments") || !strings.Contains(err.Error(), strings.TrimSuffix(name, "s")) {
			t.Errorf("an environment that always %s: error %v", name, err)
		}
	}
}

// wanderer is a lane without end, and without a limit unless it has one.
type wanderer struct {
	lane
	limit int
}

func (w *wanderer) Spec() env.Spec {
	s := w.lane.Spec()
	s.MaxSteps = w.limit
	return s
}

func (w *wanderer) Step(action []float32, obs env.Values) (env.Outcome, error) {
	return env.Outcome{Reward: 1}, w.show(obs)
}

// TestEndlessEpisodesAreCut, at the environment's limit or at ours.
func TestEndlessEpisodesAreCut(t *testing.T) {
	for limit, want := range map[int]float64{0: endless, 70: 70} {
		e := NewEvaluator(func() (env.Environment, error) { return &wanderer{limit: limit}, nil })
		got, err := e.Evaluate(context.Background(), newPolicy(t, 1), 3, 1, false)
		if err != nil || got.Cut != 3 || got.Mean != want || got.MeanLength != want {
			t.Errorf("limit %d: %+v, error %v", limit, got, err)
		}
	}
	if got, err := NewEvaluator(newLane).Evaluate(context.Background(), newPolicy(t, 1), 23, 4, false); err != nil || got.Cut != 0 {
		t.Errorf("%+v, error %v", got, err)
	}
}

// slowLane does not end before it is told to.
type slowLane struct {
	lane
	told <-chan struct{}
}

func (l *slowLane) Reset(seed uint64, obs env.Values) error {
	<-l.told
	return l.lane.Reset(seed, obs)
}

// TestEvaluationTellsHowFarItCame also where nothing watches for environments that hang.
func TestEvaluationTellsHowFarItCame(t *testing.T) {
	for _, deadline := range []time.Duration{0, time.Hour} {
		told := make(chan struct{})
		e := NewEvaluator(func() (env.Environment, error) { return &slowLane{told: told}, nil })
		calls := 0
		e.Deadline, e.Progress = deadline, func(ended, episodes int) {
			if calls++; calls == 1 {
				if ended != 0 || episodes != 12 {
					t.Errorf("%d of %d episodes, want 0 of 12", ended, episodes)
				}
				close(told)
			}
		}
		if _, err := e.Evaluate(context.Background(), newPolicy(t, 1), 12, 1, false); err != nil || calls == 0 {
			t.Errorf("told %d times, %v", calls, err)
		}
	}
}

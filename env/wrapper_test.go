package env_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
	"covey/state"
)

// run resets e and steps it with the given actions, up to an end.
func run(t *testing.T, e env.Environment, actions ...float32) (outs []env.Outcome, last env.Values) {
	t.Helper()
	obs := env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
	if err := e.Reset(1, obs); err != nil {
		t.Fatal(err)
	}
	for _, a := range actions {
		out, err := e.Step([]float32{a}, obs)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, out)
	}
	return outs, obs
}

func expect(t *testing.T, what string, got []env.Outcome, want ...env.Outcome) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func TestTimeLimit(t *testing.T) {
	e := env.TimeLimit(&counter{id: "c", last: 9}, 2)
	if got := e.Spec().MaxSteps; got != 2 {
		t.Errorf("MaxSteps is %d, want 2", got)
	}
	for range 2 { // the second episode starts anew
		outs, _ := run(t, e, 1, 1)
		expect(t, "cut", outs, env.Outcome{Reward: 1}, env.Outcome{Reward: 1, Truncated: true})
		if _, err := e.Step([]float32{0}, env.Values{F: make([]float32, 2)}); !errors.Is(err, env.ErrResetNeeded) || !strings.HasPrefix(err.Error(), "c: ") {
			t.Errorf("a step after the limit: error %v", err)
		}
	}
	outs, _ := run(t, env.TimeLimit(&counter{last: 2}, 2), 1, 1)
	expect(t, "terminated at the limit", outs, env.Outcome{Reward: 1}, env.Outcome{Reward: 1, Terminated: true, Truncated: true})
	outs, _ = run(t, env.TimeLimit(&counter{last: 2}, 3), 1, 1)
	expect(t, "terminated before the limit", outs, env.Outcome{Reward: 1}, env.Outcome{Reward: 1, Terminated: true})

	inner := &counter{last: 9, failAt: 2}
	broken := env.TimeLimit(inner, 5)
	run(t, broken, 0)
	if _, err := broken.Step([]float32{0}, env.Values{F: make([]float32, 2)}); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	if _, err := env.TimeLimit(&counter{}, 5).Step([]float32{0}, env.Values{}); !errors.Is(err, env.ErrResetNeeded) {
		t.Errorf("a step before the first reset: error %v", err)
	}
}

func TestScaleReward(t *testing.T) {
	e := env.ScaleReward(&counter{last: 2}, 0.5)
	outs, _ := run(t, e, 3, 4)
	expect(t, "scaled", outs, env.Outcome{Reward: 1.5}, env.Outcome{Reward: 2, Terminated: true})
	if got := *e.Spec().RewardThreshold; got != 5 {
		t.Errorf("threshold %v, want 5", got)
	}
	if got := *(&counter{}).Spec().RewardThreshold; got != 10 {
		t.Errorf("the environment's own threshold is %v", got)
	}
	if env.ScaleReward(mustClassic(t, "Pendulum-v1"), 2).Spec().RewardThreshold != nil {
		t.Error("a threshold out of none")
	}
}

func TestClipReward(t *testing.T) {
	e := env.ClipReward(&counter{last: 4}, -1, 2)
	outs, _ := run(t, e, 3, 1, -7, 2)
	expect(t, "clipped", outs, env.Outcome{Reward: 2}, env.Outcome{Reward: 1}, env.Outcome{Reward: -1}, env.Outcome{Reward: 2, Terminated: true})
	if e.Spec().RewardThreshold != nil {
		t.Error("clipped rewards have a threshold")
	}
}

func TestActionRepeat(t *testing.T) {
	e := env.ActionRepeat(&counter{last: 5}, 3)
	outs, obs := run(t, e, 2, 10)
	expect(t, "repeated", outs, env.Outcome{Reward: 6}, env.Outcome{Reward: 20, Terminated: true})
	if obs.F[1] != 5 {
		t.Errorf("the last observation is that of step %v, want 5", obs.F[1])
	}
	limited := env.ActionRepeat(env.TimeLimit(&counter{last: 50}, 4), 3)
	if got := limited.Spec().MaxSteps; got != 2 {
		t.Errorf("MaxSteps is %d, want 2", got)
	}
	outs, _ = run(t, limited, 1, 1)
	expect(t, "repeated to the limit", outs, env.Outcome{Reward: 3}, env.Outcome{Reward: 1, Truncated: true})
	if got := e.Spec().MaxSteps; got != 0 {
		t.Errorf("MaxSteps is %d without a limit", got)
	}
	broken := env.ActionRepeat(&counter{last: 9, failAt: 2}, 3)
	if err := broken.Reset(1, env.Values{F: make([]float32, 2)}); err != nil {
		t.Fatal(err)
	}
	if out, err := broken.Step([]float32{1}, env.Values{F: make([]float32, 2)}); !errors.Is(err, errBroken) || out != (env.Outcome{}) {
		t.Errorf("%+v, error %v", out, err)
	}
}

func TestWrapperMisuse(t *testing.T) {
	nan := float32(math.NaN())
	for name, f := range map[string]func(){
		"time limit of 0 steps":     func() { env.TimeLimit(&counter{}, 0) },
		"clip rewards to [2, 1]":    func() { env.ClipReward(&counter{}, 2, 1) },
		"clip rewards to [NaN, 1]":  func() { env.ClipReward(&counter{}, nan, 1) },
		"action repeated -1 times":  func() { env.ActionRepeat(&counter{}, -1) },
		"sample of Box (bytes: tru": func() { (&counter{bytes: true}).Spec().Observation.Sample(make([]float32, 2), nil) },
	} {
		func() {
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), name) {
					t.Errorf("panic %v, want %q", p, name)
				}
			}()
			f()
		}()
	}
}

// wrappers are all of them.
var wrappers = map[string]func(env.Environment) env.Environment{
	"TimeLimit":    func(e env.Environment) env.Environment { return env.TimeLimit(e, 30) },
	"ScaleReward":  func(e env.Environment) env.Environment { return env.ScaleReward(e, 0.1) },
	"ClipReward":   func(e env.Environment) env.Environment { return env.ClipReward(e, -0.5, 0.5) },
	"ActionRepeat": func(e env.Environment) env.Environment { return env.ActionRepeat(e, 3) },
}

// TestWrappersPassTheSuite around environments that pass it, which holds for their state and allocations too.
func TestWrappersPassTheSuite(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			envtest.Run(t, func() env.Environment { return wrap(mustClassic(t, "CartPole-v1")) }, envtest.Native)
		})
	}
}

// TestExamplePassesTheSuite holds the example of an environment of one's own to its word.
func TestExamplePassesTheSuite(t *testing.T) {
	envtest.Run(t, func() env.Environment { return env.TimeLimit(&guess{}, 10) }, envtest.Native)
}

func TestWrappersStatefulWhenInsideIs(t *testing.T) {
	for name, wrap := range wrappers {
		if _, ok := wrap(&counter{}).(state.Stateful); ok {
			t.Errorf("%s of an environment that cannot be saved is stateful", name)
		}
		s, ok := wrap(&saved{}).(state.Stateful)
		if !ok {
			t.Errorf("%s of a stateful environment is not", name)
			continue
		}
		if _, err := state.Save(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

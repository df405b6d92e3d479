package env

import (
	"fmt"

	"covey/state"
)

// ActionRepeat makes each action count for up to times steps of e, fewer when the episode ends
// before; the rewards are added, the observation is the last one. MaxSteps in its Spec counts actions.
func ActionRepeat(e Environment, times int) Environment {
	if times <= 0 {
		panic(fmt.Sprintf("env: action repeated %d times", times))
	}
	w := actionRepeat{Environment: e, times: times}
	if s, ok := e.(state.Stateful); ok {
		return &statefulActionRepeat{actionRepeat: w, Stateful: s}
	}
	return &w
}

type actionRepeat struct {
	Environment
	times int
}

// Unwrap returns the environment inside.
func (a *actionRepeat) Unwrap() Environment { return a.Environment }

func (a *actionRepeat) repeats() int { return a.times }

func (a *actionRepeat) Spec() Spec {
	s := a.Environment.Spec()
	s.MaxSteps = (s.MaxSteps + a.times - 1) / a.times
	return s
}

func (a *actionRepeat) Step(action []float32, obs Values) (Outcome, error) {
	var sum Outcome
	for range a.times {
		out, err := a.Environment.Step(action, obs)
		if err != nil {
			return Outcome{}, err
		}
		out.Reward += sum.Reward
		sum = out
		if out.Terminated || out.Truncated {
			break
		}
	}
	return sum, nil
}

type statefulActionRepeat struct {
	actionRepeat
	state.Stateful // the environment inside; the wrapper has no state of its own
}

package env

import (
	"fmt"

	"covey/state"
)

// TimeLimit truncates episodes of e after the given number of steps, which must be positive, and
// says so in Spec().MaxSteps. As with Gymnasium's, an episode that terminates in its last step is
// both terminated and truncated; nothing follows it, so a learner asks for Terminated first.
func TimeLimit(e Environment, steps int) Environment {
	if steps <= 0 {
		panic(fmt.Sprintf("env: time limit of %d steps", steps))
	}
	w := timeLimit{Environment: e, steps: uint64(steps), elapsed: uint64(steps)}
	if s, ok := e.(state.Stateful); ok {
		return &statefulTimeLimit{timeLimit: w, stateful: s}
	}
	return &w
}

type timeLimit struct {
	Environment
	steps   uint64
	elapsed uint64 // steps of this episode; at the limit none is running
}

// Unwrap returns the environment inside.
func (t *timeLimit) Unwrap() Environment { return t.Environment }

func (t *timeLimit) Spec() Spec {
	s := t.Environment.Spec()
	s.MaxSteps = int(t.steps)
	return s
}

func (t *timeLimit) Reset(seed uint64, obs Values) error {
	t.elapsed = 0
	return t.Environment.Reset(seed, obs)
}

func (t *timeLimit) Step(action []float32, obs Values) (Outcome, error) {
	if t.elapsed >= t.steps {
		return Outcome{}, fmt.Errorf("%s: %w", t.Environment.Spec().ID, ErrResetNeeded)
	}
	out, err := t.Environment.Step(action, obs)
	if err != nil {
		return out, err
	}
	t.elapsed++
	if t.elapsed == t.steps {
		out.Truncated = true
	}
	return out, nil
}

type statefulTimeLimit struct {
	timeLimit
	stateful state.Stateful // the environment inside
}

func (t *statefulTimeLimit) State(w state.Walker) error {
	w.Uint64("elapsed", &t.elapsed)
	if t.elapsed > t.steps {
		return fmt.Errorf("time limit: %d steps elapsed of %d", t.elapsed, t.steps)
	}
	return t.stateful.State(w.Sub("env"))
}

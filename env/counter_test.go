package env_test

import (
	"errors"
	"fmt"

	"covey/env"
	"covey/state"
)

// counter shows its seed and the steps of its episode, which terminates after `last` steps; the reward
// is the action. It cannot be saved.
type counter struct {
	id     string
	bytes  bool
	last   int
	seed   uint64
	steps  uint64
	failAt uint64 // the step that returns errBroken; 0: none
	closed error
}

var errBroken = errors.New("broken")

func (c *counter) Spec() env.Spec {
	threshold := 10.0
	s := env.Spec{ID: c.id, Observation: env.NewBox([]float32{0, 0}, []float32{1e6, 1e6}), Action: env.NewDiscrete(100), RewardThreshold: &threshold}
	if c.bytes {
		s.Observation = env.NewBox([]float32{0, 0}, []float32{255, 255})
		s.Observation.Bytes = true
	}
	return s
}

func (c *counter) Reset(seed uint64, obs env.Values) error {
	if c.failAt == 1 && c.steps > 0 {
		return errBroken
	}
	c.seed, c.steps = seed, 0
	c.observe(obs)
	return nil
}

func (c *counter) Step(action []float32, obs env.Values) (env.Outcome, error) {
	c.steps++
	if c.steps == c.failAt {
		return env.Outcome{}, fmt.Errorf("step %d: %w", c.steps, errBroken)
	}
	c.observe(obs)
	return env.Outcome{Reward: action[0], Terminated: int(c.steps) == c.last}, nil
}

func (c *counter) observe(obs env.Values) {
	if c.bytes {
		obs.U[0], obs.U[1] = uint8(c.seed), uint8(c.steps)
	} else {
		obs.F[0], obs.F[1] = float32(c.seed%1e6), float32(c.steps)
	}
}

func (c *counter) Close() error { return c.closed }

// saved is a counter that can be saved.
type saved struct{ counter }

func (s *saved) State(w state.Walker) error {
	w.Uint64("seed", &s.seed)
	w.Uint64("steps", &s.steps)
	return nil
}

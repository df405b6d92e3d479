package a3c

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"covey/env"
	"covey/optim"
	"covey/state"
)

// corridor is a world for tests: a position on a line that actions move, a reward for going right, an
// end at +limit (terminated) and another after so many steps (truncated).
type corridor struct {
	continuous bool
	x          float64
	steps      int
	stream     rand.PCG
	calls      int
	failAt     int // the call that errors; 0: none
	nanAt      int // the call whose reward is NaN; 0: none
	leaveAt    int // the call that ends the goroutine, as testing.T's FailNow does; 0: none
}

const (
	corridorEnd   = 1.5
	corridorSteps = 13
)

func (c *corridor) Spec() env.Spec {
	inf := float32(math.Inf(1))
	s := env.Spec{ID: "Corridor", MaxSteps: corridorSteps, Action: env.NewDiscrete(2),
		Observation: env.NewBox([]float32{-inf, -inf}, []float32{inf, inf})}
	if c.continuous {
		s.Action = env.NewBox([]float32{-2}, []float32{2})
	}
	return s
}

func (c *corridor) Reset(seed uint64, obs env.Values) error {
	c.stream.Seed(seed, 1)
	c.x, c.steps = rand.New(&c.stream).Float64()-0.5, 0
	c.show(obs)
	return nil
}

// show leaves the steps out: an observation at the limit would be bootstrapped from without ever being
// learned, and its value could run away.
func (c *corridor) show(obs env.Values) { obs.F[0], obs.F[1] = float32(c.x), float32(c.x*c.x) }

func (c *corridor) Step(action []float32, obs env.Values) (env.Outcome, error) {
	c.calls++
	if c.calls == c.failAt {
		return env.Outcome{}, fmt.Errorf("corridor caved in")
	}
	if c.calls == c.leaveAt {
		runtime.Goexit()
	}
	move := 0.2 * float64(2*action[0]-1)
	if c.continuous {
		move = 0.2 * float64(action[0])
	}
	c.x += move
	c.steps++
	c.show(obs)
	o := env.Outcome{Reward: float32(move), Terminated: c.x > corridorEnd, Truncated: c.steps == corridorSteps}
	if c.calls == c.nanAt {
		o.Reward = float32(math.NaN())
	}
	return o, nil
}

func (c *corridor) Close() error { return nil }

func (c *corridor) State(w state.Walker) error {
	steps := uint64(c.steps)
	w.Float64("x", &c.x)
	w.Uint64("steps", &steps)
	c.steps = int(steps)
	return state.RNG(w, "stream", &c.stream)
}

// corridors makes each worker's vector of n corridors; alter, unless nil, sees each of them.
func corridors(n int, continuous bool, alter func(worker int, c *corridor)) func(int) (env.Vector, error) {
	return func(worker int) (env.Vector, error) {
		envs := make([]env.Environment, n)
		for i := range envs {
			c := &corridor{continuous: continuous}
			if alter != nil {
				alter(worker, c)
			}
			envs[i] = c
		}
		return env.Batch(envs...)
	}
}

// small is a configuration that learns the corridor in milliseconds.
func small() Config {
	cfg := DefaultConfig()
	cfg.Network.Hidden = []int{16, 16}
	cfg.SegmentLength, cfg.Envs = 7, 3
	cfg.LearningRate, cfg.Anneal = 5e-3, optim.Constant
	return cfg
}

func newLearner(t testing.TB, cfg Config, seed uint64, vector func(int) (env.Vector, error)) *Learner {
	t.Helper()
	l, err := New(cfg, seed, vector)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

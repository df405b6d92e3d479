// Package corridor is a world for tests of algorithms: a position on a line that actions move, a
// reward for going right, an end on the right (terminated) and another after so many steps (truncated). A walk
// without aim gets about 0, a straight one about 1.5.
package corridor

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"

	"covey/env"
	"covey/state"
)

// The corridor's right end, and the steps after which an episode is truncated.
const (
	End   = 1.5
	Steps = 13
)

// World is a corridor. It can be made to fail.
type World struct {
	Continuous bool // actions are moves in [−2, 2], instead of left and right
	FailAt     int  // the call of Step that returns an error; 0: none
	NaNAt      int  // the call whose reward is NaN; 0: none
	LostAt     int  // the call whose observation is NaN; 0: none
	PanicAt    int  // the call that panics; 0: none
	LeaveAt    int  // the call that ends its goroutine; 0: none

	x      float64
	steps  int
	stream rand.PCG
	calls  int
}

// ErrCaveIn is the failure of FailAt, and of PanicAt.
var ErrCaveIn = errors.New("corridor caved in")

// Batch makes a vector of n corridors; alter, unless nil, sees each of them.
func Batch(n int, continuous bool, alter func(i int, w *World)) (env.Vector, error) {
	envs := make([]env.Environment, n)
	for i := range envs {
		w := &World{Continuous: continuous}
		if alter != nil {
			alter(i, w)
		}
		envs[i] = w
	}
	return env.Batch(envs...)
}

// Restarting is a vector that cannot be saved, and loses its episodes now and then.
type Restarting struct {
	env.Vector
	Every int // calls of Step between two losses; 0: none
	calls int
	seeds []uint64
}

// Reset implements [env.Vector].
func (r *Restarting) Reset(seeds []uint64, obs env.Values) error {
	r.seeds = append(r.seeds[:0], seeds...)
	return r.Vector.Reset(seeds, obs)
}

// Step implements [env.Vector].
func (r *Restarting) Step(actions []float32, obs, final env.Values, out []env.Outcome) error {
	r.calls++
	if r.Every == 0 || r.calls%r.Every != 0 {
		return r.Vector.Step(actions, obs, final, out)
	}
	for i := range r.seeds {
		r.seeds[i]++
	}
	if err := r.Vector.Reset(r.seeds, obs); err != nil {
		return err
	}
	return &env.Restarted{Cause: ErrCaveIn}
}

// Spec implements [env.Environment].
func (w *World) Spec() env.Spec {
	inf := float32(math.Inf(1))
	s := env.Spec{ID: "Corridor", MaxSteps: Steps, Action: env.NewDiscrete(2),
		Observation: env.NewBox([]float32{-inf, -inf}, []float32{inf, inf})}
	if w.Continuous {
		s.Action = env.NewBox([]float32{-2}, []float32{2})
	}
	return s
}

// Reset implements [env.Environment].
func (w *World) Reset(seed uint64, obs env.Values) error {
	w.stream.Seed(seed, 1)
	w.x, w.steps = rand.New(&w.stream).Float64()-0.5, 0
	w.show(obs)
	return nil
}

// show leaves the steps out: an observation at the limit would be bootstrapped from without ever being
// learned, and its value could run away.
func (w *World) show(obs env.Values) { obs.F[0], obs.F[1] = float32(w.x), float32(w.x*w.x) }

// Step implements [env.Environment].
func (w *World) Step(action []float32, obs env.Values) (env.Outcome, error) {
	w.calls++
	if w.calls == w.FailAt {
		return env.Outcome{}, ErrCaveIn
	}
	if w.calls == w.PanicAt {
		panic(ErrCaveIn)
	}
	if w.calls == w.LeaveAt {
		runtime.Goexit()
	}
	move := 0.2 * float64(2*action[0]-1)
	if w.Continuous {
		move = 0.2 * float64(action[0])
	}
	w.x += move
	w.steps++
	w.show(obs)
	o := env.Outcome{Reward: float32(move), Terminated: w.x > End, Truncated: w.steps == Steps}
	if w.calls == w.NaNAt {
		o.Reward = float32(math.NaN())
	}
	if w.calls == w.LostAt {
		obs.F[1] = float32(math.NaN())
	}
	return o, nil
}

// Close implements [env.Environment].
func (w *World) Close() error { return nil }

// State implements [state.Stateful].
func (w *World) State(walker state.Walker) error {
	walker.Float64("x", &w.x)
	if err := state.Int(walker, "steps", &w.steps); err != nil {
		return err
	}
	return state.RNG(walker, "stream", &w.stream)
}

package supervise_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"covey/env"
	"covey/internal/corridor"
)

// fault is what a world does in one of its calls.
type fault func() error

func fails() error  { return corridor.ErrCaveIn }
func panics() error { panic(corridor.ErrCaveIn) }

// world is a corridor that fails when the calls of all worlds with the same schedule come to a number in it: each
// number once, as if by chance.
type world struct {
	corridor.World
	*schedule
}

type schedule struct {
	calls  int
	faults map[int]fault
	resets map[int]fault // the same of Reset
	made   int
	closed int
	stuck  error // what closing returns
}

func (w *world) Step(action []float32, obs env.Values) (env.Outcome, error) {
	w.calls++
	if f := w.faults[w.calls]; f != nil {
		for i := range obs.F {
			obs.F[i] = -1
		}
		if err := f(); err != nil {
			return env.Outcome{}, err
		}
	}
	return w.World.Step(action, obs)
}

func (w *world) Reset(seed uint64, obs env.Values) error {
	f := w.resets[w.calls]
	delete(w.resets, w.calls)
	if f != nil {
		if err := f(); err != nil {
			return err
		}
	}
	return w.World.Reset(seed, obs)
}

func (w *world) Close() error {
	w.closed++
	return w.stuck
}

const streams = 3

// create makes vectors of worlds; what cannot be saved is bridged.
func (s *schedule) create(bridged bool) func() (env.Vector, error) {
	return func() (env.Vector, error) {
		s.made++
		envs := make([]env.Environment, streams)
		for i := range envs {
			envs[i] = &world{schedule: s}
		}
		v, err := env.Batch(envs...)
		if bridged {
			return struct{ env.Vector }{v}, err
		}
		return v, err
	}
}

// player drives a vector with random actions, and notes what it shows.
type player struct {
	v          env.Vector
	rng        *rand.Rand
	actions    []float32
	obs, final env.Values
	out        []env.Outcome
}

func newPlayer(t *testing.T, v env.Vector, err error) *player {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	p := &player{v: v, rng: rand.New(rand.NewPCG(1, 1)), actions: make([]float32, streams), out: make([]env.Outcome, streams),
		obs: env.MakeValues(v.Spec().Observation, 2*streams), final: env.MakeValues(v.Spec().Observation, 2*streams)}
	return p
}

func (p *player) reset() error { return p.v.Reset([]uint64{7, 8, 9}, p.obs) }

func (p *player) step() error {
	for i := range p.actions {
		p.actions[i] = float32(p.rng.IntN(2))
	}
	return p.v.Step(p.actions, p.obs, p.final, p.out)
}

func (p *player) moment() string { return fmt.Sprint(p.obs, p.final, p.out) }

func (p *player) play(t *testing.T, steps int) (moments []string) {
	t.Helper()
	for i := range steps {
		if err := p.step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		moments = append(moments, p.moment())
	}
	return moments
}

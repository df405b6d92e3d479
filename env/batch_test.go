package env_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"covey/env"
	"covey/env/classic"
	"covey/state"
)

func newBatch(t testing.TB, envs ...env.Environment) env.Vector {
	t.Helper()
	v, err := env.Batch(envs...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBatchStartsNextEpisode follows two counters over their ends.
func TestBatchStartsNextEpisode(t *testing.T) {
	v := newBatch(t, &counter{id: "a", last: 2}, &counter{id: "a", last: 3})
	obs, out := env.Values{F: make([]float32, 4)}, make([]env.Outcome, 2)
	if err := v.Reset([]uint64{10, 20}, obs); err != nil {
		t.Fatal(err)
	}
	if want := []float32{10, 0, 20, 0}; !slices.Equal(obs.F, want) {
		t.Errorf("first observations %v, want %v", obs.F, want)
	}
	next := func(base, episode uint64) float32 { return float32(env.EpisodeSeed(base, episode) % 1e6) }
	for i, want := range []struct {
		obs, final []float32
		ended      [2]bool
	}{
		{[]float32{10, 1, 20, 1}, []float32{-1, -1, -1, -1}, [2]bool{}},
		{[]float32{next(10, 1), 0, 20, 2}, []float32{10, 2, -1, -1}, [2]bool{true, false}},
		{[]float32{next(10, 1), 1, next(20, 1), 0}, []float32{-1, -1, 20, 3}, [2]bool{false, true}},
		{[]float32{next(10, 2), 0, next(20, 1), 1}, []float32{next(10, 1), 2, -1, -1}, [2]bool{true, false}},
	} {
		final := env.Values{F: []float32{-1, -1, -1, -1}}
		if err := v.Step([]float32{3, 5}, obs, final, out); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(obs.F, want.obs) || !slices.Equal(final.F, want.final) {
			t.Errorf("step %d: observations %v, final %v; want %v, %v", i+1, obs.F, final.F, want.obs, want.final)
		}
		for j := range out {
			if want := (env.Outcome{Reward: []float32{3, 5}[j], Terminated: want.ended[j]}); out[j] != want {
				t.Errorf("step %d, row %d: %+v, want %+v", i+1, j, out[j], want)
			}
		}
	}
}

func TestBatchOfBytes(t *testing.T) {
	v := newBatch(t, &counter{id: "a", last: 1, bytes: true}, &counter{id: "a", last: 9, bytes: true})
	obs, final := env.MakeValues(v.Spec().Observation, 4), env.MakeValues(v.Spec().Observation, 4)
	if err := v.Reset([]uint64{7, 8}, obs); err != nil {
		t.Fatal(err)
	}
	if err := v.Step([]float32{0, 0}, obs, final, make([]env.Outcome, 2)); err != nil {
		t.Fatal(err)
	}
	if want := []uint8{uint8(env.EpisodeSeed(7, 1)), 0, 8, 1}; !slices.Equal(obs.U, want) || !slices.Equal(final.U, []uint8{7, 1, 0, 0}) {
		t.Errorf("observations %v, final %v", obs.U, final.U)
	}
}

func TestEpisodeSeed(t *testing.T) {
	if got := env.EpisodeSeed(42, 0); got != 42 {
		t.Errorf("the first episode's seed is %d, want the base", got)
	}
	// SplitMix64 seeded with 0 yields 0xe220a8397b1dcdaf first (the reference implementation's output), and mix(0) is 0.
	if got := env.EpisodeSeed(0, 1); got != 0xe220a8397b1dcdaf {
		t.Errorf("EpisodeSeed(0, 1) = %#x", got)
	}
	seen := map[uint64]string{}
	for base := range uint64(200) {
		for episode := range uint64(200) {
			seed, at := env.EpisodeSeed(base, episode), fmt.Sprintf("(%d, %d)", base, episode)
			if other, twice := seen[seed]; twice {
				t.Errorf("EpisodeSeed is %#x at %s and %s", seed, other, at)
			}
			seen[seed] = at
		}
	}
}

// odd is an environment with another action space.
type odd struct {
	env.Environment
	action env.Space
}

func (o *odd) Spec() env.Spec {
	s := o.Environment.Spec()
	s.Action = o.action
	return s
}

func TestBatchErrors(t *testing.T) {
	good := func() env.Environment { return &counter{id: "good", last: 5} }
	stacked := &stacker{counter{id: "stacked"}}
	for _, c := range []struct {
		envs []env.Environment
		want string
	}{
		{nil, "no environments"},
		{[]env.Environment{good(), nil}, "environment 1 is nil"},
		{[]env.Environment{good(), good(), &counter{id: "odd", bytes: true}}, "environment 2 (odd): observation space"},
		{[]env.Environment{good(), env.TimeLimit(mustClassic(t, "CartPole-v1"), 3)}, "environment 1 (CartPole-v1): observation space"},
		{[]env.Environment{mustClassic(t, "MountainCar-v0"), mustClassic(t, "MountainCarContinuous-v0")}, "environment 1 (MountainCarContinuous-v0): action space"},
		{[]env.Environment{good(), stacked}, "environment 1 (stacked): stacks 4 frames"},
		{[]env.Environment{&odd{Environment: good(), action: env.Space{Kind: env.Box, Shape: []int{1}}}}, "environment 0 (good): action space: box of shape [1] wants 1 bounds"},
		{[]env.Environment{&odd{Environment: good(), action: env.NewBox([]float32{1}, []float32{-1})}}, "environment 0 (good): action space: box element 0 has bounds [1, -1]"},
		{[]env.Environment{&odd{Environment: good(), action: env.NewDiscrete(0)}}, "environment 0 (good): action space: Discrete space offers 0 choices"},
	} {
		if _, err := env.Batch(c.envs...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}

	v := newBatch(t, good(), &counter{id: "bad", last: 5, failAt: 2, closed: errBroken})
	obs, final, out := env.Values{F: make([]float32, 4)}, env.Values{F: make([]float32, 4)}, make([]env.Outcome, 2)
	if err := v.Reset([]uint64{1, 2}, obs); err != nil {
		t.Fatal(err)
	}
	if err := v.Step([]float32{0, 0}, obs, final, out); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"step":  v.Step([]float32{0, 0}, obs, final, out),
		"close": v.Close(),
	} {
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "environment 1 (bad)") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	late := newBatch(t, &counter{id: "late", last: 2, failAt: 1, steps: 0})
	one := env.Values{F: make([]float32, 2)}
	if err := late.Reset([]uint64{1}, one); err != nil {
		t.Fatal(err)
	}
	if err := late.Step([]float32{0}, one, env.Values{F: make([]float32, 2)}, out[:1]); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	if err := late.Reset([]uint64{1}, one); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "environment 0 (late)") {
		t.Errorf("reset: error %v", err)
	}
}

type stacker struct{ counter }

func (s *stacker) Spec() env.Spec {
	spec := s.counter.Spec()
	spec.Stack = 4
	return spec
}

func mustClassic(t testing.TB, id string) env.Environment {
	t.Helper()
	e, err := classic.New(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBatchWrongShapes(t *testing.T) {
	v := newBatch(t, &counter{id: "a", last: 5}, &counter{id: "a", last: 5})
	values := func(n int) env.Values { return env.Values{F: make([]float32, n)} }
	for name, f := range map[string]func(){
		"seeds":    func() { _ = v.Reset(make([]uint64, 1), values(4)) },
		"first":    func() { _ = v.Reset(make([]uint64, 2), values(5)) },
		"actions":  func() { _ = v.Step(make([]float32, 3), values(4), values(4), make([]env.Outcome, 2)) },
		"obs":      func() { _ = v.Step(make([]float32, 2), values(3), values(4), make([]env.Outcome, 2)) },
		"final":    func() { _ = v.Step(make([]float32, 2), values(4), values(0), make([]env.Outcome, 2)) },
		"outcomes": func() { _ = v.Step(make([]float32, 2), values(4), values(4), make([]env.Outcome, 1)) },
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "want [2 ×") {
					t.Errorf("%s: panic %v", name, p)
				}
			}()
			f()
		}()
	}
}

// TestBatchState: a Batch goes on where it was saved, over several ends.
func TestBatchState(t *testing.T) {
	newOne := func() env.Vector {
		return newBatch(t, mustClassic(t, "CartPole-v1"), mustClassic(t, "CartPole-v1"), mustClassic(t, "CartPole-v1"))
	}
	v, other := newOne(), newOne()
	obs := env.Values{F: make([]float32, 12)}
	if err := v.Reset([]uint64{5, 6, 7}, obs); err != nil {
		t.Fatal(err)
	}
	proceed := func(v env.Vector) (bits []uint32) {
		obs, final, out := env.Values{F: make([]float32, 12)}, env.Values{F: make([]float32, 12)}, make([]env.Outcome, 3)
		for i := range 100 {
			if err := v.Step([]float32{1, 0, float32(i % 2)}, obs, final, out); err != nil {
				t.Fatal(err)
			}
			for j := range obs.F {
				bits = append(bits, math.Float32bits(obs.F[j]), math.Float32bits(final.F[j]))
			}
		}
		return bits
	}
	proceed(v)
	tree, err := state.Save(v.(state.Stateful))
	if err != nil {
		t.Fatal(err)
	}
	// The final observations of the past are no part of the state: the first 100 steps let every row end.
	want := proceed(v)
	if err := state.Load(other.(state.Stateful), tree); err != nil {
		t.Fatal(err)
	}
	if got := proceed(other); !slices.Equal(got, want) {
		t.Error("a restored batch goes on differently")
	}
}

func TestBatchStatefulWhenAllAre(t *testing.T) {
	if _, ok := newBatch(t, &saved{}, &saved{}).(state.Stateful); !ok {
		t.Error("a batch of stateful environments is not")
	}
	if _, ok := newBatch(t, &saved{}, &counter{}).(state.Stateful); ok {
		t.Error("a batch is stateful though an environment of it is not")
	}
	// A wrong entry is an error that says where.
	s := newBatch(t, mustClassic(t, "CartPole-v1"), mustClassic(t, "CartPole-v1")).(state.Stateful)
	tree, err := state.Save(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tree {
		if tree[i].Name == "1/env/env/x" {
			tree[i].Float64 = math.NaN()
		}
	}
	if err := state.Load(s, tree); err == nil || !strings.Contains(err.Error(), "environment 1 (CartPole-v1)") {
		t.Errorf("error %v", err)
	}
}

func TestBatchAllocatesNothing(t *testing.T) {
	v := newBatch(t, mustClassic(t, "CartPole-v1"), mustClassic(t, "CartPole-v1"))
	obs, final, out := env.Values{F: make([]float32, 8)}, env.Values{F: make([]float32, 8)}, make([]env.Outcome, 2)
	if err := v.Reset([]uint64{1, 2}, obs); err != nil {
		t.Fatal(err)
	}
	actions := []float32{0, 1}
	if n := testing.AllocsPerRun(200, func() {
		if err := v.Step(actions, obs, final, out); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per step", n)
	}
}

func BenchmarkBatchStep(b *testing.B) {
	for _, n := range []int{1, 4, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			envs := make([]env.Environment, n)
			for i := range envs {
				envs[i] = mustClassic(b, "CartPole-v1")
			}
			v := newBatch(b, envs...)
			obs, final := env.Values{F: make([]float32, 4*n)}, env.Values{F: make([]float32, 4*n)}
			out, actions := make([]env.Outcome, n), make([]float32, n)
			if err := v.Reset(make([]uint64, n), obs); err != nil {
				b.Fatal(err)
			}
			i := 0
			for b.Loop() {
				for j := range actions {
					actions[j] = float32((i + j) & 1)
				}
				i++
				if err := v.Step(actions, obs, final, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/env-step")
		})
	}
}

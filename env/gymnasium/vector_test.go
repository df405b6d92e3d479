package gymnasium

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"covey/env"
)

func TestSpecs(t *testing.T) {
	inf := float32(math.Inf(1))
	threshold := 12.5
	ones := func(n int) []float32 { return slices.Repeat([]float32{1}, n) }
	for id, want := range map[string]env.Spec{
		"made:OfDict": { // a, inner.b, inner.n, m, z
			Observation: env.NewBox(slices.Concat(make([]float32, 14), slices.Repeat([]float32{-1}, 6)), slices.Concat(ones(3), []float32{255, 255}, ones(15))),
			Action:      env.Space{Kind: env.MultiDiscrete, N: []int{2, 2, 2}, Start: []int{-1, 0, 0}},
		},
		"made:OfTuple": {
			Observation: env.NewBox([]float32{-2, -2, -2, 0, 0, 0, 0, -7, -7}, []float32{2, 2, 2, 1, 1, 1, 1, 9, 9}),
			Action:      env.NewBox([]float32{-1, -1, 0}, []float32{1, 1, 1}),
		},
		"made:OfMultiDiscrete": {
			Observation: env.NewBox(make([]float32, 9), ones(9)),
			Action:      env.Space{Kind: env.MultiDiscrete, N: []int{2, 3, 4, 2}},
		},
		"made:OfMultiBinary": {
			Observation: env.NewBox(make([]float32, 5), ones(5)),
			Action:      env.Space{Kind: env.MultiBinary, N: []int{6}},
		},
		"made:OfBytes": {
			Observation: env.Space{Kind: env.Box, Shape: []int{23}, Bytes: true,
				Low: slices.Concat([]float32{10, 10, 10}, make([]float32, 20)), High: slices.Concat([]float32{20, 20, 20}, slices.Repeat([]float32{255}, 20))},
			Action: env.NewBox([]float32{-3, -3}, []float32{3, 3}),
		},
		"made:Made/Registered-v0": {
			Observation: env.NewBox(make([]float32, 6), ones(6)), RewardThreshold: &threshold, MaxSteps: 7,
			Action: env.Space{Kind: env.Discrete, N: []int{3}, Start: []int{4}},
		},
		"CartPole-v1": {
			Observation: env.NewBox([]float32{-4.8, -inf, -0.41887903, -inf}, []float32{4.8, inf, 0.41887903, inf}),
			Action:      env.NewDiscrete(2), RewardThreshold: new(475.0), MaxSteps: 500,
		},
	} {
		t.Run(id, func(t *testing.T) {
			want.ID = id
			w := newWorld(t, options(t, id, nil), 1, 1)
			if got := w.Spec(); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestUnknownSpaces(t *testing.T) {
	d := description{Observation: space{Kind: "Graph", Shape: []int{1}}}
	_, err := d.spec("X-v0")
	mustSay(t, err, `the observation space: unknown kind "Graph" of space`)
}

// TestFlattening is in the order of Gymnasium's own, whose wrapper shows the same.
func TestFlattening(t *testing.T) {
	for _, id := range []string{"made:OfDict", "made:OfTuple", "made:OfMultiDiscrete", "made:OfMultiBinary", "made:OfDiscrete", "made:OfBytes"} {
		o := options(t, id, nil)
		plain := newWorld(t, o, 1, 1)
		o.Wrappers = []Wrapper{{Name: "gymnasium.wrappers:FlattenObservation"}}
		flat := newWorld(t, o, 1, 1)
		rng := rand.New(rand.NewPCG(1, 2))
		if err := errors.Join(plain.reset(5), flat.reset(5)); err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if !reflect.DeepEqual(plain.obs, flat.obs) || plain.out[0] != flat.out[0] {
				t.Fatalf("%s, after %d steps: %v, %+v, flattened by Gymnasium %v, %+v", id, i, plain.obs, plain.out, flat.obs, flat.out)
			}
			plain.spec.Action.Sample(plain.actions, rng)
			copy(flat.actions, plain.actions)
			if err := errors.Join(plain.step(), flat.step()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestObserve(t *testing.T) {
	o := options(t, "made:OfDict", nil)
	all := newWorld(t, o, 1, 1)
	o.Observe = []string{"z", "a"}
	some := newWorld(t, o, 1, 1)
	o.Observe = []string{"z"}
	one := newWorld(t, o, 1, 1)
	if got := one.Spec().Observation.Shape; !slices.Equal(got, []int{2, 3}) {
		t.Errorf("one part has shape %v, want its own", got)
	}
	if err := errors.Join(all.reset(1), some.reset(1), one.reset(1)); err != nil {
		t.Fatal(err)
	}
	x := all.obs.F
	if want := slices.Concat(x[14:], x[:3]); !slices.Equal(some.obs.F, want) || !slices.Equal(one.obs.F, x[14:]) {
		t.Errorf("of %v there are %v and %v", x, some.obs.F, one.obs.F)
	}
}

func TestArgumentsKeepTheirKinds(t *testing.T) {
	o := DefaultOptions("X-v0")
	o.Kwargs = map[string]any{"a": 1.0, "b": uint64(2), "c": []any{0.5, float32(3), "x", nil}, "d": map[string]any{"e": -4.0, "f": true}, "g": 1e16}
	got, err := json.Marshal(exact(o.Kwargs))
	if want := `{"a":1.0,"b":2,"c":[0.5,3.0,"x",null],"d":{"e":-4.0,"f":true},"g":10000000000000000.0}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	o.Kwargs = map[string]any{"a": math.Inf(1)}
	_, err = NewVector(o, 1, 1)
	mustSay(t, err, "X-v0: its arguments: ", "+Inf")
}

func TestWrappersHaveArguments(t *testing.T) {
	o := options(t, "made:OfMultiBinary", nil)
	plain := newWorld(t, o, 1, 1)
	o.Wrappers = []Wrapper{
		{Name: "gymnasium.wrappers:FlattenObservation"}, {Name: "made:Mean", Kwargs: map[string]any{"scale": 5}},
	}
	mean := newWorld(t, o, 1, 1)
	if err := errors.Join(plain.reset(3), mean.reset(3)); err != nil {
		t.Fatal(err)
	}
	var sum float32
	for _, x := range plain.obs.F {
		sum += x
	}
	if mean.obs.F[0] != sum {
		t.Errorf("%v of %v", mean.obs.F, plain.obs.F)
	}
}

// TestVectorEqualsAlone: five environments in two processes, and five of a pool that share two, live the
// same episodes, in every way of transport.
func TestVectorEqualsAlone(t *testing.T) {
	const n, steps = 5, 120
	for _, id := range []string{"CartPole-v1", "made:OfDict", "made:OfBytes", "made:OfTuple"} {
		for _, piped := range transports() {
			t.Run(fmt.Sprint(id, " piped=", piped), func(t *testing.T) {
				o := options(t, id, nil)
				o.Piped = piped
				w := newWorld(t, o, n, 2)
				p, err := NewPool(o, 3)
				if err != nil {
					t.Fatal(err)
				}
				alone := make([]*single, n)
				for i := range alone {
					e, err := p.New()
					if err != nil {
						t.Fatal(err)
					}
					alone[i] = newSingle(e, 1<<40+uint64(i))
				}
				if err := w.reset(1 << 40); err != nil {
					t.Fatal(err)
				}
				ended := 0
				rng := rand.New(rand.NewPCG(1, 2))
				for step := range steps {
					for i, s := range alone {
						a := w.actions[i*w.action : (i+1)*w.action]
						w.spec.Action.Sample(a, rng)
						if err := s.step(a); err != nil {
							t.Fatal(err)
						}
					}
					if err := w.step(); err != nil {
						t.Fatal(err)
					}
					for i, s := range alone {
						if s.out.Terminated || s.out.Truncated {
							ended++
							if got := w.final.Slice(i*w.frame, (i+1)*w.frame); !reflect.DeepEqual(got, s.final) {
								t.Fatalf("step %d, row %d: final observation %v, alone %v", step, i, got, s.final)
							}
						}
						if got := w.obs.Slice(i*w.frame, (i+1)*w.frame); !reflect.DeepEqual(got, s.obs) || w.out[i] != s.out {
							t.Fatalf("step %d, row %d: %v, %+v, alone %v, %+v", step, i, got, w.out[i], s.obs, s.out)
						}
					}
				}
				if ended < n {
					t.Errorf("only %d episodes ended", ended)
				}
				for _, s := range alone {
					if err := s.env.Close(); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// single does with one environment what a vector should.
type single struct {
	env        *Environment
	obs, final env.Values
	out        env.Outcome
	seed       uint64
	episode    uint64
	begun      bool
}

func newSingle(e *Environment, seed uint64) *single {
	s := e.Spec().Observation
	return &single{env: e, seed: seed, obs: env.MakeValues(s, s.Size()), final: env.MakeValues(s, s.Size())}
}

func (s *single) step(action []float32) (err error) {
	if !s.begun {
		s.begun = true
		if err := s.env.Reset(s.seed, s.obs); err != nil {
			return err
		}
	}
	if s.out, err = s.env.Step(action, s.obs); err != nil || !s.out.Terminated && !s.out.Truncated {
		return err
	}
	s.final.Copy(s.obs)
	s.episode++
	return s.env.Reset(env.EpisodeSeed(s.seed, s.episode), s.obs)
}

// TestResetInTheMiddle begins anew, with the episodes' numbers too.
func TestResetInTheMiddle(t *testing.T) {
	w := newWorld(t, options(t, "made:OfTuple", nil), 2, 1)
	var runs [2][]float32
	for i := range runs {
		if err := w.reset(9); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if err := w.step(); err != nil {
				t.Fatal(err)
			}
			runs[i] = append(runs[i], w.obs.F...)
		}
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Error("the same seeds give other episodes the second time")
	}
}

func mustBeNear(t *testing.T, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance) {
			t.Fatalf("%v, want %v: element %d differs by %v", got, want, i, d)
		}
	}
}

func TestSeed(t *testing.T) {
	for seed, want := range map[uint64]uint64{0: 0, 7: 7, 1<<31 - 1: 1<<31 - 1} {
		if got := Seed(seed); got != want {
			t.Errorf("Seed(%d) is %d, want %d", seed, got, want)
		}
	}
	seen := map[uint64]bool{}
	for i := range uint64(1000) {
		for _, seed := range []uint64{i << 31, i << 50, env.EpisodeSeed(3, i)} {
			s := Seed(seed)
			if s >= 1<<31 {
				t.Errorf("Seed(%d) is %d, more than an int takes", seed, s)
			}
			seen[s] = true
		}
	}
	if len(seen) < 2900 {
		t.Errorf("of 3000 seeds %d are left", len(seen))
	}
}

func TestStepWantsAReset(t *testing.T) {
	w := newWorld(t, options(t, "CartPole-v1", nil), 1, 1)
	if err := w.step(); !errors.Is(err, env.ErrResetNeeded) {
		t.Errorf("a step before a reset returns %v", err)
	}
	if err := w.reset(1); err != nil {
		t.Fatal(err)
	}
	w.actions[0] = 2
	mustSay(t, w.step(), "CartPole-v1", "action [2]")
	w.actions[0] = 1
	if err := w.step(); err != nil {
		t.Errorf("a good action after a bad one: %v", err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, piped := range transports() {
		o := options(t, "made:OfBytes", nil)
		o.Piped = piped
		w := newWorld(t, o, 4, 2)
		if err := w.reset(1); err != nil {
			t.Fatal(err)
		}
		var failed error
		if n := testing.AllocsPerRun(200, func() { failed = errors.Join(failed, w.step()) }); n != 0 || failed != nil {
			t.Errorf("piped %v: %v allocations a step, %v", piped, n, failed)
		}
	}
}

func TestRender(t *testing.T) {
	o := options(t, "made:OfBytes", nil)
	o.Render = true
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newSingle(e, 1)
	if err := errors.Join(s.step([]float32{0, 0}), s.step([]float32{0, 0})); err != nil {
		t.Fatal(err)
	}
	picture, err := e.Render(nil)
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 6 || size.Y != 4 || e.FrameRate() != 12 {
		t.Errorf("a picture of %v, %v a second", size, e.FrameRate())
	}
	if c := picture.RGBAAt(2, 1); c.R != 10 || c.G != 20 || c.B != 2 || c.A != 255 {
		t.Errorf("the point is %v", c)
	}
	again, err := e.Render(picture)
	if err != nil || again != picture {
		t.Errorf("the second picture is not drawn into the first: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

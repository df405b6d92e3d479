package policy

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/dist"
	"covey/env"
	"covey/nn"
	"covey/state"
)

func inf() float32 { return float32(math.Inf(1)) }

// build returns a policy over observations of two floats.
func build(t *testing.T, action env.Space, frame int) *Policy {
	t.Helper()
	d, err := Distribution(action)
	if err != nil {
		t.Fatal(err)
	}
	spec := env.Spec{Observation: env.NewBox([]float32{-inf(), -inf()}, []float32{inf(), inf()}), Action: action}
	net, err := nn.New(spec.Observation, nn.Config{Hidden: []int{8}, Activation: "tanh", Init: "orthogonal"},
		nn.Head{Name: "value", Width: 1, Gain: 1}, nn.Head{Name: "policy", Width: d().Params(), Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := &Policy{Spec: spec, Net: net, Column: 1, NewSampler: func() dist.Sampler { return d() }, Params: make([]float32, net.Size), Moments: NewMoments(frame, false)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	return p
}

func TestActStaysInTheSpace(t *testing.T) {
	for name, action := range map[string]env.Space{
		"discrete":       env.NewDiscrete(3),
		"multi-discrete": {Kind: env.MultiDiscrete, N: []int{2, 4}},
		"multi-binary":   {Kind: env.MultiBinary, N: []int{3}},
		"box":            env.NewBox([]float32{-2, 0}, []float32{2, 10}),
	} {
		t.Run(name, func(t *testing.T) {
			p := build(t, action, 0)
			a, rng := p.NewActor(5), rand.New(rand.NewPCG(2, 2))
			obs := env.Values{F: make([]float32, 10)}
			actions, again := make([]float32, 5*action.Size()), make([]float32, 5*action.Size())
			for range 200 {
				for i := range obs.F {
					obs.F[i] = float32(3 * rng.NormFloat64())
				}
				a.Act(actions, obs, rng)
				for i, x := range actions {
					switch j := i % action.Size(); {
					case action.Kind == env.Box && (x < action.Low[j] || x > action.High[j]):
						t.Fatalf("action %v in dimension %d", x, j)
					case action.Kind == env.MultiBinary && x != 0 && x != 1:
						t.Fatalf("bit %v", x)
					case (action.Kind == env.Discrete || action.Kind == env.MultiDiscrete) && (x < 0 || int(x) >= action.N[j] || x != float32(int(x))):
						t.Fatalf("choice %v of %d", x, action.N[j])
					}
				}
				a.Act(actions, obs, nil)
				a.Act(again, obs, nil)
				if !slices.Equal(actions, again) {
					t.Fatal("greedy actions differ for the same observation")
				}
			}
		})
	}
}

// TestBounds: [−1, 1] covers a bounded dimension, a half-bounded one is only cut off; the greatest number is no bound.
func TestBounds(t *testing.T) {
	b := NewBounds(env.NewBox([]float32{-2, 0, 1, -inf(), -math.MaxFloat32}, []float32{2, 10, inf(), inf(), math.MaxFloat32}))
	got := make([]float32, 10)
	b.Apply(got, []float32{0.5, 0, 0, -7, 3, -3, 1, 5, 7, -3})
	if want := []float32{1, 5, 1, -7, 3, -2, 10, 5, 7, -3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestBoundsInvert: what a policy chose within [−1, 1] is found again; a dimension without room has a middle only.
func TestBoundsInvert(t *testing.T) {
	b := NewBounds(env.NewBox([]float32{-2, 0, 1, -inf(), 3, -math.MaxFloat32}, []float32{2, 10, inf(), inf(), 3, math.MaxFloat32}))
	chosen := []float32{0.5, 0.25, 7, -7, 0, 5, -1, 1, 1, 0, 0, -5}
	got := make([]float32, len(chosen))
	b.Apply(got, chosen)
	b.Invert(got, got)
	if !slices.Equal(got, chosen) {
		t.Errorf("got %v, want %v", got, chosen)
	}
	discrete := NewBounds(env.NewDiscrete(4))
	if discrete.Invert(got, []float32{3}); got[0] != 3 {
		t.Errorf("index 3 became %v", got[0])
	}
}

// TestMomentsMerge: what two observers saw, merged, is what one observer of everything saw; and it is the
// mean and deviation of the data.
func TestMomentsMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	whole, parts := NewRunning(2), [3]Running{NewRunning(2), NewRunning(2), NewRunning(2)}
	var sum, square [2]float64
	const n = 900
	for i := range n {
		x := []float32{float32(rng.NormFloat64()*3 + 100), float32(rng.ExpFloat64())}
		whole.Observe(x)
		parts[(i/100)%2].Observe(x) // the third sees nothing
		for j, v := range x {
			sum[j] += float64(v)
			square[j] += float64(v) * float64(v)
		}
	}
	merged := NewRunning(2)
	for i := range parts {
		merged.Merge(&parts[i])
	}
	for j := range sum {
		mean := sum[j] / n
		deviation := math.Sqrt(square[j]/n - mean*mean)
		for name, r := range map[string]*Running{"one observer": &whole, "merged": &merged} {
			if r.Count != n || math.Abs(r.Mean[j]-mean) > 1e-9*math.Abs(mean) || math.Abs(r.Deviation(j)-deviation) > 1e-7*deviation {
				t.Errorf("%s: element %d has mean %v, deviation %v of %v; want %v, %v of %d", name, j, r.Mean[j], r.Deviation(j), r.Count, mean, deviation, n)
			}
		}
	}
}

func TestNormalize(t *testing.T) {
	m := NewMoments(1, true)
	for _, x := range []float32{1, 3} {
		m.Observation.Observe([]float32{x})
		m.Return.Observe([]float32{2 * x})
	}
	got := make([]float32, 3)
	m.Normalize(got, []float32{2, 4, 1e9})
	if got[0] != 0 || math.Abs(float64(got[1])-2) > 1e-6 || got[2] != 10 {
		t.Errorf("normalised to %v, want [0 2 10]", got)
	}
	rewards := make([]float32, 4)
	m.NormalizeRewards(rewards, []float32{3, -8, 21, -1e9})
	if want := []float32{1.5, -4, 10, -10}; math.Abs(float64(rewards[0]-want[0])) > 1e-6 || math.Abs(float64(rewards[1]-want[1])) > 1e-6 ||
		!slices.Equal(rewards[2:], want[2:]) {
		t.Errorf("rewards are normalised to %v, want %v", rewards, want)
	}
	fresh, none := NewMoments(1, true), NewMoments(0, false)
	if fresh.NormalizeRewards(rewards[:1], []float32{16}); rewards[0] != 16 {
		t.Errorf("before any was seen, a reward of 16 is normalised to %v", rewards[0])
	}
	if none.NormalizeRewards(rewards[:1], []float32{1e9}); none.NormalizesObservations() || rewards[0] != 1e9 {
		t.Error("moments of nothing normalise")
	}
}

// TestTheFirstRewardIsBounded, which comes after many that were 0.
func TestTheFirstRewardIsBounded(t *testing.T) {
	m := NewMoments(0, true)
	for range 1000 {
		m.Return.Observe([]float32{0})
	}
	got := make([]float32, 2)
	if m.NormalizeRewards(got, []float32{1, -1}); got[0] != 10 || got[1] != -10 {
		t.Errorf("rewards of ±1 after a thousand of 0 are normalised to %v, want [10 -10]", got)
	}
}

// TestSavedPolicyActsAlike: parameters and normaliser are all there is to a policy.
func TestSavedPolicyActsAlike(t *testing.T) {
	a, b := build(t, env.NewDiscrete(4), 2), build(t, env.NewDiscrete(4), 2)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range a.Params {
		a.Params[i] = float32(rng.NormFloat64())
	}
	for range 10 {
		a.Moments.Observation.Observe([]float32{float32(rng.NormFloat64()) + 4, float32(rng.NormFloat64()) * 9})
	}
	tree, err := state.Save(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Load(b, tree); err != nil {
		t.Fatal(err)
	}
	actions := [3][]float32{make([]float32, 20), make([]float32, 20), make([]float32, 20)}
	obs := env.Values{F: make([]float32, 40)}
	for i := range obs.F {
		obs.F[i] = float32(rng.NormFloat64() * 5)
	}
	for i, p := range []*Policy{a, b, a.Clone()} {
		p.NewActor(20).Act(actions[i], obs, rand.New(rand.NewPCG(5, 5)))
	}
	if !slices.Equal(actions[0], actions[1]) || !slices.Equal(actions[0], actions[2]) {
		t.Error("the loaded or cloned policy acts differently")
	}
}

func TestActAllocatesNothing(t *testing.T) {
	p := build(t, env.NewBox([]float32{-1}, []float32{1}), 2)
	a, rng, actions, obs := p.NewActor(4), rand.New(rand.NewPCG(1, 1)), make([]float32, 4), env.Values{F: make([]float32, 8)}
	if n := testing.AllocsPerRun(20, func() { a.Act(actions, obs, rng); a.Act(actions, obs, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestActorRemembers: rows of a recurrent policy are episodes that Begin starts and Move carries elsewhere.
func TestActorRemembers(t *testing.T) {
	spec := env.Spec{Observation: env.NewBox([]float32{-inf()}, []float32{inf()}), Action: env.NewBox([]float32{-inf()}, []float32{inf()})}
	d, err := Distribution(spec.Action)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(spec.Observation, nn.Config{LSTM: 6, Activation: "tanh", Init: "fan_in"}, nn.Head{Name: "policy", Width: 2, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := &Policy{Spec: spec, Net: net, NewSampler: func() dist.Sampler { return d() }, Params: make([]float32, net.Size)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	say := func(a *Actor, obs ...float32) []float32 {
		actions := make([]float32, len(obs))
		a.Act(actions, env.Values{F: obs}, nil)
		return actions
	}
	a := p.NewActor(3)
	first := say(a, 1, 2, 3)
	second := say(a, 1, 2, 3)
	if slices.Equal(first, second) {
		t.Fatal("the same observation twice gave the same actions: nothing is remembered")
	}
	a.Begin(0)
	a.Move(1, 2)
	third := say(a, 1, 3)
	if third[0] != first[0] {
		t.Errorf("after Begin, the action is %v, want that of a start, %v", third[0], first[0])
	}
	fresh := p.NewActor(1)
	say(fresh, 3)
	say(fresh, 3)
	if want := say(fresh, 3)[0]; third[1] != want {
		t.Errorf("after Move, the action is %v, want %v", third[1], want)
	}
}

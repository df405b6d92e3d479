package classic

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
	"covey/state"
)

func TestSuite(t *testing.T) {
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) {
			envtest.Run(t, func() env.Environment { return mustNew(t, id) }, envtest.Native)
		})
	}
}

func mustNew(t testing.TB, id string) env.Environment {
	e, err := New(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewUnknown(t *testing.T) {
	for _, c := range []struct{ id, want string }{
		{"CartPole-v2", `"CartPole-v0"`},
		{"acrobot", `"Acrobot-v1"`},
		{"MountainCarContinous-v0", `"MountainCarContinuous-v0"`},
		{"HalfCheetah-v5", strings.Join(IDs(), ", ")},
	} {
		if _, err := New(c.id); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q) returns error %v, want one with %s", c.id, err, c.want)
		}
	}
}

// TestSpecs holds what Gymnasium's registry says.
func TestSpecs(t *testing.T) {
	want := map[string]struct {
		steps     int
		threshold float64 // NaN: none
		obs       int
		action    string
	}{
		"CartPole-v0":              {200, 195, 4, "Discrete [2] [] []"},
		"CartPole-v1":              {500, 475, 4, "Discrete [2] [] []"},
		"Acrobot-v1":               {500, -100, 6, "Discrete [3] [] []"},
		"MountainCar-v0":           {200, -110, 2, "Discrete [3] [] []"},
		"MountainCarContinuous-v0": {999, 90, 2, "Box [] [-1] [1]"},
		"Pendulum-v1":              {200, math.NaN(), 3, "Box [] [-2] [2]"},
	}
	for _, id := range IDs() {
		spec, want := mustNew(t, id).Spec(), want[id]
		threshold := math.NaN()
		if spec.RewardThreshold != nil {
			threshold = *spec.RewardThreshold
		}
		a := spec.Action
		action := fmt.Sprint(a.Kind, a.N, a.Low, a.High)
		if spec.ID != id || spec.MaxSteps != want.steps || fmt.Sprint(threshold) != fmt.Sprint(want.threshold) ||
			spec.Observation.Size() != want.obs || action != want.action {
			t.Errorf("%s: %+v (threshold %v), want %+v", id, spec, threshold, want)
		}
	}
}

// TestStarts compares the distribution of each initial state's variables with Gymnasium's: uniform
// between these bounds, or always the one value.
func TestStarts(t *testing.T) {
	const n = 4000
	within := func(name string, low, high float64) map[string][2]float64 {
		bounds := map[string][2]float64{}
		for _, v := range strings.Fields(name) {
			bounds[v] = [2]float64{low, high}
		}
		return bounds
	}
	cartPole := within("x x_dot theta theta_dot", -0.05, 0.05)
	car := map[string][2]float64{"position": {-0.6, -0.4}, "velocity": {0, 0}}
	starts := map[string]map[string][2]float64{
		"CartPole-v0":              cartPole,
		"CartPole-v1":              cartPole,
		"Acrobot-v1":               within("theta1 theta2 theta1_dot theta2_dot", -0.1, 0.1),
		"MountainCar-v0":           car,
		"MountainCarContinuous-v0": car,
		"Pendulum-v1":              {"theta": {-math.Pi, math.Pi}, "theta_dot": {-1, 1}},
	}
	for _, id := range IDs() {
		e := mustNew(t, id)
		obs := env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
		sum, squares := map[string]float64{}, map[string]float64{}
		for seed := range uint64(n) {
			if err := e.Reset(seed, obs); err != nil {
				t.Fatal(err)
			}
			tree, err := state.Save(e.(state.Stateful))
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range tree {
				name := strings.TrimPrefix(entry.Name, "env/")
				bounds, ok := starts[id][name]
				if !ok {
					continue
				}
				if x := entry.Float64; x < bounds[0]-1e-8 || x > bounds[1]+1e-8 {
					t.Fatalf("%s, seed %d: %s is %v, outside %v", id, seed, name, x, bounds)
				}
				sum[name] += entry.Float64
				squares[name] += entry.Float64 * entry.Float64
			}
		}
		if len(sum) != len(starts[id]) {
			t.Errorf("%s: seen %v", id, sum)
		}
		for name, bounds := range starts[id] {
			mean, width := sum[name]/n, bounds[1]-bounds[0]
			deviation := math.Sqrt(max(0, squares[name]/n-mean*mean))
			// 5 standard errors of the mean, and of a uniform distribution's deviation
			if math.Abs(mean-(bounds[0]+bounds[1])/2) > 5*width/math.Sqrt(12*n) || math.Abs(deviation-width/math.Sqrt(12)) > 0.02*width+1e-8 {
				t.Errorf("%s: %s has mean %v and deviation %v over %v", id, name, mean, deviation, bounds)
			}
		}
	}
}

// TestEpisodesStay: the same seeds give the same episodes as when these numbers were written down, on
// every architecture.
func TestEpisodesStay(t *testing.T) {
	want := map[string]uint64{
		"CartPole-v0":              0xb6d2db5d98247ee1,
		"CartPole-v1":              0xb6d2db5d98247ee1,
		"Acrobot-v1":               0x9c7f8fffe17b51e1,
		"MountainCar-v0":           0x2163925f7fb650e5,
		"MountainCarContinuous-v0": 0x5f22c0ac4821f1bd,
		"Pendulum-v1":              0xdd431c035a74bf49,
	}
	for _, id := range IDs() {
		if got := episodes(t, mustNew(t, id)); got != want[id] {
			t.Errorf("%q: %#x, want %#x", id, got, want[id])
		}
	}
}

// episodes hashes three episodes under random actions.
func episodes(t *testing.T, e env.Environment) uint64 {
	spec, hash := e.Spec(), fnv.New64a()
	obs, action := env.MakeValues(spec.Observation, spec.Observation.Size()), make([]float32, 1)
	add := func(data any) {
		if err := binary.Write(hash, binary.LittleEndian, data); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(3) {
		if err := e.Reset(seed, obs); err != nil {
			t.Fatal(err)
		}
		add(obs.F)
		rng := rand.New(rand.NewPCG(seed, 0))
		for out := (env.Outcome{}); !out.Terminated && !out.Truncated; {
			spec.Action.Sample(action, rng)
			var err error
			if out, err = e.Step(action, obs); err != nil {
				t.Fatal(err)
			}
			add(obs.F)
			add(out)
		}
	}
	return hash.Sum64()
}

// TestCartPoleBalanced: a hand-written controller balances the pole till the limit, where the episode is
// truncated, not terminated.
func TestCartPoleBalanced(t *testing.T) {
	e := mustNew(t, "CartPole-v1")
	obs := env.MakeValues(e.Spec().Observation, 4)
	if err := e.Reset(1, obs); err != nil {
		t.Fatal(err)
	}
	for step := 1; ; step++ {
		action := []float32{0}
		if o := obs.F; 0.1*o[0]+0.3*o[1]+2*o[2]+o[3] > 0 {
			action[0] = 1
		}
		out, err := e.Step(action, obs)
		if err != nil {
			t.Fatal(err)
		}
		if out.Terminated || out.Truncated != (step == 500) {
			t.Fatalf("step %d: %+v", step, out)
		}
		if out.Truncated {
			return
		}
	}
}

func TestInvalidActionsAreNamed(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		id     string
		action []float32
		want   string
	}{
		{"CartPole-v1", []float32{2}, "CartPole-v1: action [2] is none of 0 to 1"},
		{"CartPole-v1", []float32{-1}, "CartPole-v1: action [-1] is none of 0 to 1"},
		{"CartPole-v1", []float32{0.5}, "CartPole-v1: action [0.5] is none of 0 to 1"},
		{"MountainCar-v0", []float32{nan}, "MountainCar-v0: action [NaN] is none of 0 to 2"},
		{"Acrobot-v1", []float32{1, 1}, "Acrobot-v1: action [1 1] is none of 0 to 2"},
		{"Acrobot-v1", nil, "Acrobot-v1: action [] is none of 0 to 2"},
		{"Pendulum-v1", []float32{nan}, "Pendulum-v1: action [NaN] is not one number"},
		{"MountainCarContinuous-v0", []float32{1, 2}, "MountainCarContinuous-v0: action [1 2] is not one number"},
	} {
		e := mustNew(t, c.id)
		obs := env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
		if err := e.Reset(1, obs); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Step(c.action, obs); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestImpossibleStates: a state that no episode comes to is not loaded in silence.
func TestImpossibleStates(t *testing.T) {
	for _, c := range []struct {
		id, entry string
		change    func(*state.Entry)
	}{
		{"CartPole-v1", "env/theta", func(e *state.Entry) { e.Float64 = math.NaN() }},
		{"Acrobot-v1", "env/theta1_dot", func(e *state.Entry) { e.Float64 = math.Inf(1) }},
		{"Pendulum-v1", "env/running", func(e *state.Entry) { e.Uint64 = 2 }},
		{"MountainCarContinuous-v0", "env/single", func(e *state.Entry) { e.Uint64 = 3 }},
		{"MountainCar-v0", "elapsed", func(e *state.Entry) { e.Uint64 = 201 }},
	} {
		s := mustNew(t, c.id).(state.Stateful)
		tree, err := state.Save(s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tree {
			if tree[i].Name == c.entry {
				c.change(&tree[i])
			}
		}
		name := c.entry[strings.LastIndex(c.entry, "/")+1:]
		if err := state.Load(s, tree); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s with an impossible %s: error %v", c.id, c.entry, err)
		}
	}
}

func TestWrongFrame(t *testing.T) {
	for _, id := range IDs() {
		e := mustNew(t, id)
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), id+": observation of 1 floats and 0 bytes; want ") {
					t.Errorf("%s: an observation of the wrong length: panic %v", id, p)
				}
			}()
			_ = e.Reset(1, env.Values{F: make([]float32, 1)})
		}()
	}
}

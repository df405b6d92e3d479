package optim

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"covey/state"
)

// golden is what testdata/golden.py had PyTorch compute in float64.
type golden struct {
	Start     []float32   // [n]
	Gradients [][]float32 // [steps, n]
	Rates     []float32   // [steps]
	Steps     []struct {
		Name   string
		Config Config
		Params [][]float64 // [steps, n], after each step
	}
	Clips []struct {
		Gradient []float32
		Limit    float32
		Norm     float64
		Clipped  []float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Steps) != 6 || len(g.Clips) != 3 {
		t.Fatalf("%d optimisers and %d clips, want 6 and 3", len(g.Steps), len(g.Clips))
	}
	return g
}

// TestGoldenSteps compares every step with PyTorch. A parameter of about 1 is rounded to 6e-8 at each step.
// Beyond that, how far it has moved is right to 1e-5: the moments are float32, and so are 1−β₂ and
// its like, which are right to 2e-5 and enter under a root.
func TestGoldenSteps(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Steps {
		t.Run(c.Name, func(t *testing.T) {
			o, err := New(c.Config, len(g.Start))
			if err != nil {
				t.Fatal(err)
			}
			params := append([]float32(nil), g.Start...)
			path := make([]float64, len(params)) // Σ |change|
			before := g.Start
			var worst float64
			for step, want := range c.Params {
				o.Step(params, g.Gradients[step], g.Rates[step])
				for i, p := range params {
					from := float64(g.Start[i])
					if step > 0 {
						from = c.Params[step-1][i]
					}
					path[i] += math.Abs(want[i] - from)
					difference := math.Abs(float64(p) - want[i])
					allowed := 1e-5*path[i] + 6e-8*float64(step+1)*max(1, math.Abs(want[i]))
					worst = max(worst, difference/allowed)
					if !(difference <= allowed) {
						t.Errorf("step %d: parameter %d is %v, PyTorch's %v (moved %.2g, off by %.2g)", step+1, i, p, want[i], path[i], difference)
					}
				}
			}
			if params[0] == before[0] {
				t.Error("parameter 0 has not moved")
			}
			t.Logf("largest difference: %.2f of what is allowed", worst)
		})
	}
}

// TestGoldenClips compares with clip_grad_norm_, which divides by the norm + 1e-6: a relative
// difference of 1e-6/norm, below 1e-6 here, beside the rounding of float32.
func TestGoldenClips(t *testing.T) {
	for i, c := range readGolden(t).Clips {
		norm := ClipNorm(c.Gradient, c.Limit)
		if math.Abs(float64(norm)-c.Norm) > 1e-6*c.Norm {
			t.Errorf("clip %d: norm %v, PyTorch's %v", i, norm, c.Norm)
		}
		for j, d := range c.Gradient {
			if math.Abs(float64(d)-c.Clipped[j]) > 1e-6*math.Abs(c.Clipped[j]) {
				t.Errorf("clip %d: element %d is %v, PyTorch's %v", i, j, d, c.Clipped[j])
			}
		}
	}
}

func TestClipNorm(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		grad  []float32
		limit float32
		norm  float32
		want  []float32
	}{
		{[]float32{3, 4}, 1, 5, []float32{0.6, 0.8}},
		{[]float32{3, 4}, 5, 5, []float32{3, 4}},
		{[]float32{3, 4}, 0, 5, []float32{3, 4}},
		{[]float32{0, 0}, 1, 0, []float32{0, 0}},
		{nil, 1, 0, nil},
		{[]float32{3, inf}, 1, inf, []float32{3, inf}},
		{[]float32{3, nan}, 1, nan, []float32{3, nan}},
	} {
		grad := append([]float32(nil), c.grad...)
		norm := ClipNorm(grad, c.limit)
		if fmt.Sprint(norm) != fmt.Sprint(c.norm) || fmt.Sprint(grad) != fmt.Sprint(c.want) {
			t.Errorf("ClipNorm(%v, %v): norm %v and %v, want %v and %v", c.grad, c.limit, norm, grad, c.norm, c.want)
		}
	}
}

// configs are one of each kind and form.
func configs() map[string]Config {
	configs := map[string]Config{}
	for _, kind := range []string{KindSGD, KindAdam, KindRMSProp} {
		c := DefaultConfig()
		c.Kind = kind
		configs[kind] = c
	}
	c := configs[KindSGD]
	c.Momentum = 0.9
	configs["sgd with momentum"] = c
	c = configs[KindRMSProp]
	c.EpsilonInside = false
	configs["rmsprop outside"] = c
	return configs
}

// gradient fills grad with what f(x) = Σ ½ i x_i² has at params.
func gradient(grad, params []float32) {
	for i, x := range params {
		grad[i] = float32(i+1) * x
	}
}

func TestEveryKindDescends(t *testing.T) {
	for name, c := range configs() {
		o, err := New(c, 5)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		params, grad := []float32{1, -1, 1, -1, 1}, make([]float32, 5)
		for step := range uint64(500) {
			gradient(grad, params)
			o.Step(params, grad, 0.02*Linear.At(step, 500))
		}
		for i, x := range params {
			if math.Abs(float64(x)) > 0.05 {
				t.Errorf("%s: parameter %d stands at %v after 500 steps, want 0", name, i, x)
			}
		}
	}
}

// An optimiser that was saved and loaded goes on with the same bits as one that was not.
func TestStateContinues(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			params, grad := make([]float32, 40), make([]float32, 40)
			step := func(o Optimizer, params []float32) { o.Step(params, grad, 0.01) }
			draw := func() {
				for i := range grad {
					grad[i] = float32(rng.NormFloat64())
				}
			}
			first, _ := New(c, 40)
			for range 7 {
				draw()
				step(first, params)
			}
			tree, err := state.Save(first)
			if err != nil {
				t.Fatal(err)
			}
			second, _ := New(c, 40)
			if err := state.Load(second, tree); err != nil {
				t.Fatal(err)
			}
			resumed := append([]float32(nil), params...)
			for range 7 {
				draw()
				step(first, params)
				step(second, resumed)
			}
			for i := range params {
				if params[i] != resumed[i] {
					t.Fatalf("parameter %d: %v, resumed %v", i, params[i], resumed[i])
				}
			}
			if c.Kind == KindSGD && c.Momentum == 0 {
				return
			}
			other, _ := New(c, 41)
			if err := state.Load(other, tree); err == nil {
				t.Error("the state of 40 parameters was loaded into 41")
			}
		})
	}
}

func TestAdamRefusesImpossibleState(t *testing.T) {
	o := newAdam(DefaultConfig(), 1)
	o.Step([]float32{0}, []float32{1}, 1)
	tree, err := state.Save(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tree {
		if tree[i].Name == "power2" {
			tree[i].Float64 = math.NaN()
		}
	}
	if err := state.Load(newAdam(DefaultConfig(), 1), tree); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a power of NaN was loaded: %v", err)
	}
}

// β^t underflows to 0 in a long run, and the corrections stay what they must be: 1.
func TestAdamAfterManySteps(t *testing.T) {
	c := DefaultConfig()
	c.Beta1, c.Beta2 = 0.5, 0.5
	o := newAdam(c, 1)
	params := []float32{0}
	for range 1200 {
		o.Step(params, []float32{1}, 1)
	}
	if o.power1 != 0 {
		t.Fatalf("β₁^1200 is %v, want an underflow to 0", o.power1)
	}
	before := params[0]
	o.Step(params, []float32{1}, 1)
	if moved := before - params[0]; math.Abs(float64(moved)-1) > 1e-3 {
		t.Errorf("a step of a constant gradient moves %v, want lr = 1", moved)
	}
	if _, err := state.Save(o); err != nil {
		t.Errorf("saving after an underflow: %v", err)
	}
}

func TestConfigErrorsNameKeyAndValue(t *testing.T) {
	nan := float32(math.NaN())
	for want, change := range map[string]func(*Config){
		`kind is "adamw"`:  func(c *Config) { c.Kind = "adamw" },
		`kind is ""`:       func(c *Config) { *c = Config{} },
		"beta1 is 1":       func(c *Config) { c.Beta1 = 1 },
		"beta2 is -0.1":    func(c *Config) { c.Beta2 = -0.1 },
		"beta2 is NaN":     func(c *Config) { c.Beta2 = nan },
		"epsilon is 0":     func(c *Config) { c.Epsilon = 0 },
		"epsilon is NaN":   func(c *Config) { c.Kind, c.Epsilon = KindRMSProp, nan },
		"decay is 1.5":     func(c *Config) { c.Kind, c.Decay = KindRMSProp, 1.5 },
		"momentum is -1":   func(c *Config) { c.Kind, c.Momentum = KindSGD, -1 },
		"momentum is 0.9,": func(c *Config) { c.Momentum = 0.9 },
	} {
		c := DefaultConfig()
		change(&c)
		if _, err := New(c, 1); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want one that begins with %q", err, want)
		}
	}
	if _, err := New(DefaultConfig(), 1); err != nil {
		t.Errorf("DefaultConfig is refused: %v", err)
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		schedule    Schedule
		step, total uint64
		want        float32
	}{
		{Constant, 0, 100, 1}, {Constant, 100, 100, 1}, {Constant, 1000, 100, 1},
		{Linear, 0, 100, 1}, {Linear, 25, 100, 0.75}, {Linear, 99, 100, 0.01}, {Linear, 100, 100, 0}, {Linear, 101, 100, 0}, {Linear, 1000, 100, 0},
		{Linear, 1000, 0, 1}, // no planned end
		{Linear, 1 << 62, 1 << 63, 0.5},
	} {
		if got := c.schedule.At(c.step, c.total); got != c.want {
			t.Errorf("%s.At(%d, %d) = %v, want %v", c.schedule, c.step, c.total, got, c.want)
		}
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	for name, c := range configs() {
		o, _ := New(c, 3)
		for _, n := range [][2]int{{2, 3}, {3, 4}} {
			func() {
				defer func() {
					want := fmt.Sprintf("3 parameters stepped with %d parameters and %d gradients", n[0], n[1])
					if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
						t.Errorf("%s: panic %q, want %q in it", name, got, want)
					}
				}()
				o.Step(make([]float32, n[0]), make([]float32, n[1]), 1)
			}()
		}
	}
}

func TestNoAllocations(t *testing.T) {
	params, grad := make([]float32, 1000), make([]float32, 1000)
	for name, c := range configs() {
		o, _ := New(c, 1000)
		if n := testing.AllocsPerRun(20, func() {
			ClipNorm(grad, 0.5)
			o.Step(params, grad, 1e-3)
		}); n != 0 {
			t.Errorf("%s: %v allocations a step, want none", name, n)
		}
	}
}

// 17,539 parameters are CartPole's 4-128-128-{2,1}.
func BenchmarkStep(b *testing.B) {
	const n = 17_539
	for name, c := range configs() {
		b.Run(name, func(b *testing.B) {
			o, _ := New(c, n)
			params, grad := make([]float32, n), make([]float32, n)
			for i := range grad {
				grad[i] = float32(i%7) - 3
			}
			b.ReportAllocs()
			for b.Loop() {
				o.Step(params, grad, 1e-5)
			}
		})
	}
}

func BenchmarkClipNorm(b *testing.B) {
	grad := make([]float32, 17_539)
	for i := range grad {
		grad[i] = 1e-9 // never clipped, so every turn does the same
	}
	for b.Loop() {
		ClipNorm(grad, 0.5)
	}
}

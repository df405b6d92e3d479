package offpolicy

import (
	"math"
	"math/rand/v2"
	"testing"

	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/replay"
)

func newTestCritics(t *testing.T, n int, optimizer string) (*Critics, *Config) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Batch, cfg.Network, cfg.Optimizer.Kind = 9, nn.Config{Hidden: []int{12, 10}, Activation: "tanh", Init: "glorot"}, optimizer
	spec := env.Spec{Observation: unbounded(3), Action: unbounded(2)}
	c, err := NewCritics(spec, &cfg, n, &Pair{}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return c, &cfg
}

func normals(n int, rng *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// value is Q of critic i, one row at a time.
func value(c *Critics, i int, params, row []float32) float64 {
	out := make([]float32, 1)
	c.Models[i].Net.NewPass(1).Step(params, out, nil, env.Values{F: row}, 0, 1)
	return float64(out[0])
}

// TestTarget holds y against its equation, with one critic and with two, with and without penalties.
func TestTarget(t *testing.T) {
	for _, n := range []int{1, 2} {
		c, cfg := newTestCritics(t, n, "sgd")
		rng := rand.New(rand.NewPCG(4, 4))
		for i := range c.Models {
			copy(c.Models[i].Target, normals(len(c.Models[i].Target), rng))
		}
		batch := replay.NewBatch(env.Spec{Observation: unbounded(3), Action: unbounded(2)}, cfg.Batch)
		copy(batch.Rewards, normals(cfg.Batch, rng))
		for i := range batch.Discounts {
			batch.Discounts[i] = 0.9 * float32(i%2) // every other one terminated
		}
		next, penalties := normals(5*cfg.Batch, rng), normals(cfg.Batch, rng)
		for _, p := range [][]float32{nil, penalties} {
			c.Target(batch, next, p)
			for r := range cfg.Batch {
				q := math.Inf(1)
				for i := range c.Models {
					q = min(q, value(c, i, c.Models[i].Target, next[5*r:5*r+5]))
				}
				if p != nil {
					q -= float64(p[r])
				}
				want := float64(batch.Rewards[r]) + float64(batch.Discounts[r])*q
				if math.Abs(float64(c.Targets[r])-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%d critics, row %d: y = %v, want %v", n, r, c.Targets[r], want)
				}
			}
		}
	}
}

// TestRegressFollowsItsGradient: the step by plain gradient descent is minus the rate times the derivative of
// mean ½(Q − y)², by central differences, and the loss is that one.
func TestRegressFollowsItsGradient(t *testing.T) {
	const rate, h = 0.1, 2e-3
	c, cfg := newTestCritics(t, 2, "sgd")
	rng := rand.New(rand.NewPCG(5, 5))
	copy(c.Targets, normals(cfg.Batch, rng))
	input := normals(5*cfg.Batch, rng)
	loss := func(i int, params []float32) (sum float64) {
		for r := range cfg.Batch {
			d := value(c, i, params, input[5*r:5*r+5]) - float64(c.Targets[r])
			sum += d * d / 2 / float64(cfg.Batch)
		}
		return sum
	}
	before := [2][]float32{append([]float32(nil), c.Models[0].Params...), append([]float32(nil), c.Models[1].Params...)}
	target := append([]float32(nil), c.Models[0].Target...)
	mean := (loss(0, before[0]) + loss(1, before[1])) / 2
	c.Regress(input, rate, 0.25)
	if math.Abs(c.Loss-mean) > 1e-5*mean {
		t.Errorf("loss %v, want %v", c.Loss, mean)
	}
	for i, m := range c.Models {
		for j := 0; j < len(m.Params); j += 7 {
			p := before[i][j]
			before[i][j] = p + h
			above := loss(i, before[i])
			before[i][j] = p - h
			below := loss(i, before[i])
			before[i][j] = p
			slope := (above - below) / (2 * h)
			if got := float64(p-m.Params[j]) / rate; math.Abs(got-slope) > 3e-4 {
				t.Errorf("critic %d, parameter %d: gradient %v, slope %v", i, j, got, slope)
			}
		}
	}
	for j, p := range c.Models[0].Params {
		if want := target[j] + 0.25*(p-target[j]); abs(c.Models[0].Target[j]-want) > 1e-6 {
			t.Fatalf("target network %d is %v, want %v", j, c.Models[0].Target[j], want)
		}
	}
}

// TestAscendIsTheSlopeOfTheSmallerValue holds ∂/∂a of −mean min Q against central differences.
func TestAscendIsTheSlopeOfTheSmallerValue(t *testing.T) {
	const h = 2e-3
	for _, k := range []int{1, 2} {
		c, cfg := newTestCritics(t, 2, "sgd")
		rng := rand.New(rand.NewPCG(6, 6))
		input, dactions := normals(5*cfg.Batch, rng), make([]float32, 2*cfg.Batch)
		loss := func() (sum float64) {
			for r := range cfg.Batch {
				q := value(c, 0, c.Models[0].Params, input[5*r:5*r+5])
				if k == 2 {
					q = min(q, value(c, 1, c.Models[1].Params, input[5*r:5*r+5]))
				}
				sum -= q / float64(cfg.Batch)
			}
			return sum
		}
		if got, want := c.Ascend(dactions, input, k), loss(); math.Abs(got-want) > 1e-5 {
			t.Errorf("%d critics: loss %v, want %v", k, got, want)
		}
		for i, d := range dactions {
			at := i/2*5 + 3 + i%2
			x := input[at]
			input[at] = x + h
			above := loss()
			input[at] = x - h
			below := loss()
			input[at] = x
			if slope := (above - below) / (2 * h); math.Abs(float64(d)-slope) > 3e-4 {
				t.Errorf("%d critics, action %d: gradient %v, slope %v", k, i, d, slope)
			}
		}
	}
}

func TestHalfSquare(t *testing.T) {
	values, targets, d := []float32{1, 2, -3, 0.5}, []float32{1.5, 0, 1, 0.5}, make([]float32, 4)
	if loss := HalfSquare(d, values, targets, false); math.Abs(loss-(0.125+2+8)/4) > 1e-12 || d[0] != -0.125 || d[1] != 0.5 || d[2] != -1 || d[3] != 0 {
		t.Errorf("loss %v, gradient %v", loss, d)
	}
	if loss := HalfSquare(d, values, targets, true); math.Abs(loss-(0.125+1.5+3.5)/4) > 1e-12 || d[0] != -0.125 || d[1] != 0.25 || d[2] != -0.25 || d[3] != 0 {
		t.Errorf("Huber loss %v, gradient %v", loss, d)
	}
}

// TestClipNorm: a model's step is taken along the clipped gradient.
func TestClipNorm(t *testing.T) {
	cfg := DefaultConfig()
	cfg.ClipNorm, cfg.Optimizer.Kind, cfg.Network.Hidden = 0.1, "sgd", []int{5}
	cfg.Batch = 1
	net, err := nn.New(unbounded(2), cfg.Network, nn.Head{Name: "q", Width: 1, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModel(net, &cfg, false, nil, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	before := append([]float32(nil), m.Params...)
	m.Forward(make([]float32, 1), env.Values{F: []float32{3, 4}}, 1)
	m.Backward([]float32{7}, 1)
	m.Step(1)
	kernel.Axpy(before, -1, m.Params)
	if norm := math.Sqrt(kernel.SumSquares(before)); math.Abs(norm-0.1) > 1e-6 || m.Norm < 0.2 {
		t.Errorf("a gradient of norm %v made a step of %v, want 0.1", m.Norm, norm)
	}
}

package dist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/internal/kernel"
)

// TestNoise: unit variance from the first number on, and the correlation that was asked for.
func TestNoise(t *testing.T) {
	const streams, draws = 3, 40_000
	for _, rho := range []float32{0, 0.9} {
		n, rng := NewNoise(streams, 2, rho), rand.New(rand.NewPCG(1, 1))
		starts := []bool{true, true, true}
		var square, product float64
		var before []float32
		for range draws {
			x := n.Next(starts, rng)
			clear(starts)
			for i := range before {
				square += float64(x[i]) * float64(x[i])
				product += float64(x[i]) * float64(before[i])
			}
			before = append(before[:0], x...)
		}
		const count = (draws - 1) * streams * 2
		if variance := square / count; variance < 0.95 || variance > 1.05 {
			t.Errorf("rho %v: variance %v", rho, variance)
		}
		if r := product / square; math.Abs(r-float64(rho)) > 0.02 {
			t.Errorf("rho %v: correlation %v", rho, r)
		}
	}
	// an episode's start forgets
	n, rng := NewNoise(2, 1, 0.999), rand.New(rand.NewPCG(2, 2))
	n.Next([]bool{true, true}, rng)
	var moved, restarted float64
	for range 1000 {
		before := slices.Clone(n.x)
		n.Next([]bool{false, true}, rng)
		moved += math.Abs(float64(n.x[0] - before[0]))
		restarted += math.Abs(float64(n.x[1] - before[1]))
	}
	if !(restarted > 10*moved) {
		t.Errorf("a stream moved by %v in 1000 steps, one that starts each time by %v", moved, restarted)
	}
}

// TestTransformOfWhiteNoise: with noise that remembers nothing, a Gaussian's actions are those that it would have sampled
// itself.
func TestTransformOfWhiteNoise(t *testing.T) {
	const rows, n = 5, 3
	rng := rand.New(rand.NewPCG(4, 4))
	params := make([]float32, rows*2*n)
	for i := range params {
		params[i] = float32(rng.NormFloat64())
	}
	m, d := kernel.Matrix(params, rows, 2*n), NewGaussian(n)
	sampled, made := make([]float32, rows*n), make([]float32, rows*n)
	d.Sample(sampled, nil, m, rand.New(rand.NewPCG(5, 5)))
	d.Transform(made, m, NewNoise(rows, n, 0).Next(make([]bool, rows), rand.New(rand.NewPCG(5, 5))))
	if !slices.Equal(made, sampled) {
		t.Errorf("made %v, sampled %v", made, sampled)
	}
}

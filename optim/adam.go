package optim

import (
	"fmt"
	"math"

	"covey/internal/kernel"
	"covey/state"
)

// adam is Kingma & Ba 2014 (arXiv:1412.6980, algorithm 1):
//
//	m ← β₁ m + (1−β₁) g     m̂ = m/(1−β₁ᵗ)
//	v ← β₂ v + (1−β₂) g²    v̂ = v/(1−β₂ᵗ)    θ ← θ − lr m̂/(√v̂ + ε)
type adam struct {
	beta1, beta2, epsilon float32

	mean, square []float32 // m, v: [n]
	steps        uint64    // t
	// β₁ᵗ and β₂ᵗ, as running products: the same bits on every machine, which math.Pow does not promise.
	power1, power2 float64
}

func newAdam(cfg Config, n int) *adam {
	return &adam{
		beta1: cfg.Beta1, beta2: cfg.Beta2, epsilon: cfg.Epsilon,
		mean: make([]float32, n), square: make([]float32, n),
		power1: 1, power2: 1,
	}
}

func (o *adam) Step(params, grad []float32, lr float32) {
	checkLengths(KindAdam, len(o.mean), len(params), len(grad))
	o.steps++
	o.power1 *= float64(o.beta1)
	o.power2 *= float64(o.beta2)
	kernel.Adam(params, grad, o.mean, o.square, kernel.AdamStep{
		Beta1: o.beta1, Beta2: o.beta2, Epsilon: o.epsilon,
		Rate:        float32(float64(lr) / (1 - o.power1)),
		Correction2: float32(1 / math.Sqrt(1-o.power2)),
	})
}

func (o *adam) State(w state.Walker) error {
	w.Floats("mean", o.mean)
	w.Floats("square", o.square)
	w.Uint64("steps", &o.steps)
	w.Float64("power1", &o.power1)
	w.Float64("power2", &o.power2)
	for _, power := range []float64{o.power1, o.power2} {
		if !(power >= 0 && power <= 1) || (power == 1) != (o.steps == 0) {
			return fmt.Errorf("adam after %d steps: powers of beta %v and %v cannot be", o.steps, o.power1, o.power2)
		}
	}
	return nil
}

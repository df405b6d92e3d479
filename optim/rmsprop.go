package optim

import (
	"covey/internal/kernel"
	"covey/state"
)

// rmsprop divides each gradient by the root of its running mean square (Tieleman & Hinton 2012,
// lecture 6.5), in one of two forms:
//
//	v ← α v + (1−α) g²    θ ← θ − lr g/√(v + ε)    v₀ = 1    ε inside (TensorFlow)
//	                      θ ← θ − lr g/(√v + ε)    v₀ = 0    ε outside (PyTorch)
//
// Mnih et al. 2016 (arXiv:1602.01783) write the first, and share v between their workers; they do not
// say at what it starts.
type rmsprop struct {
	decay, epsilon float32
	inside         bool

	square []float32 // v: [n]
}

func newRMSProp(cfg Config, n int) *rmsprop {
	o := &rmsprop{decay: cfg.Decay, epsilon: cfg.Epsilon, inside: cfg.EpsilonInside, square: make([]float32, n)}
	if o.inside {
		for i := range o.square {
			o.square[i] = 1
		}
	}
	return o
}

func (o *rmsprop) Step(params, grad []float32, lr float32) {
	checkLengths(KindRMSProp, len(o.square), len(params), len(grad))
	kernel.RMSProp(params, grad, o.square, kernel.RMSPropStep{
		Decay: o.decay, Rate: lr, Epsilon: o.epsilon, EpsilonInside: o.inside,
	})
}

func (o *rmsprop) State(w state.Walker) error {
	w.Floats("square", o.square)
	return nil
}

package optim

import (
	"covey/internal/kernel"
	"covey/state"
)

// sgd is stochastic gradient descent, with momentum μ as PyTorch has it:
//
//	v ← μ v + g    θ ← θ − lr v
type sgd struct {
	n        int
	momentum float32
	velocity []float32 // [n]; nil without momentum
}

func newSGD(cfg Config, n int) *sgd {
	o := &sgd{n: n, momentum: cfg.Momentum}
	if o.momentum != 0 {
		o.velocity = make([]float32, n)
	}
	return o
}

func (o *sgd) Step(params, grad []float32, lr float32) {
	checkLengths(KindSGD, o.n, len(params), len(grad))
	if o.momentum == 0 {
		kernel.Axpy(params, -lr, grad)
		return
	}
	kernel.Scale(o.velocity, o.momentum)
	kernel.Add(o.velocity, grad)
	kernel.Axpy(params, -lr, o.velocity)
}

func (o *sgd) State(w state.Walker) error {
	w.Floats("velocity", o.velocity)
	return nil
}

// Package optim moves parameters against their gradients: SGD, Adam and RMSProp on flat vectors,
// clipping by the global norm, and learning-rate schedules.
//
// An optimiser holds statistics of the same length as the parameters, and is saved and restored with
// them. The learning rate comes with every step, so that whoever plans the run owns its schedule.
package optim

import (
	"fmt"
	"math"

	"covey/internal/kernel"
	"covey/state"
)

// Optimizer changes parameters step by step. It belongs to one goroutine.
type Optimizer interface {
	// Step moves params along −grad, with learning rate lr. Both have the optimiser's length, and do
	// not overlap; grad is left as it is.
	Step(params, grad []float32, lr float32)
	state.Stateful
}

// New returns the optimiser that cfg describes, for n parameters.
func New(cfg Config, n int) (Optimizer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	switch cfg.Kind {
	case KindSGD:
		return newSGD(cfg, n), nil
	case KindAdam:
		return newAdam(cfg, n), nil
	default:
		return newRMSProp(cfg, n), nil
	}
}

// ClipNorm scales grad so that its Euclidean norm is at most limit, and returns the norm that it had. A
// limit of 0 only measures. A norm that is NaN or infinite is returned as it is, with grad untouched:
// no scale could repair it, and the caller decides what it means.
func ClipNorm(grad []float32, limit float32) (norm float32) {
	norm = float32(math.Sqrt(kernel.SumSquares(grad)))
	if limit > 0 && norm > limit && !math.IsInf(float64(norm), 1) {
		kernel.Scale(grad, limit/norm)
	}
	return norm
}

// checkLengths panics unless params and grad have the optimiser's length.
func checkLengths(kind string, n, params, grad int) {
	if params != n || grad != n {
		panic(fmt.Sprintf("optim: %s of %d parameters stepped with %d parameters and %d gradients", kind, n, params, grad))
	}
}

package kernel

import (
	"fmt"
	"math"
)

// Activation is a nonlinearity that works on each element alone.
type Activation uint8

// The activations. ReLU lets NaN through, so that an alarm can see it, and keeps −0.
const (
	Identity Activation = iota
	ReLU
	Tanh
)

func (a Activation) String() string {
	return [...]string{"identity", "relu", "tanh"}[a]
}

// Apply writes y = a(x), element by element; y may be x. MatMul applies an activation by itself.
func (a Activation) Apply(y, x []float32) {
	sameLength(a.String(), len(y), len(x))
	switch a {
	case Identity:
		copy(y, x)
	case ReLU:
		if level == generic {
			reluPlain(y, x)
		} else {
			reluVector(y, x)
		}
	case Tanh:
		if level == generic {
			tanhPlain(y, x)
		} else {
			tanhVector(y, x)
		}
	default:
		panic(fmt.Sprintf("kernel: activation %d", a))
	}
}

func reluPlain(y, x []float32) {
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		y[i] = v
	}
}

func tanhPlain(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Tanh(float64(v)))
	}
}

// ReLUGrad turns the gradient of a ReLU's output into that of its input: dx = y > 0 ? dx : 0, where
// y is the output. dx, y: [n].
func ReLUGrad(dx, y []float32) {
	sameLength("ReLUGrad", len(dx), len(y))
	if level == generic {
		reluGradPlain(dx, y)
		return
	}
	reluGradVector(dx, y)
}

func reluGradPlain(dx, y []float32) {
	for i, v := range y {
		if !(v > 0) {
			dx[i] = 0
		}
	}
}

// TanhGrad turns the gradient of a tanh's output into that of its input: dx *= 1 − y², where y is
// the output. dx, y: [n].
func TanhGrad(dx, y []float32) {
	sameLength("TanhGrad", len(dx), len(y))
	if level == generic {
		tanhGradPlain(dx, y)
		return
	}
	tanhGradVector(dx, y)
}

func tanhGradPlain(dx, y []float32) {
	for i, v := range y {
		dx[i] *= 1 - float32(v*v)
	}
}

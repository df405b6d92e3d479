package kernel

import (
	"fmt"
	"math"
)

// AdamStep holds the numbers of one step of Adam (Kingma & Ba, arXiv:1412.6980), the bias
// corrections of step t folded in.
type AdamStep struct {
	Beta1, Beta2 float32
	Rate         float32 // lr / (1 − β1^t)
	Correction2  float32 // 1 / √(1 − β2^t)
	Epsilon      float32 // added to the corrected root, as in the paper
}

// Adam does one step; p, grad, m, v: [n], of which grad is only read.
//
//	m = β1 m + (1−β1) grad
//	v = β2 v + (1−β2) grad²
//	p = p − rate · m / (√v · correction2 + ε)
//
// The vector forms of the optimisers take numbers below 2⁻¹²⁶ for 0: moments of weights that get no
// gradient any more decay into them, and would cost twice the time from then on.
func Adam(p, grad, m, v []float32, s AdamStep) {
	if len(grad) != len(p) || len(m) != len(p) || len(v) != len(p) {
		panic(fmt.Sprintf("kernel: Adam: %d parameters, %d gradients, moments of %d and %d", len(p), len(grad), len(m), len(v)))
	}
	if level == generic {
		adamPlain(p, grad, m, v, s)
		return
	}
	adamVector(p, grad, m, v, s)
}

func adamPlain(p, grad, m, v []float32, s AdamStep) {
	grad, m, v = grad[:len(p)], m[:len(p)], v[:len(p)]
	for i, d := range grad {
		m[i] = float32(s.Beta1*m[i]) + float32((1-s.Beta1)*d)
		v[i] = float32(s.Beta2*v[i]) + float32((1-s.Beta2)*float32(d*d))
		p[i] -= float32(s.Rate*m[i]) / (float32(sqrt(v[i])*s.Correction2) + s.Epsilon)
	}
}

// RMSPropStep holds the numbers of one step of RMSProp (Tieleman & Hinton, lecture 6.5).
type RMSPropStep struct {
	Decay         float32 // of the mean square
	Rate          float32
	Epsilon       float32
	EpsilonInside bool // √(v + ε), TensorFlow's and the A3C paper's; otherwise √v + ε, PyTorch's
}

// RMSProp does one step; p, grad, v: [n], of which grad is only read.
//
//	v = decay·v + (1−decay) grad²
//	p = p − rate · grad / (√v + ε)     or     rate · grad / √(v + ε)
func RMSProp(p, grad, v []float32, s RMSPropStep) {
	if len(grad) != len(p) || len(v) != len(p) {
		panic(fmt.Sprintf("kernel: RMSProp: %d parameters, %d gradients, mean squares of %d", len(p), len(grad), len(v)))
	}
	if level == generic {
		rmsPropPlain(p, grad, v, s)
		return
	}
	rmsPropVector(p, grad, v, s)
}

func rmsPropPlain(p, grad, v []float32, s RMSPropStep) {
	grad, v = grad[:len(p)], v[:len(p)]
	for i, d := range grad {
		v[i] = float32(s.Decay*v[i]) + float32((1-s.Decay)*float32(d*d))
		var root float32
		if s.EpsilonInside {
			root = sqrt(v[i] + s.Epsilon)
		} else {
			root = sqrt(v[i]) + s.Epsilon
		}
		p[i] -= float32(s.Rate*d) / root
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

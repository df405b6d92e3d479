package kernel

import "math"

// Exp writes y = eˣ. y may be x. y, x: [n].
//
// The vector forms of Exp, Log, Softplus and of Tanh.Apply are one formula at both levels, so their
// bits are the same, and right for infinities, NaN, zeros, denormals and overflow. The greatest errors over
// every fifth float32, in units of the last place, are 1.01, 0.82, 2.77 and 1.33.
func Exp(y, x []float32) {
	sameLength("Exp", len(y), len(x))
	if level == generic {
		expPlain(y, x)
		return
	}
	expVector(y, x)
}

func expPlain(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v)))
	}
}

// Log writes y = ln x: −Inf at ±0, NaN below. y may be x. y, x: [n].
func Log(y, x []float32) {
	sameLength("Log", len(y), len(x))
	if level == generic {
		logPlain(y, x)
		return
	}
	logVector(y, x)
}

func logPlain(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Log(float64(v)))
	}
}

// Softplus writes y = ln(1 + eˣ), which is max(x, 0) + ln(1 + e^−|x|). y may be x. y, x: [n].
func Softplus(y, x []float32) {
	sameLength("Softplus", len(y), len(x))
	if level == generic {
		softplusPlain(y, x)
		return
	}
	softplusVector(y, x)
}

func softplusPlain(y, x []float32) {
	for i, v := range x {
		v := float64(v)
		y[i] = float32(max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))))
	}
}

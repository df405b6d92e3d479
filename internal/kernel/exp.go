package kernel

import (
	"fmt"
	"math"
)

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

// LogSoftmax writes log π_j = x_j − max − ln Σ_i exp(x_i − max) for each row. A row that holds a NaN
// or +Inf, or nothing but −Inf, becomes NaN. y may be x. y, x: [m, n].
func LogSoftmax(y, x Mat) {
	y.check("LogSoftmax")
	x.check("LogSoftmax")
	if y.Rows != x.Rows || y.Cols != x.Cols {
		panic(fmt.Sprintf("kernel: LogSoftmax: %d×%d from %d×%d", y.Rows, y.Cols, x.Rows, x.Cols))
	}
	if y.Rows == 0 || y.Cols == 0 {
		return
	}
	if level == generic {
		for i := range y.Rows {
			logSoftmaxPlain(y.Row(i), x.Row(i))
		}
		return
	}
	logSoftmaxVector(y, x)
}

func logSoftmaxPlain(y, x []float32) {
	top := x[0]
	for _, v := range x[1:] {
		top = max(top, v)
	}
	var lane [16]float32
	for j, v := range x {
		lane[j%16] += float32(math.Exp(float64(v - top)))
	}
	logSum := float32(math.Log(float64(addHalves(lane[:]))))
	for j, v := range x {
		y[j] = (v - top) - logSum
	}
}

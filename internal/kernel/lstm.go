package kernel

import (
	"fmt"
	"math"
)

// LSTMCell does what of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) is left of
// a row after the products with its weights. gates: [4, n], the sums before the activation of the input gate i, the
// forget gate f, the candidate g and the output gate o; activated in place. before: [n], the cell state c before.
//
//	i, f, o = σ(·)    g = tanh(·)    c = f ⊙ c_before + i ⊙ g    h = o ⊙ tanh c
//
// cell, squashed, hidden: [n]: c, tanh c and h.
func LSTMCell(gates, before, cell, squashed, hidden []float32) {
	n := len(before)
	if len(gates) != 4*n || len(cell) != n || len(squashed) != n || len(hidden) != n {
		panic(fmt.Sprintf("kernel: LSTMCell: %d gates, states of %d, %d, %d and %d", len(gates), n, len(cell), len(squashed), len(hidden)))
	}
	switch {
	case n == 0:
	case level == generic:
		lstmCellPlain(gates, before, cell, squashed, hidden)
	default:
		lstmCellVector(gates, before, cell, squashed, hidden)
	}
}

// LSTMGrad is the way back through [LSTMCell], whose gates, before and squashed it takes. dhidden: [n], gradient of h.
// dcell: [n], that of c by what came later; it becomes that of the cell state before. dgates: [4, n], written:
// gradients before the activations.
//
//	dc = dcell + dh ⊙ o ⊙ (1 − tanh² c)    dcell = dc ⊙ f
//	do = dh ⊙ tanh c ⊙ o(1−o)    di = dc ⊙ g ⊙ i(1−i)    dg = dc ⊙ i ⊙ (1−g²)    df = dc ⊙ c_before ⊙ f(1−f)
func LSTMGrad(dgates, gates, before, squashed, dhidden, dcell []float32) {
	n := len(before)
	if len(dgates) != 4*n || len(gates) != 4*n || len(squashed) != n || len(dhidden) != n || len(dcell) != n {
		panic(fmt.Sprintf("kernel: LSTMGrad: %d and %d gates, states of %d, %d, %d and %d",
			len(dgates), len(gates), n, len(squashed), len(dhidden), len(dcell)))
	}
	switch {
	case n == 0:
	case level == generic:
		lstmGradPlain(dgates, gates, before, squashed, dhidden, dcell)
	default:
		lstmGradVector(dgates, gates, before, squashed, dhidden, dcell)
	}
}

func lstmCellPlain(gates, before, cell, squashed, hidden []float32) {
	n := len(before)
	sigmoidPlain(gates[:2*n])
	tanhPlain(gates[2*n:3*n], gates[2*n:3*n])
	sigmoidPlain(gates[3*n:])
	i, f, g, o := gates[:n], gates[n:2*n], gates[2*n:3*n], gates[3*n:]
	for j, c := range before {
		cell[j] = float32(f[j]*c) + float32(i[j]*g[j])
	}
	tanhPlain(squashed, cell)
	for j, t := range squashed {
		hidden[j] = o[j] * t
	}
}

func sigmoidPlain(x []float32) {
	for i, v := range x {
		x[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

func lstmGradPlain(dgates, gates, before, squashed, dhidden, dcell []float32) {
	n := len(before)
	for j, t := range squashed {
		i, f, g, o := gates[j], gates[n+j], gates[2*n+j], gates[3*n+j]
		dc := dcell[j] + float32(float32(dhidden[j]*o)*(1-float32(t*t)))
		dgates[j] = dc * g * float32(i*(1-i))
		dgates[n+j] = dc * before[j] * float32(f*(1-f))
		dgates[2*n+j] = dc * i * (1 - float32(g*g))
		dgates[3*n+j] = dhidden[j] * t * float32(o*(1-o))
		dcell[j] = dc * f
	}
}

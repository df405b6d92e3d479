package nn

import (
	"math/rand/v2"

	"covey/internal/kernel"
)

// lstm is the layout of an LSTM layer (Hochreiter and Schmidhuber 1997). Of a row with input x and the state (h, c)
// before it:
//
//	[i f g o] = x·Wx + b + h·Wh    c = σ(f) ⊙ c + σ(i) ⊙ tanh(g)    h = σ(o) ⊙ tanh(c)
//
// Wx: [in, 4·cells], Wh: [cells, 4·cells], b: [4·cells], PyTorch's order of the gates and one bias for its two. The
// output is h.
type lstm struct {
	in, cells              int
	input, recurrent, bias int // offsets
	state                  int // first of its 2·cells floats in a row's recurrent state: h, then c
}

func (n *Net) addLSTM(name string, in, cells int) *lstm {
	l := &lstm{in: in, cells: cells, state: n.State}
	l.input = n.view(name+".lstm.input", in, 4*cells)
	l.recurrent = n.view(name+".lstm.recurrent", cells, 4*cells)
	l.bias = n.view(name+".lstm.bias", 4*cells)
	n.State += 2 * cells
	return l
}

func (l *lstm) weights(params []float32) (input, recurrent kernel.Mat, bias []float32) {
	return kernel.Matrix(params[l.input:l.recurrent], l.in, 4*l.cells),
		kernel.Matrix(params[l.recurrent:l.bias], l.cells, 4*l.cells), params[l.bias : l.bias+4*l.cells]
}

// lstm draws the weights; the forget gates start open, at a bias of 1 (Jozefowicz et al. 2015), where biases do not
// start as PyTorch's do.
func (x initialiser) lstm(l *lstm, params []float32, rng *rand.Rand) {
	input, recurrent, bias := l.weights(params)
	if x.biases {
		for _, w := range [][]float32{input.X, recurrent.X, bias} {
			FanIn(w, l.cells, 4*l.cells, 1, rng)
		}
		return
	}
	x.fill(input.X, l.in, 4*l.cells, 1, rng)
	x.fill(recurrent.X, l.cells, 4*l.cells, 1, rng)
	clear(bias)
	for i := range l.cells {
		bias[l.cells+i] = 1
	}
}

// memory is the activations of an LSTM: what each row saw before it and what came of it.
type memory struct {
	*lstm
	layer                    kernel.Linear // x·Wx + b
	before, gates            []float32     // [rows, cells] h before; [rows, 4·cells] activated
	cellBefore, cell, squash []float32     // [rows, cells] c before, c, tanh c
	hidden                   []float32     // [rows, cells] h

	// The way back, made when it is first wanted.
	dgates, dhidden []float32 // [rows, 4·cells] before the activation, [rows, cells]
	carry, dcell    []float32 // [b, cells]: what the next step says of h and c
	transposed      []float32 // Whᵀ, [4·cells, cells]
}

func (l *lstm) newPass(rows int) *memory {
	some := func(width int) []float32 { return make([]float32, rows*width) }
	return &memory{
		lstm: l, before: some(l.cells), gates: some(4 * l.cells),
		cellBefore: some(l.cells), cell: some(l.cells), squash: some(l.cells), hidden: some(l.cells),
	}
}

func (m *memory) bind(params []float32) {
	input, _, bias := m.weights(params)
	m.layer = kernel.NewLinear(input, bias, kernel.Identity)
}

// row is row r of x, [_, width].
func row(x []float32, r, width int) []float32 { return x[r*width : (r+1)*width] }

// forward runs t steps of b rows from row first on and returns their outputs. x: [t*b, in]; state: [b, stride], updated;
// starts: [t*b], true where the state before is 0; nil: nowhere.
func (m *memory) forward(s *kernel.Scratch, params []float32, x kernel.Mat, state []float32, stride int, starts []bool, first, t, b int) kernel.Mat {
	n, cells := t*b, m.cells
	_, recurrent, _ := m.weights(params)
	gates := kernel.Matrix(m.gates[first*4*cells:(first+n)*4*cells], n, 4*cells)
	m.layer.Apply(s, gates, x)
	for i := range n {
		r := first + i
		h, c := row(m.before, r, cells), row(m.cellBefore, r, cells)
		switch {
		case starts != nil && starts[i]:
			clear(h)
			clear(c)
		case i < b:
			from := state[i*stride+m.state:]
			copy(h, from[:cells])
			copy(c, from[cells:2*cells])
		default:
			copy(h, row(m.hidden, r-b, cells))
			copy(c, row(m.cell, r-b, cells))
		}
		if i%b < b-1 {
			continue
		}
		top := r - b + 1 // of the step, whose rows are all ready
		z := kernel.Matrix(m.gates[top*4*cells:(r+1)*4*cells], b, 4*cells)
		s.MatMulAdd(z, kernel.Matrix(m.before[top*cells:(r+1)*cells], b, cells), recurrent)
		for j := top; j <= r; j++ {
			kernel.LSTMCell(row(m.gates, j, 4*cells), row(m.cellBefore, j, cells), row(m.cell, j, cells), row(m.squash, j, cells), row(m.hidden, j, cells))
		}
	}
	for i := range b {
		m.after(state[i*stride:(i+1)*stride], first+n-b+i)
	}
	return kernel.Matrix(m.hidden[first*cells:(first+n)*cells], n, cells)
}

// after copies what followed row r into its part of a row's state.
func (m *memory) after(state []float32, r int) {
	copy(state[m.state:], row(m.hidden, r, m.cells))
	copy(state[m.state+m.cells:], row(m.cell, r, m.cells))
}

// gradients is room for the gradient of the outputs, [rows, cells].
func (m *memory) gradients(rows int) kernel.Mat {
	if m.dhidden == nil {
		m.dhidden, m.dgates = make([]float32, len(m.hidden)), make([]float32, len(m.gates))
		m.transposed = make([]float32, 4*m.cells*m.cells)
	}
	return kernel.Matrix(m.dhidden[:rows*m.cells], rows, m.cells)
}

// backward carries the gradient of the outputs, which lies in gradients, back through t steps of b rows, and cuts it
// where an episode starts and before the first row. x: [t*b, in]; grad: of the parameters, nil: not wanted; dx: [t*b,
// in], nothing in it: not wanted.
func (m *memory) backward(s *kernel.Scratch, params, grad []float32, dx, x kernel.Mat, starts []bool, t, b int) {
	n, cells := t*b, m.cells
	input, recurrent, _ := m.weights(params)
	if len(m.carry) < b*cells {
		m.carry, m.dcell = make([]float32, b*cells), make([]float32, b*cells)
	}
	wt := kernel.Matrix(m.transposed, 4*cells, cells)
	kernel.CopyTransposed(wt, recurrent)
	clear(m.dcell[:b*cells])
	for top := n - b; top >= 0; top -= b {
		for r := top; r < top+b; r++ {
			kernel.LSTMGrad(row(m.dgates, r, 4*cells), row(m.gates, r, 4*cells), row(m.cellBefore, r, cells),
				row(m.squash, r, cells), row(m.dhidden, r, cells), row(m.dcell, r-top, cells))
		}
		if top == 0 {
			break
		}
		carry := kernel.Matrix(m.carry[:b*cells], b, cells)
		s.MatMul(carry, kernel.Matrix(m.dgates[top*4*cells:(top+b)*4*cells], b, 4*cells), wt, nil, kernel.Identity)
		for i := range b {
			if starts != nil && starts[top+i] {
				clear(carry.Row(i))
				clear(row(m.dcell, i, cells))
			}
		}
		kernel.Add(m.dhidden[(top-b)*cells:top*cells], carry.X)
	}
	dgates := kernel.Matrix(m.dgates[:n*4*cells], n, 4*cells)
	if grad != nil {
		dinput, drecurrent, dbias := m.weights(grad)
		s.MatMulAT(dinput, x, dgates)
		s.MatMulAT(drecurrent, kernel.Matrix(m.before[:n*cells], n, cells), dgates)
		kernel.ColumnSums(dbias, dgates, false)
	}
	if len(dx.X) > 0 {
		s.MatMulBT(dx, dgates, input)
	}
}

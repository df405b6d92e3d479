package nn

import (
	"fmt"

	"covey/env"
	"covey/internal/kernel"
)

// Pass is one goroutine's activations of a [Net]: rows t*B+b, time-major. Rows that Step filled, one
// time step after another, serve Backward as well as those of an Unroll, because a row alone and the
// same row in a batch have the same bits.
type Pass interface {
	// Step runs the b rows of time step t. out: [b, Out], in: [b, frame], state: [b, State], updated.
	Step(params, out, state []float32, in env.Values, t, b int)
	// Unroll runs t steps of b rows. out: [t*b, Out], in: [t*b, frame], starts: [t*b], true where an
	// episode begins; state: [b, State] before row 0, left as it is after the last.
	Unroll(params, out, state []float32, in env.Values, starts []bool, t, b int)
	// Backward writes the gradient of the first t*b rows' outputs: grad [Size] with respect to the
	// parameters, din [t*b, frame] with respect to the input; either may be nil. dout: [t*b, Out].
	Backward(params, grad, din, dout []float32, t, b int)
	// StateAfter copies the recurrent state that followed a row into state [State].
	StateAfter(state []float32, row int)
}

// NewPass returns activations for up to rows rows.
func (n *Net) NewPass(rows int) Pass {
	p := &pass{net: n, rows: rows, input: make([]float32, rows*n.In.Size()), trunks: make([]activations, len(n.trunks))}
	widest := n.In.Size()
	p.layers = make([][]kernel.Linear, len(n.trunks))
	for i, t := range n.trunks {
		p.layers[i] = make([]kernel.Linear, len(t.layers))
		for _, l := range t.layers[:len(t.layers)-1] {
			p.trunks[i].hidden = append(p.trunks[i].hidden, make([]float32, rows*l.out))
			widest = max(widest, l.out)
		}
	}
	p.sparse.rows = make([]int, 0, rows)
	p.grad[0], p.grad[1] = make([]float32, rows*widest), make([]float32, rows*widest)
	return p
}

// pass is the Pass of a perceptron.
type pass struct {
	net     *Net
	rows    int
	input   []float32 // [rows, frame]
	trunks  []activations
	grad    [2][]float32 // [rows, widest]: gradients of layers' inputs; layer j's lies in grad[j&1]
	scratch kernel.Scratch

	params []float32         // that layers are views of
	layers [][]kernel.Linear // per trunk

	split  split
	sparse sparse
}

type activations struct {
	hidden [][]float32 // per layer [rows, out]
}

// bind makes layers views of params. Callers hand in the same vector again and again.
func (p *pass) bind(params []float32) {
	if len(params) != p.net.Size {
		panic(fmt.Sprintf("nn: %d parameters for a network of %d", len(params), p.net.Size))
	}
	if len(p.params) > 0 && &p.params[0] == &params[0] {
		return
	}
	p.params = params
	for i, t := range p.net.trunks {
		for j := range t.layers {
			l := &t.layers[j]
			p.layers[i][j] = kernel.NewLinear(l.weights(params), params[l.bias:l.bias+l.out], l.act)
		}
	}
}

func (p *pass) Step(params, out, _ []float32, in env.Values, t, b int) {
	p.forward(params, out, in.F, t*b, b)
}

func (p *pass) Unroll(params, out, _ []float32, in env.Values, _ []bool, t, b int) {
	p.forward(params, out, in.F, 0, t*b)
}

func (p *pass) StateAfter([]float32, int) {}

// forward runs the rows [from, from+n).
func (p *pass) forward(params, out, in []float32, from, n int) {
	frame := p.net.In.Size()
	if from+n > p.rows || len(in) < n*frame || len(out) < n*p.net.Out {
		panic(fmt.Sprintf("nn: forward of rows [%d, %d) of %d, in %d, out %d", from, from+n, p.rows, len(in), len(out)))
	}
	p.bind(params)
	first := p.input[from*frame : (from+n)*frame]
	copy(first, in)
	for i := range p.net.trunks {
		t := &p.net.trunks[i]
		x := kernel.Matrix(first, n, frame)
		layers, last := p.layers[i], len(t.layers)-1
		for j, h := range p.trunks[i].hidden {
			width := t.layers[j].out
			y := kernel.Matrix(h[from*width:(from+n)*width], n, width)
			layers[j].Apply(&p.scratch, y, x)
			x = y
		}
		y := kernel.Mat{X: out[t.column:], Rows: n, Cols: t.layers[last].out, Stride: p.net.Out}
		layers[last].Apply(&p.scratch, y, x)
	}
	for _, c := range p.net.free {
		for r := range n {
			copy(out[r*p.net.Out+c.from:][:c.width], params[c.offset:])
		}
	}
}

func (l *dense) weights(params []float32) kernel.Mat {
	return kernel.Matrix(params[l.weight:l.weight+l.in*l.out], l.in, l.out)
}

func (p *pass) Backward(params, grad, din, dout []float32, t, b int) {
	p.bind(params)
	rows := t * b
	if rows > p.rows || len(dout) < rows*p.net.Out || grad != nil && len(grad) != p.net.Size {
		panic(fmt.Sprintf("nn: Backward of %d rows of %d, dout %d, grad %d of %d", rows, p.rows, len(dout), len(grad), p.net.Size))
	}
	if grad == nil && din != nil && len(p.net.trunks) == 1 && p.sparse.find(dout, rows, p.net.Out) {
		p.backSparse(din, dout, rows)
		return
	}
	for i := range p.net.trunks {
		p.backTrunk(i, grad, din, dout, rows)
	}
	if grad == nil {
		return
	}
	for _, c := range p.net.free {
		columns := kernel.Mat{X: dout[c.from:], Rows: rows, Cols: c.width, Stride: p.net.Out}
		kernel.ColumnSums(grad[c.offset:c.offset+c.width], columns, false)
	}
}

// backTrunk carries dout through trunk i, last layer first:
//
//	dW = xᵀ·dy    db = Σ_rows dy    dx = (dy·Wᵀ) ⊙ act′(x)
func (p *pass) backTrunk(i int, grad, din, dout []float32, rows int) {
	t, frame := &p.net.trunks[i], p.net.In.Size()
	s := step{layers: p.layers[i], grad: grad, dy: kernel.Mat{X: dout[t.column:], Rows: rows, Stride: p.net.Out}}
	for j := len(t.layers) - 1; j >= 0; j-- {
		s.at, s.layer = j, &t.layers[j]
		s.dy.Cols, s.x = s.layer.out, kernel.Matrix(p.input[:rows*frame], rows, frame)
		if j > 0 {
			s.x = kernel.Matrix(p.trunks[i].hidden[j-1][:rows*s.layer.in], rows, s.layer.in)
			s.dx, s.act = kernel.Matrix(p.grad[j&1][:rows*s.layer.in], rows, s.layer.in), t.layers[j-1].act
			p.backStep(&s)
			s.dy = s.dx
			continue
		}
		if grad != nil {
			s.weights(&p.scratch)
		}
		if s.act = kernel.Identity; din != nil && i == 0 {
			s.dx = kernel.Matrix(din[:rows*frame], rows, frame)
			s.inputs(&p.scratch)
		} else if din != nil { // a further trunk adds to what the first one wrote
			s.dx = kernel.Matrix(p.grad[0][:rows*frame], rows, frame)
			s.inputs(&p.scratch)
			kernel.Add(din[:rows*frame], s.dx.X)
		}
	}
}

// step is a layer on the way back.
type step struct {
	layers []kernel.Linear // of the trunk
	at     int
	layer  *dense
	grad   []float32         // [Size]; nil: not wanted
	x, dy  kernel.Mat        // [rows, in], [rows, out]
	dx     kernel.Mat        // [rows, in]
	act    kernel.Activation // that made x
}

// weights writes dW and db.
func (s *step) weights(scratch *kernel.Scratch) {
	scratch.MatMulAT(s.layer.weights(s.grad), s.x, s.dy, false)
	kernel.ColumnSums(s.grad[s.layer.bias:s.layer.bias+s.layer.out], s.dy, false)
}

// inputs writes dx.
func (s *step) inputs(scratch *kernel.Scratch) {
	scratch.MatMulBT(s.dx, s.dy, s.layers[s.at].Weight())
	switch s.act {
	case kernel.ReLU:
		kernel.ReLUGrad(s.dx.X, s.x.X)
	case kernel.Tanh:
		kernel.TanhGrad(s.dx.X, s.x.X)
	}
}

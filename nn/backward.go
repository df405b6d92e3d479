package nn

import (
	"fmt"

	"covey/internal/kernel"
)

func (p *pass) Backward(params, grad, din, dout []float32, starts []bool, t, b int) {
	p.bind(params)
	rows := t * b
	if rows > p.rows || len(dout) < rows*p.net.Out || grad != nil && len(grad) != p.net.Size || starts != nil && len(starts) < rows {
		panic(fmt.Sprintf("nn: Backward of %d rows of %d, dout %d, grad %d of %d, starts %d", rows, p.rows, len(dout), len(grad), p.net.Size, len(starts)))
	}
	if din != nil && p.net.In.Bytes {
		panic("nn: Backward to an input of bytes")
	}
	if grad == nil && din != nil && p.perceptron() && p.sparse.find(dout, rows, p.net.Out) {
		p.backSparse(din, dout, rows)
		return
	}
	for i := range p.trunks {
		p.backTrunk(i, grad, din, dout, starts, t, b)
	}
	if grad == nil {
		return
	}
	for _, c := range p.net.free {
		columns := kernel.Mat{X: dout[c.from:], Rows: rows, Cols: c.width, Stride: p.net.Out}
		kernel.ColumnSums(grad[c.offset:c.offset+c.width], columns, false)
	}
}

// perceptron says whether the network is one trunk of dense layers.
func (p *pass) perceptron() bool {
	return len(p.trunks) == 1 && p.trunks[0].tower == nil && p.trunks[0].memory == nil
}

// backTrunk carries dout through trunk i, last layer first:
//
//	dW = xᵀ·dy    db = Σ_rows dy    dx = (dy·Wᵀ) ⊙ act′(x)
func (p *pass) backTrunk(i int, grad, din, dout []float32, starts []bool, t, b int) {
	tr, rows := &p.trunks[i], t*b
	s := layerStep{layers: tr.ready, grad: grad, dy: kernel.Mat{X: dout[tr.column:], Rows: rows, Stride: p.net.Out}}
	for j := len(tr.layers) - 1; j >= 0; j-- {
		s.at, s.layer = j, &tr.layers[j]
		s.dy.Cols = s.layer.out
		s.x, s.act = p.below(tr, j, rows)
		if tr.memory != nil && j == len(tr.layers)-1 {
			p.backMemory(tr, &s, din != nil, starts, t, b)
			if j == 0 && tr.tower == nil && din != nil {
				deliver(din[:len(s.dy.X)], s.dy.X, i > 0)
			}
			continue
		}
		if j > 0 || tr.tower != nil {
			s.dx = kernel.Matrix(p.grad[j&1][:rows*s.layer.in], rows, s.layer.in)
			p.backStep(&s)
			s.dy = s.dx
			continue
		}
		p.backFirst(&s, din, i > 0)
	}
	if tr.tower != nil {
		tr.tower.backward(&p.scratch, p.params, grad, din, s.dy, p.input, i > 0)
	}
}

// deliver writes the gradient of the input, or adds a further trunk's.
func deliver(din, dx []float32, further bool) {
	if further {
		kernel.Add(din, dx)
	} else {
		copy(din, dx)
	}
}

// below is what layer j of a trunk sees, but for an LSTM in between, and the activation that made it.
func (p *pass) below(tr *trunkPass, j, rows int) (x kernel.Mat, act kernel.Activation) {
	if j == 0 {
		return p.features(tr, 0, rows), kernel.Identity // a tower goes back through its activations by itself
	}
	l := &tr.layers[j-1]
	return kernel.Matrix(tr.hidden[j-1][:rows*l.out], rows, l.out), l.act
}

// backFirst goes back through a layer that sees the network's input. A further trunk adds to din what the first one wrote.
func (p *pass) backFirst(s *layerStep, din []float32, further bool) {
	if s.grad != nil {
		s.weights(&p.scratch)
	}
	if din == nil {
		return
	}
	size := s.x.Rows * s.x.Cols
	if !further {
		s.dx = kernel.Matrix(din[:size], s.x.Rows, s.x.Cols)
		s.inputs(&p.scratch)
		return
	}
	s.dx = kernel.Matrix(p.grad[0][:size], s.x.Rows, s.x.Cols)
	s.inputs(&p.scratch)
	deliver(din[:size], s.dx.X, further)
}

// backMemory goes back through the layer of the heads and the LSTM before it. s.dy becomes the gradient of what the LSTM
// saw, where that is wanted.
func (p *pass) backMemory(tr *trunkPass, s *layerStep, input bool, starts []bool, t, b int) {
	m, x, act := tr.memory, s.x, s.act
	s.x, s.act, s.dx = kernel.Matrix(m.hidden[:x.Rows*m.cells], x.Rows, m.cells), kernel.Identity, m.gradients(x.Rows)
	p.backStep(s)
	s.dy = kernel.Mat{}
	if s.at > 0 || tr.tower != nil || input {
		s.dy = kernel.Matrix(p.grad[s.at&1][:x.Rows*x.Cols], x.Rows, x.Cols)
	}
	m.backward(&p.scratch, p.params, s.grad, s.dy, x, starts, t, b)
	if s.dy.X != nil {
		through(act, s.dy.X, x.X)
	}
}

// layerStep is a dense layer on the way back.
type layerStep struct {
	layers []kernel.Linear // of the trunk
	at     int
	layer  *dense
	grad   []float32         // [Size]; nil: not wanted
	x, dy  kernel.Mat        // [rows, in], [rows, out]
	dx     kernel.Mat        // [rows, in]
	act    kernel.Activation // that made x
}

// weights writes dW and db.
func (s *layerStep) weights(scratch *kernel.Scratch) {
	scratch.MatMulAT(s.layer.weights(s.grad), s.x, s.dy)
	kernel.ColumnSums(s.grad[s.layer.bias:s.layer.bias+s.layer.out], s.dy, false)
}

// inputs writes dx.
func (s *layerStep) inputs(scratch *kernel.Scratch) {
	scratch.MatMulBT(s.dx, s.dy, s.layers[s.at].Weight())
	through(s.act, s.dx.X, s.x.X)
}

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
	// Step runs the b rows of time step t. out: [b, Out], in: [b, frame]; state: [b, State], updated: who calls sets it to 0
	// where an episode starts.
	Step(params, out, state []float32, in env.Values, t, b int)
	// Unroll runs t steps of b rows. out: [t*b, Out], in: [t*b, frame]; starts: [t*b], true where an episode begins and the
	// state is 0, nil: nowhere; state: [b, State] before row 0, left as it is after the last.
	Unroll(params, out, state []float32, in env.Values, starts []bool, t, b int)
	// Backward writes the gradient of the first t*b rows' outputs: grad [Size] with respect to the
	// parameters, din [t*b, frame] with respect to the input, which must be floats; either may be nil. dout: [t*b, Out].
	// Through recurrent states it goes back to row 0, but not beyond the starts [t*b] of episodes; nil: there are none.
	Backward(params, grad, din, dout []float32, starts []bool, t, b int)
	// StateAfter copies the recurrent state that followed a row into state [State].
	StateAfter(state []float32, row int)
}

// NewPass returns activations for up to rows rows.
func (n *Net) NewPass(rows int) Pass {
	p := &pass{net: n, rows: rows, input: env.MakeValues(n.In, rows*n.In.Size()), trunks: make([]trunkPass, len(n.trunks))}
	widest := 0
	for i := range n.trunks {
		widest = max(widest, p.trunks[i].make(&n.trunks[i], rows))
	}
	if n.In.Bytes && n.trunks[0].tower == nil {
		p.scaled, p.scale = make([]float32, p.input.Len()), byteScale(n.In)
	}
	p.sparse.rows = make([]int, 0, rows)
	p.grad[0], p.grad[1] = make([]float32, rows*widest), make([]float32, rows*widest)
	return p
}

// PassBytes is about the memory that a pass of so many rows takes, with room for the way back.
func (n *Net) PassBytes(rows int) uint64 {
	row, once, widest := 0, 0, 0 // floats
	if n.In.Bytes && n.trunks[0].tower == nil {
		row += n.In.Size()
	}
	for _, t := range n.trunks {
		for i, l := range t.layers {
			widest = max(widest, l.in)
			if i < len(t.layers)-1 {
				row += l.out
			}
		}
		if t.lstm != nil {
			row, once, widest = row+14*t.lstm.cells, once+4*t.lstm.cells*t.lstm.cells, max(widest, t.lstm.in)
		}
		if t.tower != nil {
			row, once = row+t.tower.slab+t.tower.features(), once+t.tower.slab+2*t.tower.maps[0].size()
		}
	}
	return uint64(rows)*(4*uint64(row+2*widest)+uint64(n.In.ElementSize()*n.In.Size())) + 4*uint64(once)
}

// pass is the Pass of a Net.
type pass struct {
	net     *Net
	rows    int
	input   env.Values   // [rows, frame]
	scaled  []float32    // [rows, frame]: input as floats, where it is bytes and goes to a dense layer
	scale   float32      // of bytes to scaled
	trunks  []trunkPass  // per trunk
	grad    [2][]float32 // [rows, widest]: gradients of layers' inputs; layer j's lies in grad[j&1]
	scratch kernel.Scratch
	params  []float32 // that layers are views of

	split  split
	sparse sparse
}

// trunkPass is the activations of a trunk.
type trunkPass struct {
	*trunk
	ready  []kernel.Linear // the layers, with the parameters bound
	tower  *towerPass      // nil: none
	hidden [][]float32     // per hidden layer [rows, out]
	memory *memory         // nil: none
}

// make allocates a trunk's activations and returns the greatest width of what goes into one of its layers.
func (p *trunkPass) make(t *trunk, rows int) (widest int) {
	p.trunk, p.ready = t, make([]kernel.Linear, len(t.layers))
	if t.tower != nil {
		p.tower = t.tower.newPass(rows)
	}
	if t.lstm != nil {
		p.memory = t.lstm.newPass(rows)
		widest = t.lstm.in
	}
	for i, l := range t.layers {
		widest = max(widest, l.in)
		if i < len(t.layers)-1 {
			widest = max(widest, l.out)
			p.hidden = append(p.hidden, make([]float32, rows*l.out))
		}
	}
	return widest
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
	for i := range p.trunks {
		t := &p.trunks[i]
		for j := range t.layers {
			l := &t.layers[j]
			t.ready[j] = kernel.NewLinear(l.weights(params), params[l.bias:l.bias+l.out], l.act)
		}
		if t.memory != nil {
			t.memory.bind(params)
		}
	}
}

func (p *pass) Step(params, out, state []float32, in env.Values, t, b int) {
	p.forward(params, out, state, in, nil, t*b, 1, b)
}

func (p *pass) Unroll(params, out, state []float32, in env.Values, starts []bool, t, b int) {
	p.forward(params, out, state, in, starts, 0, t, b)
}

func (p *pass) StateAfter(state []float32, row int) {
	for i := range p.trunks {
		if m := p.trunks[i].memory; m != nil {
			m.after(state, row)
		}
	}
}

// forward runs t steps of b rows from row first on.
func (p *pass) forward(params, out, state []float32, in env.Values, starts []bool, first, t, b int) {
	n, frame := t*b, p.net.In.Size()
	if first+n > p.rows || in.Len() < n*frame || len(out) < n*p.net.Out || len(state) < b*p.net.State {
		panic(fmt.Sprintf("nn: forward of rows [%d, %d) of %d, in %d, out %d, state %d", first, first+n, p.rows, in.Len(), len(out), len(state)))
	}
	if (in.U != nil) != p.net.In.Bytes {
		panic(fmt.Sprintf("nn: bytes: %t, for a network that takes bytes: %t", in.U != nil, p.net.In.Bytes))
	}
	p.bind(params)
	p.take(in, first*frame, n*frame)
	for i := range p.trunks {
		tr := &p.trunks[i]
		x := p.features(tr, first, n)
		if tr.tower != nil {
			x = tr.tower.forward(&p.scratch, params, p.input.Slice(first*frame, (first+n)*frame), first, n)
		}
		for j, h := range tr.hidden {
			width := tr.layers[j].out
			y := kernel.Matrix(h[first*width:(first+n)*width], n, width)
			tr.ready[j].Apply(&p.scratch, y, x)
			x = y
		}
		if tr.memory != nil {
			x = tr.memory.forward(&p.scratch, params, x, state, p.net.State, starts, first, t, b)
		}
		last := len(tr.layers) - 1
		y := kernel.Mat{X: out[tr.column:], Rows: n, Cols: tr.layers[last].out, Stride: p.net.Out}
		tr.ready[last].Apply(&p.scratch, y, x)
	}
	for _, c := range p.net.free {
		for r := range n {
			copy(out[r*p.net.Out+c.from:][:c.width], params[c.offset:])
		}
	}
}

// take keeps n elements of the input from the given one on.
func (p *pass) take(in env.Values, from, n int) {
	if in.F != nil {
		copy(p.input.F[from:from+n], in.F)
		return
	}
	copy(p.input.U[from:from+n], in.U)
	if p.scaled != nil {
		kernel.FromBytes(kernel.Matrix(p.scaled[from:from+n], 1, n), in.U[:n], n, p.scale)
	}
}

// features is what n rows of a trunk's first layer see, from the given row on.
func (p *pass) features(t *trunkPass, first, n int) kernel.Mat {
	x, width := p.input.F, p.net.In.Size()
	switch {
	case t.tower != nil:
		x, width = t.tower.out, t.tower.features()
	case p.scaled != nil:
		x = p.scaled
	}
	return kernel.Matrix(x[first*width:(first+n)*width], n, width)
}

func (l *dense) weights(params []float32) kernel.Mat {
	return kernel.Matrix(params[l.weight:l.weight+l.in*l.out], l.in, l.out)
}

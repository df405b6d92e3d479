package nn

import "covey/internal/kernel"

// sparse is the way back of the rows that have one: where only the gradient by the input is wanted, a row
// whose outputs' gradient is 0 has none. Of two critics of which the smaller value counts, each has about half
// of the rows.
type sparse struct {
	rows []int     // those whose gradient is not 0
	dy   []float32 // [rows, Out]
	x    []float32 // [rows, widest]: a layer's inputs
}

// gather copies the given rows of src, [_, width], to dst.
func gather(dst, src []float32, rows []int, width int) {
	for i, r := range rows {
		copy(dst[i*width:(i+1)*width], src[r*width:(r+1)*width])
	}
}

// find lists the rows of dout, [rows, width], that are not 0, and reports whether they are so few that gathering
// them pays.
func (s *sparse) find(dout []float32, rows, width int) bool {
	s.rows = s.rows[:0]
	for r := range rows {
		for _, d := range dout[r*width : (r+1)*width] {
			if d != 0 {
				s.rows = append(s.rows, r)
				break
			}
		}
	}
	return len(s.rows) <= rows*3/4
}

// backSparse writes din for the rows that s lists, and 0 for the others. The net has one trunk.
func (p *pass) backSparse(din, dout []float32, rows int) {
	s, t, frame := &p.sparse, &p.net.trunks[0], p.net.In.Size()
	n, out := len(s.rows), p.net.Out
	if s.dy == nil {
		s.dy, s.x = make([]float32, p.rows*out), make([]float32, len(p.grad[0]))
	}
	gather(s.dy, dout, s.rows, out)
	b := layerStep{layers: p.trunks[0].ready, dy: kernel.Mat{X: s.dy, Rows: n, Stride: out}}
	for j := len(t.layers) - 1; j >= 0; j-- {
		l := &t.layers[j]
		b.at, b.layer, b.dy.Cols, b.act = j, l, l.out, kernel.Identity
		b.dx = kernel.Matrix(p.grad[j&1][:n*l.in], n, l.in)
		if j > 0 {
			gather(s.x, p.trunks[0].hidden[j-1], s.rows, l.in)
			b.x, b.act = kernel.Matrix(s.x[:n*l.in], n, l.in), t.layers[j-1].act
		}
		b.inputs(&p.scratch)
		b.dy = b.dx
	}
	clear(din[:rows*frame])
	for i, r := range s.rows {
		copy(din[r*frame:(r+1)*frame], b.dx.Row(i))
	}
}

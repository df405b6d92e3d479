package nn

import (
	"math"

	"covey/env"
	"covey/internal/kernel"
)

// byteScale is what turns bytes into floats from 0 to 1: 1 over the greatest byte of the space, 255 or, where a byte is a
// yes or no, 1.
func byteScale(in env.Space) float32 {
	top := float32(1)
	for _, high := range in.High {
		top = max(top, high)
	}
	return 1 / top
}

// standardization is what x is scaled and then shifted by, so that its mean is 0 and its deviation 1. That of an image
// of one colour counts as 1/√n, as in TensorFlow's per_image_standardization.
func standardization(x []uint8) (scale, shift float32) {
	var sum, squares uint64
	for _, v := range x {
		sum += uint64(v)
		squares += uint64(v) * uint64(v)
	}
	n := uint64(len(x))
	deviation := math.Sqrt(float64(max(n*squares-sum*sum, n))) / float64(n)
	return float32(1 / deviation), float32(-float64(sum) / float64(n) / deviation)
}

// towerPass is the activations of a tower, image by image: an image's maps fit the caches.
type towerPass struct {
	*tower
	input []float32   // one image, as maps[0]
	slabs [][]float32 // per row [slab]: the other maps; their borders stay 0
	out   []float32   // [rows, features]

	// The way back, made when it is first wanted.
	dinput     []float32 // gradient of input
	dslab      []float32 // gradients of the maps of one image
	transposed []float32 // Wᵀ of every convolution, one after the other
}

func (t *tower) newPass(rows int) *towerPass {
	p := &towerPass{tower: t, input: make([]float32, t.maps[0].size()), slabs: make([][]float32, rows), out: make([]float32, rows*t.features())}
	all := make([]float32, rows*t.slab)
	for i := range p.slabs {
		p.slabs[i] = all[i*t.slab : (i+1)*t.slab]
	}
	return p
}

// at is where map i lies, given the floats of the input and those of the slab.
func (t *tower) at(i int, input, slab []float32) []float32 {
	if i == 0 {
		return input
	}
	return slab
}

// load makes an image the input. image: [frames, height, width, channels].
func (p *towerPass) load(image env.Values) {
	m := p.maps[0]
	inside, line, frame := m.inside(p.input), m.width*m.channels, p.height*m.width*m.channels
	scale, shift := p.scale, float32(0)
	if p.standardize {
		scale, shift = standardization(image.U)
	}
	for f := range p.frames {
		to := kernel.Mat{X: inside.X[f*inside.Line:], Rows: p.height, Cols: line, Stride: p.frames * inside.Line}
		if image.U != nil {
			kernel.FromBytes(to, image.U[f*frame:(f+1)*frame], line, scale)
		}
		for y := range p.height {
			switch row := to.Row(y); {
			case image.U == nil:
				copy(row, image.F[f*frame+y*line:][:line])
			case p.standardize:
				for i := range row {
					row[i] += shift
				}
			}
		}
	}
}

// forward runs rows [from, from+n) and returns their features. in: [n, frame].
func (p *towerPass) forward(s *kernel.Scratch, params []float32, in env.Values, from, n int) kernel.Mat {
	frame, features := p.frames*p.height*p.width*p.channels, p.features()
	for i := range n {
		p.load(in.Slice(i*frame, (i+1)*frame))
		slab := p.slabs[from+i]
		for j := range p.stages {
			p.run(s, &p.stages[j], params, slab)
		}
		last := len(p.maps) - 1
		y := p.maps[last].inside(p.at(last, p.input, slab))
		copyImage(kernel.Image(p.out[(from+i)*features:], y.Height, y.Width, y.Channels), y, kernel.Identity)
	}
	return kernel.Matrix(p.out[from*features:(from+n)*features], n, features)
}

// run takes one image through a stage.
func (p *towerPass) run(s *kernel.Scratch, st *stage, params, slab []float32) {
	from, to := p.maps[st.from], p.maps[st.to].inside(p.at(st.to, p.input, slab))
	x := p.at(st.from, p.input, slab)
	switch st.kind {
	case convolve:
		s.Conv(to, from.whole(x), st.window, st.weights(params), st.biases(params), st.act, st.adds)
	case pool:
		kernel.MaxPool(to, from.whole(x), poolWindow, poolBorder)
	case activate:
		copyImage(to, from.inside(x), st.act)
	}
}

func (s *stage) weights(params []float32) kernel.Mat {
	return kernel.Matrix(params[s.weight:s.weight+s.depth*s.filters], s.depth, s.filters)
}

func (s *stage) biases(params []float32) []float32 { return params[s.bias : s.bias+s.filters] }

// copyImage copies an image line by line, through the activation.
func copyImage(dst, src kernel.Images, act kernel.Activation) {
	line := src.Width * src.Channels
	for y := range src.Height {
		act.Apply(dst.X[y*dst.Line:][:line], src.X[y*src.Line:][:line])
	}
}

// backward carries the gradient of the features, dout [rows, features], back. grad: of the parameters; din: [rows,
// frame], of an input of floats, to which a further trunk adds; either may be nil. in: what the rows were fed.
func (p *towerPass) backward(s *kernel.Scratch, params, grad, din []float32, dout kernel.Mat, in env.Values, further bool) {
	p.prepare(params)
	frame, last := p.frames*p.height*p.width*p.channels, len(p.maps)-1
	for r := range dout.Rows {
		p.load(in.Slice(r*frame, (r+1)*frame))
		g, slab := p.maps[last].inside(p.at(last, p.dinput, p.dslab)), p.slabs[r]
		copyImage(g, kernel.Image(dout.Row(r), g.Height, g.Width, g.Channels), kernel.Identity)
		wt := p.transposed
		for j := len(p.stages) - 1; j >= 0; j-- {
			st := &p.stages[j]
			if st.kind == convolve {
				size := st.depth * st.filters
				p.unconvolve(s, st, grad, slab, kernel.Matrix(wt[:size], st.filters, st.depth), din != nil, r > 0)
				wt = wt[size:]
				continue
			}
			p.back(st, slab)
		}
		if din != nil {
			p.unload(din[r*frame:(r+1)*frame], further)
		}
	}
}

// prepare transposes the weights, last stage first.
func (p *towerPass) prepare(params []float32) {
	if p.dslab == nil {
		p.dslab, p.dinput = make([]float32, p.slab), make([]float32, len(p.input))
		size := 0
		for _, s := range p.stages {
			size += s.depth * s.filters
		}
		p.transposed = make([]float32, size)
	}
	wt := p.transposed
	for j := len(p.stages) - 1; j >= 0; j-- {
		if s := &p.stages[j]; s.kind == convolve {
			size := s.depth * s.filters
			kernel.CopyTransposed(kernel.Matrix(wt[:size], s.filters, s.depth), s.weights(params))
			wt = wt[size:]
		}
	}
}

// unconvolve carries the gradient of a convolution's output back to its input and its parameters. wt: [filters,
// depth]; later: to what earlier images of the batch came to.
func (p *towerPass) unconvolve(s *kernel.Scratch, st *stage, grad, slab []float32, wt kernel.Mat, input, later bool) {
	from, to := p.maps[st.from], p.maps[st.to]
	dy := to.inside(p.dslab)
	through(st.act, to.whole(p.dslab).X, to.whole(slab).X)
	if grad != nil {
		s.ConvWeights(st.weights(grad), from.whole(p.at(st.from, p.input, slab)), dy, st.window, later)
		for y := range dy.Height {
			line := kernel.Matrix(dy.X[y*dy.Line:], dy.Width, dy.Channels)
			kernel.ColumnSums(st.biases(grad), line, later || y > 0)
		}
	}
	if st.from > 0 || input {
		s.ConvInput(from.whole(p.at(st.from, p.dinput, p.dslab)), dy, st.window, wt)
	}
}

// through turns the gradient of an activation's output y into that of its input.
func through(act kernel.Activation, dx, y []float32) {
	switch act {
	case kernel.ReLU:
		kernel.ReLUGrad(dx, y)
	case kernel.Tanh:
		kernel.TanhGrad(dx, y)
	}
}

// back carries the gradient of what a stage without parameters wrote back.
func (p *towerPass) back(st *stage, slab []float32) {
	from, to := p.maps[st.from], p.maps[st.to]
	if st.kind == pool {
		kernel.MaxPoolGrad(from.whole(p.dslab), from.whole(slab), to.whole(p.dslab), poolWindow, poolBorder)
		return
	}
	through(st.act, to.whole(p.dslab).X, to.whole(slab).X)
	dx, dy := from.inside(p.dslab), to.inside(p.dslab)
	if !st.adds {
		copyImage(dx, dy, kernel.Identity)
		return
	}
	line := dy.Width * dy.Channels
	for y := range dy.Height {
		kernel.Add(dx.X[y*dx.Line:][:line], dy.X[y*dy.Line:][:line])
	}
}

// unload delivers the gradient of the input. din: [frames, height, width, channels].
func (p *towerPass) unload(din []float32, further bool) {
	m := p.maps[0]
	inside, line := m.inside(p.dinput), m.width*m.channels
	for f := range p.frames {
		for y := range p.height {
			deliver(din[(f*p.height+y)*line:][:line], inside.X[(y*p.frames+f)*inside.Line:][:line], further)
		}
	}
}

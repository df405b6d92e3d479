package kernel

import (
	"fmt"
	"math"
	"testing"
)

// picture is a convolution's operands: images with room between lines and between images.
type picture struct {
	n, height, width, in, out int
	window                    Window
}

func (p picture) String() string {
	return fmt.Sprintf("%d images %d×%d×%d, window %v, %d outputs", p.n, p.height, p.width, p.in, p.window, p.out)
}

// pictures are small convolutions of every kind: windows that overlap, touch and leave gaps, single lines and pixels,
// more and fewer rows and columns than a tile has.
func pictures() []picture {
	all := []picture{
		{2, 5, 6, 3, 10, Window{3, 3, 1, 1}},
		{1, 9, 9, 1, 32, Window{3, 3, 2, 2}},
		{2, 8, 40, 2, 5, Window{2, 3, 1, 2}},
		{1, 6, 37, 1, 1, Window{6, 1, 1, 1}},
		{1, 1, 70, 4, 40, Window{1, 4, 1, 3}},
		{3, 7, 7, 2, 33, Window{3, 2, 2, 3}},
		{1, 12, 12, 4, 16, Window{8, 8, 4, 4}},
		{1, 12, 5, 3, 70, Window{4, 3, 4, 1}}, // four lines a step: a stack of frames
		{2, 4, 4, 17, 130, Window{4, 4, 1, 1}},
		{1, 3, 16, 9, 24, Window{2, 2, 1, 1}},
	}
	if raceBuild {
		return all[:4]
	}
	for width := 1; width <= 32; width++ {
		all = append(all, picture{1, 3, width + 1, 1 + width%3, 1 + width%20, Window{2, 2, 1, 1}})
	}
	for out := 1; out <= 66; out++ {
		all = append(all, picture{1, 3, 2 + out%17, 2, out, Window{2, 1 + out%2, 1, 1 + out%3}})
	}
	return all
}

// images are filled with random numbers, but for what lies between their lines: a NaN that must not be read.
func (p picture) images(seed uint64, height, width, channels, gap int) Images {
	line := width*channels + gap
	m := Images{N: p.n, Height: height, Width: width, Channels: channels, Line: line, Stride: height*line + 2*gap}
	m.X = random(seed, p.n*m.Stride)
	for i := range m.X {
		if at := i % m.Stride; at/line >= height || at%line >= width*channels {
			m.X[i] = math.Float32frombits(guard)
		}
	}
	return m
}

func (p picture) operands() (x, dy Images, w Mat, bias []float32) {
	h, width := p.window.Outputs(p.height, p.width)
	depth := p.window.depth(p.in)
	w = Mat{X: random(7, depth*(p.out+2)), Rows: depth, Cols: p.out, Stride: p.out + 2}
	return p.images(5, p.height, p.width, p.in, 3), p.images(6, h, width, p.out, 5), w, random(8, p.out)
}

// at is the index in x of element k of the window at (i, j).
func (p picture) at(x Images, n, i, j, k int) int {
	run := p.window.Width * p.in
	return n*x.Stride + (i*p.window.Down+k/run)*x.Line + j*p.window.Right*p.in + k%run
}

// each calls f for every pixel of y.
func each(y Images, f func(n, i, j, at int)) {
	for n := range y.N {
		for i := range y.Height {
			for j := range y.Width {
				f(n, i, j, n*y.Stride+i*y.Line+j*y.Channels)
			}
		}
	}
}

// wantConv is Y in the order of additions that Conv's comment gives, from what stands in before.
func (p picture) wantConv(before, x Images, w Mat, bias []float32, act Activation, accumulate bool) []float32 {
	want := append([]float32(nil), before.X...)
	each(before, func(n, i, j, at int) {
		for o := range p.out {
			var sum float32
			for k := range w.Rows {
				sum = fma32(x.X[p.at(x, n, i, j, k)], w.Row(k)[o], sum)
			}
			if bias != nil {
				sum += bias[o]
			}
			if accumulate {
				sum += want[at+o]
			}
			want[at+o] = finished(sum, nil, 0, act)
		}
	})
	return want
}

// wantWeights is dW in the order that ConvWeights' comment gives.
func (p picture) wantWeights(before Mat, x, dy Images, accumulate bool) []float32 {
	want := append([]float32(nil), before.X...)
	for k := range before.Rows {
		for o := range before.Cols {
			to := &want[k*before.Stride+o]
			for n := range dy.N {
				var sum float32
				one := dy.one(n)
				each(one, func(_, i, j, at int) { sum = fma32(x.X[p.at(x, n, i, j, k)], one.X[at+o], sum) })
				if accumulate || n > 0 {
					sum += *to
				}
				*to = sum
			}
		}
	}
	return want
}

// wantInput is dX in the order that ConvInput's comment gives.
func (p picture) wantInput(before, dy Images, wt Mat) []float32 {
	want := append([]float32(nil), before.X...)
	each(before, func(_, _, _, at int) { clear(want[at : at+p.in]) })
	run, phases := p.window.Width*p.in, (p.window.Width+p.window.Right-1)/p.window.Right
	for l := range p.window.Height {
		for phase := range phases {
			each(dy, func(n, i, j, at int) {
				if j%phases != phase {
					return
				}
				for k := l * run; k < (l+1)*run; k++ {
					var sum float32
					for o := range p.out {
						sum = fma32(dy.X[at+o], wt.Row(o)[k], sum)
					}
					want[p.at(before, n, i, j, k)] += sum
				}
			})
		}
	}
	return want
}

// guardedImages puts m's elements between guards.
func guardedImages(m Images, offset int) (guarded, Images) {
	g := newGuardedCopy(m.X, offset)
	m.X = g.x
	return g, m
}

func sameVectors(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range got {
		if !sameBits(v, want[i]) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// TestConv holds the three kernels of a convolution against chains of fused multiply-adds, bit for bit at both
// levels; nothing is written, nor read, between lines and images.
func TestConv(t *testing.T) {
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		for i, p := range pictures() {
			x, dy, w, bias := p.operands()
			act, accumulate := Activation(i%2), i%3 == 0
			if i%5 == 0 {
				bias = nil
			}
			g, y := guardedImages(dy, i)
			want := p.wantConv(dy, x, w, bias, act, accumulate)
			s.Conv(y, x, p.window, w, bias, act, accumulate)
			g.check(t, p.String())
			sameVectors(t, p.String(), y.X, want)

			g = newGuardedCopy(w.X, i)
			dw := Mat{X: g.x, Rows: w.Rows, Cols: w.Cols, Stride: w.Stride}
			want = p.wantWeights(w, x, dy, accumulate)
			s.ConvWeights(dw, x, dy, p.window, accumulate)
			g.check(t, p.String()+" weights")
			sameVectors(t, p.String()+" weights", dw.X, want)

			wt := Matrix(make([]float32, w.Rows*w.Cols), w.Cols, w.Rows)
			CopyTransposed(wt, w)
			g, dx := guardedImages(x, i)
			want = p.wantInput(x, dy, wt)
			s.ConvInput(dx, dy, p.window, wt)
			g.check(t, p.String()+" input")
			sameVectors(t, p.String()+" input", dx.X, want)
		}
	})
}

// TestConvPlain: the plain forms agree with the vector forms' definition to rounding, relative to the sum of the
// products' sizes.
func TestConvPlain(t *testing.T) {
	useLevel(t, generic)
	var s Scratch
	near := func(what string, got, want []float32, terms int) {
		t.Helper()
		for i, v := range got {
			if math.Float32bits(want[i]) != guard && !(math.Abs(float64(v-want[i])) <= float64(terms)*1e-6) {
				t.Fatalf("%s: element %d is %v, want %v", what, i, v, want[i])
			}
		}
	}
	for i, p := range pictures() {
		x, dy, w, bias := p.operands()
		for _, act := range []Activation{Identity, ReLU} {
			_, y := guardedImages(dy, 0)
			s.Conv(y, x, p.window, w, bias, act, i%2 == 0)
			near(p.String(), y.X, p.wantConv(dy, x, w, bias, act, i%2 == 0), w.Rows)
		}
		dw := Mat{X: append([]float32(nil), w.X...), Rows: w.Rows, Cols: w.Cols, Stride: w.Stride}
		s.ConvWeights(dw, x, dy, p.window, i%2 == 0)
		near(p.String()+" weights", dw.X, p.wantWeights(w, x, dy, i%2 == 0), p.n*dy.Height*dy.Width)
		wt := Matrix(make([]float32, w.Rows*w.Cols), w.Cols, w.Rows)
		CopyTransposed(wt, w)
		_, dx := guardedImages(x, 0)
		s.ConvInput(dx, dy, p.window, wt)
		near(p.String()+" input", dx.X, p.wantInput(x, dy, wt), p.out*p.window.Height*p.window.Width)
	}
}

// TestConvTanh: the activation is applied to the pixels alone, after the sum.
func TestConvTanh(t *testing.T) {
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		p := picture{2, 6, 5, 3, 12, Window{3, 2, 1, 1}}
		x, dy, w, bias := p.operands()
		want := p.wantConv(dy, x, w, bias, Identity, false)
		each(dy, func(_, _, _, at int) { Tanh.Apply(want[at:at+p.out], want[at:at+p.out]) })
		_, y := guardedImages(dy, 1)
		s.Conv(y, x, p.window, w, bias, Tanh, false)
		sameVectors(t, p.String(), y.X, want)
	})
}

func TestConvWrongShapes(t *testing.T) {
	var s Scratch
	image := func(h, w, c int) Images { return Image(make([]float32, h*w*c), h, w, c) }
	mat := func(m, n int) Mat { return Matrix(make([]float32, m*n), m, n) }
	window := Window{2, 2, 1, 1}
	for name, call := range map[string]func(){
		"outputs":     func() { s.Conv(image(3, 4, 5), image(4, 4, 2), window, mat(8, 5), nil, Identity, false) },
		"channels":    func() { s.Conv(image(3, 3, 5), image(4, 4, 2), window, mat(8, 6), nil, Identity, false) },
		"weights":     func() { s.Conv(image(3, 3, 5), image(4, 4, 2), window, mat(9, 5), nil, Identity, false) },
		"bias":        func() { s.Conv(image(3, 3, 5), image(4, 4, 2), window, mat(8, 5), make([]float32, 4), Identity, false) },
		"no window":   func() { s.Conv(image(3, 3, 5), image(4, 4, 2), Window{2, 2, 0, 1}, mat(8, 5), nil, Identity, false) },
		"too large":   func() { s.Conv(image(1, 3, 5), image(1, 4, 2), window, mat(8, 5), nil, Identity, false) },
		"gradient":    func() { s.ConvWeights(mat(8, 4), image(4, 4, 2), image(3, 3, 5), window, false) },
		"transposed":  func() { s.ConvInput(image(4, 4, 2), image(3, 3, 5), window, mat(8, 5)) },
		"no elements": func() { Image(make([]float32, 7), 2, 2, 2) },
		"transposing": func() { CopyTransposed(mat(3, 2), mat(3, 2)) },
	} {
		mustPanic(t, name, call)
	}
}

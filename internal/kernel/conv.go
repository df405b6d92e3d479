package kernel

import "fmt"

// Images is a batch of images, channels innermost: element (n, y, x, c) is X[n*Stride + y*Line + x*Channels + c].
// What lies between the lines and between the images belongs to others: the border of a padded image, say.
type Images struct {
	X                          []float32
	N, Height, Width, Channels int
	Line, Stride               int
}

// Image is one image whose lines follow each other in x.
func Image(x []float32, height, width, channels int) Images {
	m := Images{X: x, N: 1, Height: height, Width: width, Channels: channels, Line: width * channels, Stride: height * width * channels}
	m.check("Image")
	return m
}

func (m Images) check(where string) {
	if m.N < 0 || m.Height < 0 || m.Width < 0 || m.Channels < 0 || m.Line < m.Width*m.Channels ||
		m.N*m.Height*m.Width*m.Channels > 0 && (m.N-1)*m.Stride+(m.Height-1)*m.Line+m.Width*m.Channels > len(m.X) {
		panic(fmt.Sprintf("kernel: %s: images %v of lines of %d and stride %d in %d elements", where, m.shape(), m.Line, m.Stride, len(m.X)))
	}
}

func (m Images) shape() [4]int { return [4]int{m.N, m.Height, m.Width, m.Channels} }

// Window is what a convolution sees at once: Height lines of Width pixels, which move by Down lines and Right pixels.
type Window struct {
	Height, Width, Down, Right int
}

// Outputs is how many positions the window has in an image; 0 where it does not fit.
func (v Window) Outputs(height, width int) (h, w int) {
	if height < v.Height || width < v.Width {
		return 0, 0
	}
	return (height-v.Height)/v.Down + 1, (width-v.Width)/v.Right + 1
}

// depth is the number of elements in a window.
func (v Window) depth(channels int) int { return v.Height * v.Width * channels }

// Conv writes Y = act(X ∗ W + b), or adds X ∗ W + b to Y: each pixel of y is the window of x at its place times w.
// y: [n, h, w, out], x: [n, height, width, in] with any border already around it, w: [window.Height * window.Width * in, out]
// in the order line, pixel, channel; bias: [out], nil for none.
//
// Sums run in one chain over w's rows, for any number of outputs, then + bias, + Y, activation.
func (s *Scratch) Conv(y, x Images, v Window, w Mat, bias []float32, act Activation, accumulate bool) {
	checkConv("Conv", y, x, v, w)
	if bias != nil {
		sameLength("Conv", len(bias), w.Cols)
	}
	if y.N*y.Height*y.Width*y.Channels == 0 {
		return
	}
	if level == generic {
		convPlain(y, x, v, w, bias, act, accumulate, grow(&s.result, w.Cols))
	} else {
		convVector(y, x, v, w, bias, act, accumulate)
	}
	if act == Tanh {
		for n := range y.N {
			for i := range y.Height {
				line := y.line(n, i)
				Tanh.Apply(line, line)
			}
		}
	}
}

// ConvWeights writes the gradient of Conv's w, or adds it to dw: for each image one chain over its pixels in order, the
// images in order. dw: [window.Height * window.Width * in, out], x and dy as Conv's x and y.
func (s *Scratch) ConvWeights(dw Mat, x, dy Images, v Window, accumulate bool) {
	checkConv("ConvWeights", dy, x, v, dw)
	if dw.Rows*dw.Cols == 0 {
		return
	}
	for n := range x.N {
		from, to := x.one(n), dy.one(n)
		if level == generic {
			convWeightsPlain(dw, from, to, v, accumulate, grow(&s.result, dw.Cols))
		} else {
			convWeightsVector(dw, from, to, v, accumulate)
		}
		accumulate = true
	}
	if !accumulate {
		for i := range dw.Rows {
			clear(dw.Row(i))
		}
	}
}

// ConvInput writes the gradient of Conv's x: dx and dy as Conv's x and y, wt: Wᵀ, [out, window.Height * window.Width * in].
// Each element is what its windows' chains over the outputs come to, added to 0 in this order: the window's lines, and
// in each the positions whose number is 0, 1, 2, … mod ⌈window.Width / Right⌉.
func (s *Scratch) ConvInput(dx, dy Images, v Window, wt Mat) {
	checkConv("ConvInput", dy, dx, v, Mat{X: wt.X, Rows: wt.Cols, Cols: wt.Rows, Stride: max(wt.Rows, 1)})
	wt.check("ConvInput")
	for n := range dx.N {
		for i := range dx.Height {
			clear(dx.line(n, i))
		}
		to, from := dx.one(n), dy.one(n)
		if dy.Height*dy.Width*wt.Rows*wt.Cols == 0 {
			continue
		}
		if level == generic {
			convInputPlain(to, from, v, wt, grow(&s.result, v.Width*dx.Channels))
		} else {
			convInputVector(to, from, v, wt)
		}
	}
}

// CopyTransposed writes Y = Xᵀ. y: [n, m], x: [m, n].
func CopyTransposed(y, x Mat) {
	y.check("CopyTransposed")
	x.check("CopyTransposed")
	if y.Rows != x.Cols || y.Cols != x.Rows {
		panic(fmt.Sprintf("kernel: CopyTransposed: %d×%d from %d×%d", y.Rows, y.Cols, x.Rows, x.Cols))
	}
	if level == generic {
		transposePlain(y, x)
	} else {
		transposeVector(y, x)
	}
}

func (m Images) line(n, y int) []float32 {
	from := n*m.Stride + y*m.Line
	return m.X[from : from+m.Width*m.Channels]
}

// one is image n alone.
func (m Images) one(n int) Images {
	m.X, m.N = m.X[n*m.Stride:], 1
	return m
}

// checkConv panics unless y is what a window of x comes to under w.
func checkConv(where string, y, x Images, v Window, w Mat) {
	y.check(where)
	x.check(where)
	w.check(where)
	if v.Height < 1 || v.Width < 1 || v.Down < 1 || v.Right < 1 {
		panic(fmt.Sprintf("kernel: %s: window %+v", where, v))
	}
	h, width := v.Outputs(x.Height, x.Width)
	if y.N != x.N || y.Height != h || y.Width != width || w.Cols != y.Channels || w.Rows != v.depth(x.Channels) {
		panic(fmt.Sprintf("kernel: %s: images %v and %v by a window %+v of %d×%d weights", where, x.shape(), y.shape(), v, w.Rows, w.Cols))
	}
}

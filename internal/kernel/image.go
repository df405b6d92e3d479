package kernel

import "fmt"

// FromBytes writes y = scale·x, line by line. y: [lines, n], x: line i at x[i*stride : i*stride+n].
func FromBytes(y Mat, x []uint8, stride int, scale float32) {
	y.check("FromBytes")
	if y.Rows == 0 || y.Cols == 0 {
		return
	}
	if stride < y.Cols || (y.Rows-1)*stride+y.Cols > len(x) {
		panic(fmt.Sprintf("kernel: FromBytes: %d×%d from lines of stride %d in %d bytes", y.Rows, y.Cols, stride, len(x)))
	}
	if level == generic {
		for i := range y.Rows {
			row := y.Row(i)
			for j, v := range x[i*stride:][:y.Cols] {
				row[j] = scale * float32(v)
			}
		}
		return
	}
	fromBytesVector(y, x, stride, scale)
}

// MaxPool writes the greatest elements of windows, channel by channel, NaN where one is in the window. Windows begin
// border lines and pixels outside of x, whose surroundings do not count. y: [n, h, w, channels], x: [n, height, width,
// channels].
func MaxPool(y, x Images, v Window, border int) {
	checkPool("MaxPool", y, x, v, border)
	eachPool(y, x, v, border, func(p poolLine) {
		if level == generic {
			maxPoolPlain(y, x, p)
		} else {
			maxPoolVector(y, x, p)
		}
	})
}

// MaxPoolGrad writes the gradient of MaxPool's x: a window's gradient goes to the first of its greatest elements, lines
// first; that of a window with a NaN goes nowhere. dx: laid out as x.
func MaxPoolGrad(dx, x, dy Images, v Window, border int) {
	checkPool("MaxPoolGrad", dy, x, v, border)
	dx.check("MaxPoolGrad")
	if dx.shape() != x.shape() || dx.Line != x.Line || dx.Stride != x.Stride {
		panic(fmt.Sprintf("kernel: MaxPoolGrad: gradient %v of images %v", dx.shape(), x.shape()))
	}
	for n := range dx.N {
		for i := range dx.Height {
			clear(dx.line(n, i))
		}
	}
	eachPool(dy, x, v, border, func(p poolLine) {
		if level == generic {
			maxPoolGradPlain(dx, x, dy, p)
		} else {
			maxPoolGradVector(dx, x, dy, p)
		}
	})
}

func checkPool(where string, y, x Images, v Window, border int) {
	y.check(where)
	x.check(where)
	if v.Height < 1 || v.Width < 1 || v.Down < 1 || v.Right < 1 || border < 0 || border >= min(v.Height, v.Width) {
		panic(fmt.Sprintf("kernel: %s: window %+v, border %d", where, v, border))
	}
	h, w := v.Outputs(x.Height+2*border, x.Width+2*border)
	if y.N != x.N || y.Height != h || y.Width != w || y.Channels != x.Channels {
		panic(fmt.Sprintf("kernel: %s: images %v and %v by a window %+v with a border of %d", where, x.shape(), y.shape(), v, border))
	}
}

// poolLine is neighbouring windows of one size, the border cut off.
type poolLine struct {
	x, y          int // where the first window begins in X, and its output in Y
	pixels        int // windows
	right         int // elements from a window to the next
	height, width int // of a window
}

// eachPool cuts the windows of y into lines of windows of one size, in order.
func eachPool(y, x Images, v Window, border int, do func(poolLine)) {
	if y.N*y.Height*y.Width*y.Channels == 0 {
		return
	}
	for n := range y.N {
		for i := range y.Height {
			top, height := cut(i*v.Down-border, v.Height, x.Height)
			for j := 0; j < y.Width; {
				left, width := cut(j*v.Right-border, v.Width, x.Width)
				p := poolLine{
					x: n*x.Stride + top*x.Line + left*x.Channels, y: n*y.Stride + i*y.Line + j*y.Channels,
					pixels: 1, right: v.Right * x.Channels, height: height, width: width,
				}
				if width == v.Width { // and so are the next ones, until the border
					p.pixels = max(1, min(y.Width-j, (x.Width-width-left)/v.Right+1))
				}
				do(p)
				j += p.pixels
			}
		}
	}
}

// cut is the part of [from, from+n) that lies in [0, end).
func cut(from, n, end int) (first, rest int) {
	first = max(from, 0)
	return first, min(from+n, end) - first
}

func maxPoolPlain(y, x Images, p poolLine) {
	for j := range p.pixels {
		from, to := p.x+j*p.right, y.X[p.y+j*y.Channels:][:y.Channels]
		copy(to, x.X[from:])
		for l := range p.height {
			for w := range p.width {
				for c, v := range x.X[from+l*x.Line+w*x.Channels:][:len(to)] {
					to[c] = max(to[c], v)
				}
			}
		}
	}
}

func maxPoolGradPlain(dx, x, dy Images, p poolLine) {
	for j := range p.pixels {
		for c, d := range dy.X[p.y+j*dy.Channels:][:dy.Channels] {
			from := p.x + j*p.right + c
			at := func(i int) int { return from + i/p.width*x.Line + i%p.width*x.Channels }
			top := x.X[from]
			for i := range p.height * p.width {
				top = max(top, x.X[at(i)])
			}
			for i := range p.height * p.width {
				if x.X[at(i)] == top {
					dx.X[at(i)] += d
					break
				}
			}
		}
	}
}

//go:build !purego

package kernel

import "covey/internal/kernel/args"

// Pool is the argument block of the kernels of max-pooling.
type Pool = args.Pool

func fromBytesVector(y Mat, x []uint8, stride int, scale float32) {
	lines := max(1, chunk/y.Cols)
	for i := 0; i < y.Rows; i += lines {
		n := min(lines, y.Rows-i)
		if level == avx512 {
			fromBytesAVX512(n, y.Cols, &y.X[i*y.Stride], 4*y.Stride, &x[i*stride], stride, scale)
		} else {
			fromBytesAVX2(n, y.Cols, &y.X[i*y.Stride], 4*y.Stride, &x[i*stride], stride, scale)
		}
	}
}

func (p poolLine) block(x, y Images) Pool {
	return Pool{
		X: pointer(x.X), XAt: 4 * p.x, XLine: 4 * x.Line, XRight: 4 * p.right, Pixel: 4 * x.Channels,
		Y: pointer(y.X), YAt: 4 * p.y, Pixels: p.pixels, Channels: x.Channels, Height: p.height, Width: p.width,
	}
}

func maxPoolVector(y, x Images, p poolLine) {
	t := p.block(x, y)
	if level == avx512 {
		maxPoolAVX512(&t)
	} else {
		maxPoolAVX2(&t)
	}
}

func maxPoolGradVector(dx, x, dy Images, p poolLine) {
	t := p.block(x, dy)
	t.DX = pointer(dx.X)
	if level == avx512 {
		maxPoolGradAVX512(&t)
	} else {
		maxPoolGradAVX2(&t)
	}
}

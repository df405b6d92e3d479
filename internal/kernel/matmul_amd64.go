//go:build !purego

package kernel

import (
	"unsafe"

	"covey/internal/kernel/args"
)

// Tile is the argument block of the product kernels.
type Tile = args.Tile

// Transpose is the argument block of the transposition.
type Transpose = args.Transpose

// pointer is the address of x's first element, if it has one.
func pointer(x []float32) *float32 { return unsafe.SliceData(x) }

func (s *Scratch) matMulVector(y, x, w Mat, bias []float32, act Activation) {
	t := Tile{
		K: x.Cols,
		X: pointer(x.X), XRow: 4 * x.Stride, XCol: 4,
		W: pointer(w.X), WRow: 4 * w.Stride,
		Y: pointer(y.X), YRow: 4 * y.Stride,
		Bias: pointer(bias),
	}
	if act == ReLU {
		t.Flags = args.ReLU
	}
	switch m, n := y.Rows, y.Cols; {
	case n == 1:
		if w.Stride != 1 { // the kernel wants the column contiguous
			column := Matrix(grow(&s.panel, w.Rows), 1, w.Rows)
			transpose(column, w)
			t.W = pointer(column.X)
		}
		columnProduct(&t, m)
	case n <= packed && m >= packedRows:
		if w.Stride != packed || n != packed {
			padded := Matrix(grow(&s.panel, packed*w.Rows), w.Rows, packed)
			pad(padded, w)
			t.W = pointer(padded.X)
		}
		packedProduct(&t, m, n)
	case n <= narrow:
		narrowProduct(&t, m, n)
	default:
		wideProduct(&t, m, n, nil)
	}
}

// matMulAddVector is MatMulAdd for more than 8 columns.
func matMulAddVector(y, x, w Mat) {
	t := Tile{
		K: x.Cols,
		X: pointer(x.X), XRow: 4 * x.Stride, XCol: 4,
		W: pointer(w.X), WRow: 4 * w.Stride,
		Y: pointer(y.X), YRow: 4 * y.Stride,
		Flags: args.Accumulate,
	}
	wideProduct(&t, y.Rows, y.Cols, nil)
}

func (s *Scratch) matMulBTVector(dx, dy, w Mat) {
	t := Tile{
		K: dy.Cols,
		X: pointer(dy.X), XRow: 4 * dy.Stride, XCol: 4,
		W: pointer(w.X), WRow: 4 * w.Stride,
		Y: pointer(dx.X), YRow: 4 * dx.Stride,
	}
	switch m, n := dx.Rows, dx.Cols; {
	case n == 1: // W is a row: the contiguous column that the kernel wants
		columnProduct(&t, m)
	case n <= narrow:
		stride := narrow
		if n <= packed {
			stride = packed
		}
		wt := Matrix(grow(&s.panel, stride*w.Cols), w.Cols, stride)
		transpose(wt, w)
		t.W, t.WRow = pointer(wt.X), 4*stride
		if n <= packed && m >= packedRows {
			packedProduct(&t, m, n)
		} else {
			narrowProduct(&t, m, n)
		}
	case w.Cols == 1 && w.Stride == 1: // a column is its own transpose
		wideProduct(&t, m, n, nil)
	default:
		wt := transposed{w: w, panel: grow(&s.panel, widestPanel()*w.Cols)}
		t.W = pointer(wt.panel)
		wideProduct(&t, m, n, &wt)
	}
}

func (s *Scratch) matMulATVector(dw, x, dy Mat) {
	switch {
	case dw.Cols == 1 && dw.Stride == 1: // a column is its own transpose
		productAT(Mat{X: dw.X, Rows: 1, Cols: dw.Rows, Stride: dw.Rows}, dy, x)
	case dw.Cols <= narrow && dw.Rows > narrow:
		// dWᵀ = dYᵀ·X fills the lanes better.
		dwt := Matrix(grow(&s.result, dw.Cols*dw.Rows), dw.Cols, dw.Rows)
		productAT(dwt, dy, x)
		transpose(dw, dwt)
	default:
		productAT(dw, x, dy)
	}
}

// productAT is Z = Xᵀ·Y. z: [k, n], x: [m, k], y: [m, n].
func productAT(z, x, y Mat) {
	t := Tile{
		K: x.Rows,
		X: pointer(x.X), XRow: 4, XCol: 4 * x.Stride,
		W: pointer(y.X), WRow: 4 * y.Stride,
		Y: pointer(z.X), YRow: 4 * z.Stride,
	}
	wideProduct(&t, z.Rows, z.Cols, nil)
}

// transpose writes Y = Xᵀ, in strips of 8 rows of X. y: [n, m], x: [m, n].
func transpose(y, x Mat) {
	if x.Cols == 0 {
		return
	}
	t := Transpose{YRow: 4 * y.Stride, XRow: 4 * x.Stride, Cols: x.Cols}
	for i := 0; i < x.Rows; i += 8 {
		t.Y, t.X, t.Rows = &y.X[i], &x.X[i*x.Stride], x.Rows-i
		switch {
		case t.Rows >= 8 && level == avx512:
			transpose8AVX512(&t)
		case t.Rows >= 8:
			transpose8AVX2(&t)
		case level == avx512:
			transposeFewAVX512(&t)
		default:
			transposeFewAVX2(&t)
		}
	}
}

// pad copies X to Y, whose stride is 4; the elements between become 0. y: [m, 4], x: [m, n ≤ 4].
func pad(y, x Mat) {
	if x.Rows > 0 {
		padAVX2(&Transpose{Y: &y.X[0], X: &x.X[0], XRow: 4 * x.Stride, Rows: x.Rows, Cols: x.Cols})
	}
}

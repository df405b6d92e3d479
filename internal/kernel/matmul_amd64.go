//go:build !purego

package kernel

import (
	"unsafe"

	"covey/internal/kernel/args"
)

// The argument blocks of the assembly.
type (
	Tile      = args.Tile
	Transpose = args.Transpose
)

// callLimit is the number of multiply-adds that one call of an assembly kernel does at most, about 20 µs:
// assembly cannot be preempted. A single block of rows may exceed it.
const callLimit = 1 << 21

// pointer is the address of x's first element.
func pointer(x []float32) *float32 { return unsafe.SliceData(x) }

// advance is p moved on by so many bytes. The result must lie in the same array: the garbage collector
// ends a program that holds a pointer to nowhere.
func advance(p *float32, bytes int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}

// newTile is Y = X·W, summed over X's columns.
func newTile(y, x, w Mat) Tile {
	return Tile{
		K: x.Cols,
		X: pointer(x.X), XRow: 4 * x.Stride, XCol: 4,
		W: pointer(w.X), WRow: 4 * w.Stride,
		Y: pointer(y.X), YRow: 4 * y.Stride,
	}
}

// below is the part of a product so many rows down. There must be such rows.
func below(t Tile, rows int) Tile {
	if t.K > 0 { // otherwise X is empty
		t.X = advance(t.X, rows*t.XRow)
	}
	t.Y = advance(t.Y, rows*t.YRow)
	return t
}

// atOnce is the number of blocks of so many outputs, summed over k, that one call may compute.
func atOnce(outputs, k int) int { return max(1, callLimit/(outputs*(k+1))) }

func (s *Scratch) matMulVector(y, x, w Mat, bias []float32, act Activation) {
	t := newTile(y, x, w)
	t.Bias = pointer(bias)
	if act == ReLU {
		t.Flags = args.ReLU
	}
	switch {
	case y.Cols == 1:
		if w.Stride != 1 { // the kernel wants the column contiguous
			column := Matrix(grow(&s.panel, w.Rows), 1, w.Rows)
			transpose(column, w)
			t.W = pointer(column.X)
		}
		columnProduct(t, y.Rows)
	case y.Cols <= narrow:
		narrowProduct(t, y.Rows, y.Cols)
	default:
		wideProduct(t, y.Rows, y.Cols, nil)
	}
}

func (s *Scratch) matMulBTVector(dx, dy, w Mat) {
	t := newTile(dx, dy, w)
	switch {
	case dx.Cols == 1: // W is a row: the contiguous column that the kernel wants
		columnProduct(t, dx.Rows)
	case dx.Cols <= narrow:
		wt := Matrix(grow(&s.panel, narrow*w.Cols), w.Cols, narrow)
		transpose(wt, w)
		t.W, t.WRow = pointer(wt.X), 4*wt.Stride
		narrowProduct(t, dx.Rows, dx.Cols)
	case w.Cols == 1 && w.Stride == 1: // a column is its own transpose
		wideProduct(t, dx.Rows, dx.Cols, nil)
	default:
		wideProduct(t, dx.Rows, dx.Cols, &transposed{w: w, panel: grow(&s.panel, widestPanel()*w.Cols)})
	}
}

func (s *Scratch) matMulATVector(dw, x, dy Mat, accumulate bool) {
	switch {
	case dw.Cols == 1 && dw.Stride == 1: // a column is its own transpose
		productAT(Mat{X: dw.X, Rows: 1, Cols: dw.Rows, Stride: dw.Rows}, dy, x, accumulate)
	case dw.Cols <= narrow && dw.Rows > narrow:
		// dWᵀ = dYᵀ·X fills the lanes better.
		dwt := Matrix(grow(&s.result, dw.Cols*dw.Rows), dw.Cols, dw.Rows)
		if accumulate {
			transpose(dwt, dw)
		}
		productAT(dwt, dy, x, accumulate)
		transpose(dw, dwt)
	default:
		productAT(dw, x, dy, accumulate)
	}
}

// productAT is Z (+)= Xᵀ·Y. z: [k, n], x: [m, k], y: [m, n].
func productAT(z, x, y Mat, accumulate bool) {
	t := newTile(z, x, y)
	t.K, t.XRow, t.XCol = x.Rows, t.XCol, t.XRow
	if accumulate {
		t.Flags = args.Accumulate
	}
	wideProduct(t, z.Rows, z.Cols, nil)
}

// transposed stands for Wᵀ, which wideProduct makes panel by panel. w: [n, k].
type transposed struct {
	w     Mat
	panel []float32 // [k, columns of the widest panel]
}

// widestPanel is the number of columns of the widest tile.
func widestPanel() int {
	if level == avx512 {
		return 16 * tileWidthsAVX512[1]
	}
	return 8 * tileWidthsAVX2[1]
}

// wideProduct runs tiles over m rows and n columns, panel after panel of columns. The rows are split
// evenly into as few blocks as possible. Where wt is given it replaces t.W.
func wideProduct(t Tile, m, n int, wt *transposed) {
	lanes, widths := 16, tileWidthsAVX512[:]
	if level == avx2 {
		lanes, widths = 8, tileWidthsAVX2[:]
	}
	blocks := (m + len(widths) - 2) / (len(widths) - 1)
	rows, taller := m/blocks, m%blocks // so many blocks have one row more
	width := widths[rows]
	if taller > 0 {
		width = widths[rows+1]
	}
	panel := width * lanes
	first := t
	for j := 0; j < n; j += panel {
		columns := min(panel, n-j)
		t.X, t.Y = first.X, advance(first.Y, 4*j)
		if first.Bias != nil {
			t.Bias = advance(first.Bias, 4*j)
		}
		switch {
		case t.K == 0:
		case wt == nil:
			t.W = advance(first.W, 4*j)
		default:
			p := Mat{X: wt.panel, Rows: wt.w.Cols, Cols: columns, Stride: panel}
			transpose(p, Mat{X: wt.w.X[j*wt.w.Stride:], Rows: columns, Cols: wt.w.Cols, Stride: wt.w.Stride})
			t.W, t.WRow = pointer(p.X), 4*p.Stride
		}
		vectors := (columns + lanes - 1) / lanes
		t.Tail = columns - (vectors-1)*lanes
		if taller > 0 {
			runTiles(t, rows+1, vectors, lanes, taller)
			t = below(t, taller*(rows+1))
		}
		runTiles(t, rows, vectors, lanes, blocks-taller)
	}
}

// runTiles runs blocks of rows of one panel.
func runTiles(t Tile, rows, vectors, lanes, blocks int) {
	limit := atOnce(rows*vectors*lanes, t.K)
	for blocks > 0 {
		t.Blocks = min(blocks, limit)
		blocks -= t.Blocks
		switch {
		case level == avx512:
			tileAVX512(rows, vectors, &t)
		case t.Tail == lanes:
			tileAVX2(rows, vectors, &t)
		default:
			tileTailAVX2(rows, vectors, &t)
		}
		if blocks > 0 {
			t = below(t, rows*t.Blocks)
		}
	}
}

// narrowProduct is a product of 2 … 8 columns.
func narrowProduct(t Tile, m, n int) {
	t.Tail = n
	for {
		rows := narrowBlock(m)
		t.Blocks = min(m/rows, atOnce(rows*narrow, t.K))
		switch {
		case level == avx512 && rows == 6:
			narrow6AVX512(&t)
		case level == avx512 && rows == 4:
			narrow4AVX512(&t)
		case level == avx512 && rows == 2:
			narrow2AVX512(&t)
		case level == avx512:
			narrow1AVX512(&t)
		case rows == 3:
			narrow3AVX2(&t)
		case rows == 2:
			narrow2AVX2(&t)
		default:
			narrow1AVX2(&t)
		}
		if m -= rows * t.Blocks; m == 0 {
			return
		}
		t = below(t, rows*t.Blocks)
	}
}

// narrowBlock is the number of rows that a narrow kernel takes at a time where m are left.
func narrowBlock(m int) int {
	switch {
	case level == avx2:
		return min(m, 3)
	case m >= 6 && m != 8:
		return 6
	case m >= 4:
		return 4
	}
	return min(m, 2)
}

// columnProduct is a product of one column, which is contiguous.
func columnProduct(t Tile, m int) {
	for {
		rows := columnBlock(m)
		t.Blocks = min(m/rows, atOnce(rows*16, t.K))
		switch {
		case level == avx512 && rows == 8:
			column8AVX512(&t)
		case level == avx512 && rows == 4:
			column4AVX512(&t)
		case level == avx512:
			column1AVX512(&t)
		case rows == 4:
			column4AVX2(&t)
		default:
			column1AVX2(&t)
		}
		if m -= rows * t.Blocks; m == 0 {
			return
		}
		t = below(t, rows*t.Blocks)
	}
}

// columnBlock is the number of rows that a kernel of one column takes at a time where m are left.
func columnBlock(m int) int {
	switch {
	case level == avx512 && m >= 8:
		return 8
	case m >= 4:
		return 4
	}
	return 1
}

// transpose writes Y = Xᵀ, in strips of 8 rows of X. y: [n, m], x: [m, n].
func transpose(y, x Mat) {
	if x.Rows == 0 || x.Cols == 0 {
		return
	}
	t := Transpose{Y: pointer(y.X), YRow: 4 * y.Stride, X: pointer(x.X), XRow: 4 * x.Stride, Rows: x.Rows, Cols: x.Cols}
	for {
		switch {
		case level == avx512 && t.Rows >= 8:
			transpose8AVX512(&t)
		case level == avx512:
			transposeFewAVX512(&t)
		case t.Rows >= 8:
			transpose8AVX2(&t)
		default:
			transposeFewAVX2(&t)
		}
		if t.Rows -= 8; t.Rows <= 0 {
			return
		}
		t.X, t.Y = advance(t.X, 8*t.XRow), advance(t.Y, 8*4)
	}
}

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

// advance is p moved on by so many bytes.
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
	if dw.Cols == 1 && dw.Stride == 1 { // dWᵀ = dYᵀ·X is a single row
		dw = Mat{X: dw.X, Rows: 1, Cols: dw.Rows, Stride: dw.Rows}
		x, dy = dy, x
	}
	t := newTile(dw, x, dy)
	t.K, t.XRow, t.XCol = x.Rows, t.XCol, t.XRow
	if accumulate {
		t.Flags = args.Accumulate
	}
	wideProduct(t, dw.Rows, dw.Cols, nil)
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
		if wt == nil {
			t.W = advance(first.W, 4*j)
		} else {
			p := Mat{X: wt.panel, Rows: wt.w.Cols, Cols: columns, Stride: panel}
			transpose(p, Mat{X: wt.w.X[j*wt.w.Stride:], Rows: columns, Cols: wt.w.Cols, Stride: wt.w.Stride})
			t.W, t.WRow = pointer(p.X), 4*p.Stride
		}
		vectors := (columns + lanes - 1) / lanes
		t.Tail = columns - (vectors-1)*lanes
		runTiles(&t, rows+1, vectors, lanes, taller)
		runTiles(&t, rows, vectors, lanes, blocks-taller)
	}
}

// runTiles runs blocks of rows of one panel and moves t past them.
func runTiles(t *Tile, rows, vectors, lanes, blocks int) {
	atOnce := max(1, callLimit/(rows*vectors*lanes*(t.K+1)))
	for blocks > 0 {
		t.Blocks = min(blocks, atOnce)
		blocks -= t.Blocks
		x := advance(t.X, rows*t.Blocks*t.XRow)
		switch {
		case level == avx512:
			tileAVX512(rows, vectors, t)
		case t.Tail == lanes:
			tileAVX2(rows, vectors, t)
		default:
			tileTailAVX2(rows, vectors, t)
		}
		t.X = x // the kernel moved Y
	}
}

// narrowProduct is a product of 2 … 8 columns.
func narrowProduct(t Tile, m, n int) {
	t.Tail = n
	for m > 0 {
		rows := narrowBlock(m)
		t.Blocks = min(m/rows, max(1, callLimit/(rows*8*(t.K+1))))
		x := advance(t.X, rows*t.Blocks*t.XRow)
		m -= rows * t.Blocks
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
		t.X = x
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
	for m > 0 {
		rows := 1
		switch {
		case level == avx512 && m >= 8:
			rows = 8
		case m >= 4:
			rows = 4
		}
		t.Blocks = min(m/rows, max(1, callLimit/(rows*16*(t.K+1))))
		x := advance(t.X, rows*t.Blocks*t.XRow)
		m -= rows * t.Blocks
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
		t.X = x
	}
}

// transpose writes Y = Xᵀ, in strips of 8 rows of X. y: [n, m], x: [m, n].
func transpose(y, x Mat) {
	t := Transpose{Y: pointer(y.X), YRow: 4 * y.Stride, X: pointer(x.X), XRow: 4 * x.Stride, Cols: x.Cols}
	if x.Cols == 0 {
		return
	}
	for m := x.Rows; m > 0; m -= 8 {
		t.Rows = m
		switch {
		case level == avx512 && m >= 8:
			transpose8AVX512(&t)
		case level == avx512:
			transposeFewAVX512(&t)
		case m >= 8:
			transpose8AVX2(&t)
		default:
			transposeFewAVX2(&t)
		}
		t.X, t.Y = advance(t.X, 8*t.XRow), advance(t.Y, 4*8)
	}
}

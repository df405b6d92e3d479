//go:build !purego

package kernel

// callLimit is the number of multiply-adds that one call of an assembly kernel does at most, about 20 µs:
// assembly cannot be preempted. A single block of rows may exceed it.
const callLimit = 1 << 21

// atOnce is the number of blocks of so many outputs, summed over k, that one call may compute.
func atOnce(outputs, k int) int { return max(1, callLimit/(outputs*(k+1))) }

// below moves t so many rows down.
func below(t *Tile, rows int) {
	t.XAt += rows * t.XRow
	t.YAt += rows * t.YRow
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
// evenly into as few blocks as possible. Where wt is given, t.W is its panel.
func wideProduct(t *Tile, m, n int, wt *transposed) {
	lanes, widths := 16, tileWidthsAVX512[:]
	if level == avx2 {
		lanes, widths = 8, tileWidthsAVX2[:]
	}
	blocks, rows, taller := 1, m, 0
	if tallest := len(widths) - 1; m > tallest {
		blocks = (m + tallest - 1) / tallest
		rows, taller = m/blocks, m%blocks // so many blocks have one row more
	}
	width := widths[rows]
	if taller > 0 {
		width = widths[rows+1]
	}
	panel := width * lanes
	for j := 0; j < n; j += panel {
		columns := min(panel, n-j)
		t.XAt, t.YAt = 0, 4*j
		if wt == nil {
			t.WAt = 4 * j
		} else {
			p := Mat{X: wt.panel, Rows: wt.w.Cols, Cols: columns, Stride: panel}
			transpose(p, Mat{X: wt.w.X[j*wt.w.Stride:], Rows: columns, Cols: wt.w.Cols, Stride: wt.w.Stride})
			t.WRow = 4 * panel
		}
		vectors := (columns + lanes - 1) / lanes
		t.Tail = columns - (vectors-1)*lanes
		if taller > 0 {
			runTiles(t, rows+1, vectors, lanes, taller)
		}
		runTiles(t, rows, vectors, lanes, blocks-taller)
	}
}

// runTiles runs blocks of rows of one panel and moves t past them.
func runTiles(t *Tile, rows, vectors, lanes, blocks int) {
	limit := 1
	if blocks > 1 {
		limit = atOnce(rows*vectors*lanes, t.K*(t.Runs+1))
	}
	for blocks > 0 {
		t.Blocks = min(blocks, limit)
		switch {
		case level == avx512:
			tileAVX512(rows, vectors, t)
		case t.Tail == lanes:
			tileAVX2(rows, vectors, t)
		default:
			tileTailAVX2(rows, vectors, t)
		}
		blocks -= t.Blocks
		below(t, rows*t.Blocks)
		t.XAt += t.XSkip * t.Blocks
		t.YAt += t.YSkip * t.Blocks
	}
}

// narrowProduct is a product of 2 … 8 columns, in 256-bit instructions at both levels.
func narrowProduct(t *Tile, m, n int) {
	t.Tail = n
	for m > 0 {
		rows := min(m, 3)
		t.Blocks = 1
		if rows == 3 {
			t.Blocks = min(m/rows, atOnce(rows*narrow, t.K))
		}
		switch rows {
		case 3:
			narrow3AVX2(t)
		case 2:
			narrow2AVX2(t)
		default:
			narrow1AVX2(t)
		}
		m -= rows * t.Blocks
		below(t, rows*t.Blocks)
	}
}

// Products of at most so many columns and at least so many rows are worth padding W: 20×3×128 takes 0.49 µs
// instead of 0.84 on a Zen 4.
const packed, packedRows = 4, 4

// packedProduct is a product of 2 … 4 columns, W's stride being 4, in 256-bit instructions at both levels: in
// 512-bit ones 20×3×128 took 0.58 µs instead of 0.49 on a Zen 4. It adds as narrowProduct does.
func packedProduct(t *Tile, m, n int) {
	t.Tail = n
	for m > 0 {
		rows := 1
		if m >= 3 {
			rows = 3
		}
		t.Blocks = min(m/rows, atOnce(rows*packed, t.K))
		if rows == 3 {
			packed3AVX2(t)
		} else {
			packed1AVX2(t)
		}
		m -= rows * t.Blocks
		below(t, rows*t.Blocks)
	}
}

// columnProduct is a product of one column, which is contiguous.
func columnProduct(t *Tile, m int) {
	for m > 0 {
		rows := 1
		switch {
		case level == avx512 && m >= 8:
			rows = 8
		case m >= 4:
			rows = 4
		}
		t.Blocks = min(m/rows, atOnce(rows*16, t.K))
		switch {
		case level == avx512 && rows == 8:
			column8AVX512(t)
		case level == avx512 && rows == 4:
			column4AVX512(t)
		case level == avx512:
			column1AVX512(t)
		case rows == 4:
			column4AVX2(t)
		default:
			column1AVX2(t)
		}
		m -= rows * t.Blocks
		below(t, rows*t.Blocks)
	}
}

//go:build !purego

package kernel

import "covey/internal/kernel/args"

// preparedRow is the product of a single row with given weights.
type preparedRow struct {
	ready   bool
	tile    Tile
	columns int
	panel   int // columns that one call does
}

// prepareRow prepares what single rows are worth preparing for: not a lone column, nor the activation
// that comes after the product.
func prepareRow(w Mat, bias []float32, act Activation) preparedRow {
	if level == generic || w.Cols < 2 || act == Tanh {
		return preparedRow{}
	}
	r := preparedRow{ready: true, columns: w.Cols, panel: widestPanel(), tile: Tile{
		K: w.Rows, Blocks: 1, XCol: 4, W: pointer(w.X), WRow: 4 * w.Stride, Bias: pointer(bias), Tail: w.Cols,
	}}
	if act == ReLU {
		r.tile.Flags = args.ReLU
	}
	return r
}

func (r *preparedRow) run(y, x []float32) {
	t := &r.tile
	t.X, t.Y = pointer(x), pointer(y)
	if r.columns <= narrow {
		narrow1AVX2(t)
		return
	}
	for j := 0; j < r.columns; j += r.panel {
		columns := min(r.panel, r.columns-j)
		t.WAt, t.YAt = 4*j, 4*j
		if level == avx512 {
			vectors := (columns + 15) / 16
			t.Tail = columns - 16*(vectors-1)
			tileAVX512(1, vectors, t)
			continue
		}
		vectors := (columns + 7) / 8
		if t.Tail = columns - 8*(vectors-1); t.Tail == 8 {
			tileAVX2(1, vectors, t)
		} else {
			tileTailAVX2(1, vectors, t)
		}
	}
}

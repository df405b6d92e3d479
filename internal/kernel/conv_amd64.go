//go:build !purego

package kernel

import "covey/internal/kernel/args"

// convVector runs tiles over the lines of y, whose windows in x are runs of neighbouring elements: nothing is copied
// together first.
func convVector(y, x Images, v Window, w Mat, bias []float32, act Activation, accumulate bool) {
	run := v.Width * x.Channels
	t := Tile{
		K: run, Runs: v.Height - 1,
		X: pointer(x.X), XRow: 4 * v.Right * x.Channels, XCol: 4, XRun: 4 * x.Line,
		W: pointer(w.X), WRow: 4 * w.Stride,
		Y: pointer(y.X), YRow: 4 * y.Channels,
		Bias: pointer(bias),
	}
	if accumulate {
		t.Flags |= args.Accumulate
	}
	if act == ReLU {
		t.Flags |= args.ReLU
	}
	for n := range y.N {
		p := plane{rows: y.Width, columns: y.Channels, lines: y.Height, xLine: 4 * v.Down * x.Line, yLine: 4 * y.Line}
		p.run(&t, 4*n*x.Stride, 0, 4*n*y.Stride)
	}
}

// convWeightsVector sums over the pixels of dy, line by line: w is dy, and the rows of x are the elements of a
// window's line.
func convWeightsVector(dw Mat, x, dy Images, v Window, accumulate bool) {
	run := v.Width * x.Channels
	for l := range v.Height {
		t := Tile{
			K: dy.Width, Runs: dy.Height - 1,
			X: pointer(x.X[min(l*x.Line, len(x.X)):]), XRow: 4, XCol: 4 * v.Right * x.Channels, XRun: 4 * v.Down * x.Line,
			W: pointer(dy.X), WRow: 4 * dy.Channels, WSkip: 4 * (dy.Line - dy.Width*dy.Channels),
			Y: pointer(dw.X[l*run*dw.Stride:]), YRow: 4 * dw.Stride,
		}
		if accumulate {
			t.Flags = args.Accumulate
		}
		wideProduct(&t, run, dw.Cols, nil)
	}
}

// convInputVector adds each window's gradient where the window stands. Windows that overlap are not in one tile, so
// that none is read before another is written.
func convInputVector(dx, dy Images, v Window, wt Mat) {
	run, phases := v.Width*dx.Channels, v.phases()
	t := Tile{
		K: wt.Rows,
		X: pointer(dy.X), XRow: 4 * phases * wt.Rows, XCol: 4,
		W: pointer(wt.X), WRow: 4 * wt.Stride,
		Y: pointer(dx.X), YRow: 4 * phases * v.Right * dx.Channels,
		Flags: args.Accumulate,
	}
	for l := range v.Height {
		for phase := range min(phases, dy.Width) {
			p := plane{rows: (dy.Width - phase + phases - 1) / phases, columns: run, lines: dy.Height, xLine: 4 * dy.Line, yLine: 4 * v.Down * dx.Line}
			p.run(&t, 4*phase*wt.Rows, 4*l*run, 4*(l*dx.Line+phase*v.Right*dx.Channels))
		}
	}
}

// plane is a grid of outputs: on each line so many rows of so many columns.
type plane struct {
	rows, columns, lines int
	xLine, yLine         int // bytes from a line to the next in X and in Y
}

// run runs tiles over the plane, whose first elements lie at the given offsets in X, W and Y. Each line is split
// evenly into as few blocks of rows as possible, which go down the lines.
func (p plane) run(t *Tile, xAt, wAt, yAt int) {
	lanes, widths := 16, tileWidthsAVX512[:]
	if level == avx2 {
		lanes, widths = 8, tileWidthsAVX2[:]
	}
	blocks := (p.rows + len(widths) - 2) / (len(widths) - 1)
	for i, first := 0, 0; i < blocks; i++ {
		rows := (p.rows - first) / (blocks - i)
		panel := widths[rows] * lanes
		t.XSkip, t.YSkip = p.xLine-rows*t.XRow, p.yLine-rows*t.YRow
		for j := 0; j < p.columns; j += panel {
			columns := min(panel, p.columns-j)
			vectors := (columns + lanes - 1) / lanes
			t.XAt, t.WAt, t.YAt = xAt+first*t.XRow, wAt+4*j, yAt+first*t.YRow+4*j
			t.Tail = columns - (vectors-1)*lanes
			runTiles(t, rows, vectors, lanes, p.lines)
		}
		first += rows
	}
}

func transposeVector(y, x Mat) { transpose(y, x) }

package main

import (
	"fmt"

	"covey/internal/kernel/args"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileWidths is the number of vectors that a tile may be wide, by its rows: the sums, the row of W or the
// column of X that one step needs, and one more must fit the registers.
var tileWidths = map[string][]int{
	"AVX2":   {1: 8, 2: 4, 3: 3, 4: 2, 5: 2, 6: 2},
	"AVX512": {1: 8, 2: 8, 3: 8, 4: 4, 5: 4, 6: 4, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2, 12: 2, 13: 2, 14: 2},
}

// tiles emits the product kernels of more than 8 columns.
func tiles(a *asm) {
	for rows, width := range tileWidths[a.level] {
		for vectors := 1; vectors <= width; vectors++ {
			tile{a, rows, vectors, false}.emit()
			if !a.evex { // a masked vector costs AVX2 dear, AVX-512 nothing
				tile{a, rows, vectors, true}.emit()
			}
		}
	}
}

// tile emits a kernel that computes a block of rows × vectors of Y, each element in one chain of fused
// multiply-adds over k, run after run.
type tile struct {
	*asm
	rows, vectors int
	tail          bool // the last vector of each row is masked; always so with opmasks
}

func (t tile) name() string {
	if t.tail {
		return fmt.Sprintf("tile%dx%dTail%s", t.rows, t.vectors, t.level)
	}
	return fmt.Sprintf("tile%dx%d%s", t.rows, t.vectors, t.level)
}

func (t tile) emit() {
	t.begin(t.name(), "(t *Tile)", fmt.Sprintf("computes blocks of %d rows × %d vectors.", t.rows, t.vectors))
	var last *mask
	if t.tail || t.evex {
		last = t.first(t.field("Tail"))
	}
	blocks, x, xRow, xCol, wRow := t.field("Blocks"), t.start("X", "XAt"), t.field("XRow"), t.field("XCol"), t.field("WRow")
	y := t.start("Y", "YAt")

	home, runs := t.AllocLocal(8), t.AllocLocal(8) // where x stood; runs left: both are rarely wanted

	t.Label("block")
	sums := t.sums()
	w, left := t.start("W", "WAt"), t.field("Runs")
	t.MOVQ(x, home)
	t.Label("run")
	t.MOVQ(left, runs)
	k := t.field("K")
	xs := t.rowPointers(t.rows, x, xRow)
	t.TESTQ(k, k)
	t.JZ(operand.LabelRef("summed"))
	t.Label("step")
	t.step(sums, xs, xRow, w, last)
	for _, r := range xs {
		t.ADDQ(xCol, r)
	}
	t.ADDQ(wRow, w)
	t.DECQ(k)
	t.JNZ(operand.LabelRef("step"))
	t.MOVQ(runs, left)
	t.ADDQ(t.field("XRun"), x)
	t.ADDQ(t.field("WSkip"), w)
	t.DECQ(left)
	t.JGE(operand.LabelRef("run"))

	t.Label("summed")
	t.finish(sums, y, last)
	yRow := t.field("YRow")
	for _, row := range sums {
		for j, v := range row {
			t.store(v, t.maskOf(j, last), operand.Mem{Base: y, Disp: j * t.bytes()})
		}
		t.ADDQ(yRow, y)
	}
	t.MOVQ(home, x)
	t.moveDown(t.rows, x, xRow)
	t.ADDQ(t.field("XSkip"), x)
	t.ADDQ(t.field("YSkip"), y)
	t.DECQ(blocks)
	t.JNZ(operand.LabelRef("block"))
	t.end()
}

// maskOf is the mask of the row's j-th vector.
func (t tile) maskOf(j int, last *mask) *mask {
	if j == t.vectors-1 {
		return last
	}
	return nil
}

func (t tile) sums() [][]reg.VecVirtual {
	sums := make([][]reg.VecVirtual, t.rows)
	for i := range sums {
		for range t.vectors {
			sums[i] = append(sums[i], t.zeroed())
		}
	}
	return sums
}

// step adds one k: a column of X times a row of W. The shorter of the two is held in registers.
func (t tile) step(sums [][]reg.VecVirtual, xs []reg.GPVirtual, xRow, w reg.GPVirtual, last *mask) {
	broadcast := func(i int) reg.VecVirtual {
		v := t.vec()
		t.VBROADCASTSS(xAt(xs, xRow, i), v)
		return v
	}
	at := func(j int) operand.Mem { return operand.Mem{Base: w, Disp: j * t.bytes()} }

	if t.rows < t.vectors {
		column := make([]reg.VecVirtual, t.rows)
		for i := range column {
			column[i] = broadcast(i)
		}
		for j := range t.vectors {
			if t.rows == 1 && t.maskOf(j, last) == nil {
				t.VFMADD231PS(at(j), column[0], sums[0][j])
				continue
			}
			v := t.loaded(at(j), t.maskOf(j, last))
			for i := range column {
				t.VFMADD231PS(v, column[i], sums[i][j])
			}
		}
		return
	}
	row := make([]reg.VecVirtual, t.vectors)
	for j := range row {
		row[j] = t.loaded(at(j), t.maskOf(j, last))
	}
	if t.evex && t.vectors == 1 { // one instruction less for each row
		for i := range t.rows {
			t.VFMADD231PS_BCST(xAt(xs, xRow, i), row[0], sums[i][0])
		}
		return
	}
	for i := range t.rows {
		v := broadcast(i)
		for j := range row {
			t.VFMADD231PS(row[j], v, sums[i][j])
		}
	}
}

// finish adds the bias and what stands in Y, and applies ReLU, as far as the tile asks for them.
func (t tile) finish(sums [][]reg.VecVirtual, y reg.GPVirtual, last *mask) {
	at := func(base reg.GPVirtual, j int) reg.VecVirtual {
		return t.loaded(operand.Mem{Base: base, Disp: j * t.bytes()}, t.maskOf(j, last))
	}
	bias, flags := t.field("Bias"), t.field("Flags")
	t.TESTQ(bias, bias)
	t.JZ(operand.LabelRef("biased"))
	t.ADDQ(t.field("WAt"), bias)
	for j := range t.vectors {
		v := at(bias, j)
		for i := range sums {
			t.VADDPS(v, sums[i][j], sums[i][j])
		}
	}
	t.Label("biased")

	t.TESTQ(operand.U32(args.Accumulate), flags)
	t.JZ(operand.LabelRef("accumulated"))
	row, yRow := t.copyOf(y), t.field("YRow")
	for i := range sums {
		for j := range t.vectors {
			t.VADDPS(at(row, j), sums[i][j], sums[i][j])
		}
		t.ADDQ(yRow, row)
	}
	t.Label("accumulated")

	t.TESTQ(operand.U32(args.ReLU), flags)
	t.JZ(operand.LabelRef("activated"))
	zero := t.zeroed()
	for i := range sums {
		for j := range sums[i] {
			t.relu(sums[i][j], zero)
		}
	}
	t.Label("activated")
}

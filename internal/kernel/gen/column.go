package main

import (
	"fmt"

	"covey/internal/kernel/args"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columnRows is the number of rows that the kernels of a single column take at a time: 16 sums each.
var columnRows = map[string][]int{"AVX2": {1, 4}, "AVX512": {1, 4, 8}}

// columns emits the product kernels of one column.
func columns(a *asm) {
	for _, rows := range columnRows[a.level] {
		column{a, rows}.emit()
	}
}

// column emits a kernel that computes rows of Y of one element, each in 16 chains, k mod 16. X's rows
// and W are contiguous.
type column struct {
	*asm
	rows int
}

func (t column) emit() {
	t.begin(fmt.Sprintf("column%d%s", t.rows, t.level), "(t *Tile)", fmt.Sprintf("computes blocks of %d rows × 1 column.", t.rows))
	blocks, x, xRow := t.field("Blocks"), t.start("X", "XAt"), t.field("XRow")
	y := t.start("Y", "YAt")

	t.Label("block")
	sums := make([][]reg.VecVirtual, t.rows) // [row][16/lanes]
	for i := range sums {
		for range 16 / t.lanes {
			sums[i] = append(sums[i], t.zeroed())
		}
	}
	k, w := t.field("K"), t.start("W", "WAt")
	xs := t.rowPointers(t.rows, x, xRow)
	t.SUBQ(operand.Imm(16), k)
	t.JL(operand.LabelRef("rest"))
	t.Label("step")
	t.step(sums, xs, xRow, w, make([]*mask, 16/t.lanes))
	for _, r := range xs {
		t.ADDQ(operand.Imm(64), r)
	}
	t.ADDQ(operand.Imm(64), w)
	t.SUBQ(operand.Imm(16), k)
	t.JGE(operand.LabelRef("step"))

	t.Label("rest")
	t.ADDQ(operand.Imm(16), k)
	t.JZ(operand.LabelRef("summed"))
	t.step(sums, xs, xRow, w, t.firstOf16(k))
	t.Label("summed")
	t.finish(sums, y)
	t.moveDown(t.rows, x, xRow)
	t.DECQ(blocks)
	t.JNZ(operand.LabelRef("block"))
	t.end()
}

// step adds 16 k to every row's sums, the ones that the masks select.
func (t column) step(sums [][]reg.VecVirtual, xs []reg.GPVirtual, xRow, w reg.GPVirtual, masks []*mask) {
	for h, k := range masks {
		v := t.loaded(operand.Mem{Base: w, Disp: h * t.bytes()}, k)
		for i := range sums {
			m := xAt(xs, xRow, i).Offset(h * t.bytes())
			if k == nil {
				t.VFMADD231PS(m, v, sums[i][h])
				continue
			}
			t.VFMADD231PS(t.loaded(m, k), v, sums[i][h])
		}
	}
}

// finish adds the lanes, adds the bias, applies ReLU where asked, stores the elements and moves y past them.
func (t column) finish(sums [][]reg.VecVirtual, y reg.GPVirtual) {
	for _, s := range sums {
		t.addHalves(s...)
	}
	bias, flags := t.field("Bias"), t.field("Flags")
	t.TESTQ(bias, bias)
	t.JZ(operand.LabelRef("biased"))
	t.ADDQ(t.field("WAt"), bias)
	for _, s := range sums {
		t.VADDSS(operand.Mem{Base: bias}, s[0].AsX(), s[0].AsX())
	}
	t.Label("biased")
	t.TESTQ(operand.U32(args.ReLU), flags)
	t.JZ(operand.LabelRef("activated"))
	zero := t.zeroed()
	for _, s := range sums {
		t.VMAXSS(s[0].AsX(), zero.AsX(), s[0].AsX())
	}
	t.Label("activated")
	yRow := t.field("YRow")
	for _, s := range sums {
		t.VMOVSS(s[0].AsX(), operand.Mem{Base: y})
		t.ADDQ(yRow, y)
	}
}

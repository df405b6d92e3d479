package main

import (
	"fmt"

	"covey/internal/kernel/args"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is the number of partial sums of an output element of a narrow product.
const chains = 4

// narrowRows is the number of rows that the kernels of 2 … 8 columns take at a time: four sums each.
var narrowRows = []int{1, 2, 3}

// narrows emits the product kernels of at most 8 columns. The same 8 lanes serve both levels.
func narrows(a *asm) {
	if a.evex {
		return
	}
	for _, rows := range narrowRows {
		narrow{a, rows}.emit()
	}
}

// narrow emits a kernel that computes rows of Y of at most 8 elements, each in four chains, k mod 4.
type narrow struct {
	*asm
	rows int
}

func (t narrow) emit() {
	t.begin(fmt.Sprintf("narrow%d%s", t.rows, t.level), "(t *Tile)", fmt.Sprintf("computes blocks of %d rows × Tail columns.", t.rows))
	columns := t.first(t.field("Tail"))
	blocks, x, xRow, wRow := t.field("Blocks"), t.start("X", "XAt"), t.field("XRow"), t.field("WRow")
	y := t.start("Y", "YAt")

	t.Label("block")
	sums := make([][]reg.VecVirtual, t.rows)
	for i := range sums {
		for range chains {
			sums[i] = append(sums[i], t.zeroed())
		}
	}
	k, w := t.field("K"), t.start("W", "WAt")
	xs := t.rowPointers(t.rows, x, xRow)
	t.SUBQ(operand.Imm(chains), k)
	t.JL(operand.LabelRef("rest"))
	t.Label("step")
	for c := range chains {
		t.step(sums, c, xs, xRow, w, wRow, columns)
	}
	for _, r := range xs {
		t.ADDQ(operand.Imm(4*chains), r)
	}
	t.SUBQ(operand.Imm(chains), k)
	t.JGE(operand.LabelRef("step"))

	t.Label("rest") // k + 4 steps are left, the c-th for chain c
	for c := range chains - 1 {
		t.CMPQ(k, operand.I32(c-chains))
		t.JE(operand.LabelRef("summed"))
		t.step(sums, c, xs, xRow, w, wRow, columns)
	}
	t.Label("summed")
	for _, s := range sums {
		t.VADDPS(s[1], s[0], s[0])
		t.VADDPS(s[3], s[2], s[2])
		t.VADDPS(s[2], s[0], s[0])
	}
	t.finish(sums, y, columns)
	t.moveDown(t.rows, x, xRow)
	t.DECQ(blocks)
	t.JNZ(operand.LabelRef("block"))
	t.end()
}

// step adds one k to chain c and moves w to the next row of W; the pointers xs stand c elements back.
func (t narrow) step(sums [][]reg.VecVirtual, c int, xs []reg.GPVirtual, xRow, w, wRow reg.GPVirtual, columns *mask) {
	row := t.loaded(operand.Mem{Base: w}, columns)
	t.ADDQ(wRow, w)
	for i := range sums {
		v := t.vec()
		t.VBROADCASTSS(xAt(xs, xRow, i).Offset(4*c), v)
		t.VFMADD231PS(row, v, sums[i][c])
	}
}

// finish adds the bias, applies ReLU where asked, stores the rows and moves y past them.
func (t narrow) finish(sums [][]reg.VecVirtual, y reg.GPVirtual, columns *mask) {
	bias, flags := t.field("Bias"), t.field("Flags")
	t.TESTQ(bias, bias)
	t.JZ(operand.LabelRef("biased"))
	t.ADDQ(t.field("WAt"), bias)
	v := t.loaded(operand.Mem{Base: bias}, columns)
	for _, s := range sums {
		t.VADDPS(v, s[0], s[0])
	}
	t.Label("biased")
	t.TESTQ(operand.U32(args.ReLU), flags)
	t.JZ(operand.LabelRef("activated"))
	zero := t.zeroed()
	for _, s := range sums {
		t.relu(s[0], zero)
	}
	t.Label("activated")
	yRow := t.field("YRow")
	for _, s := range sums {
		t.store(s[0], columns, operand.Mem{Base: y})
		t.ADDQ(yRow, y)
	}
}

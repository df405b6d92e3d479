package main

import (
	"fmt"

	"covey/internal/kernel/args"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packedColumns is the stride of W in the packed kernels: four of its rows, one for each chain, make 16 lanes.
const packedColumns = 4

// packedRows is the number of rows that the packed kernels take at a time.
var packedRows = []int{1, 3}

// packeds emits the kernels of at most 4 columns that serve many rows, and the padding that they need. 256
// bits were faster than 512: see packedProduct.
func packeds(a *asm) {
	if a.evex {
		return
	}
	for _, rows := range packedRows {
		packed{a, rows}.emit()
	}
	pad(a)
}

// packed emits a kernel that computes rows of Y of at most 4 elements, each in four chains, k mod 4, as
// narrow does, but with the chains side by side: lane 4c+j is chain c of column j. W has a stride of 4.
type packed struct {
	*asm
	rows int
}

func (t packed) emit() {
	t.begin(fmt.Sprintf("packed%d%s", t.rows, t.level), "(t *Tile)", fmt.Sprintf("computes blocks of %d rows × Tail ≤ 4 columns; W is padded to 4.", t.rows))
	blocks, x, xRow, y := t.field("Blocks"), t.start("X", "XAt"), t.field("XRow"), t.start("Y", "YAt")

	t.Label("block")
	var spread []reg.VecVirtual // [vector]
	for v := range t.vectors() {
		spread = append(spread, t.loaded(t.spread(v), nil))
	}
	sums := make([][]reg.VecVirtual, t.rows) // [row][vector]
	for i := range sums {
		for range t.vectors() {
			sums[i] = append(sums[i], t.zeroed())
		}
	}
	k, w := t.field("K"), t.start("W", "WAt")
	xs := t.rowPointers(t.rows, x, xRow)
	t.SUBQ(operand.Imm(chains), k)
	t.JL(operand.LabelRef("rest"))
	t.Label("step")
	row := t.rowsOfW(w, make([]*mask, t.vectors()))
	for i := range sums {
		four := t.vec()
		if t.lanes == 16 {
			t.VBROADCASTF32X4(xAt(xs, xRow, i), four)
		} else {
			t.VBROADCASTF128(xAt(xs, xRow, i), four)
		}
		for v, s := range sums[i] {
			chain := t.vec()
			t.VPERMILPS(spread[v], four, chain)
			t.VFMADD231PS(row[v], chain, s)
		}
	}
	for _, r := range xs {
		t.ADDQ(operand.Imm(4*chains), r)
	}
	t.ADDQ(operand.Imm(4*chains*packedColumns), w)
	t.SUBQ(operand.Imm(chains), k)
	t.JGE(operand.LabelRef("step"))

	t.Label("rest")
	t.ADDQ(operand.Imm(chains), k)
	t.JZ(operand.LabelRef("summed"))
	t.rest(sums, xs, xRow, w, k)
	t.Label("summed")
	t.finish(sums, y)
	t.moveDown(t.rows, x, xRow)
	t.DECQ(blocks)
	t.JNZ(operand.LabelRef("block"))
	t.end()
}

// vectors is the number of vectors in 16 lanes.
func (t packed) vectors() int { return 16 / t.lanes }

// rowsOfW loads four rows of W.
func (t packed) rowsOfW(w reg.GPVirtual, masks []*mask) (row []reg.VecVirtual) {
	for v, m := range masks {
		row = append(row, t.loaded(operand.Mem{Base: w, Disp: v * t.bytes()}, m))
	}
	return row
}

// rest adds the last k < 4 rows of W: the chains that have none keep their sums.
func (t packed) rest(sums [][]reg.VecVirtual, xs []reg.GPVirtual, xRow, w, k reg.GPVirtual) {
	columns := t.copyOf(k)
	t.SHLQ(operand.Imm(2), columns)
	masks := t.firstOf16(columns)
	row := t.rowsOfW(w, masks)
	quarter := t.four()
	some := quarter.first(k)
	for i := range sums {
		four := t.vec()
		quarter.load(xAt(xs, xRow, i), some, four.AsX())
		if t.lanes == 16 {
			t.VSHUFF32X4(operand.Imm(0), four, four, four)
		} else {
			t.VINSERTF128(operand.Imm(1), four.AsX(), four, four)
		}
		for v, s := range sums[i] {
			chain := t.vec()
			t.VPERMILPS(t.spread(v), four, chain) // from memory: AVX2 has no register left
			if t.evex {
				t.VFMADD231PS(row[v], chain, masks[v].k, s)
				continue
			}
			t.VFMADD213PS(s, row[v], chain)
			t.VBLENDVPS(masks[v].v, chain, s, s)
		}
	}
}

// finish adds the chains, (s0+s1)+(s2+s3), and the bias, applies ReLU where asked, stores the rows and moves
// y past them.
func (t packed) finish(sums [][]reg.VecVirtual, y reg.GPVirtual) {
	quarter := t.four()
	columns := quarter.first(t.field("Tail"))
	for _, s := range sums {
		first, last := s[0], s[len(s)-1] // chains 0 and 1 in the first half, 2 and 3 in the last
		if t.lanes == 16 {
			last = t.YMM()
			t.VEXTRACTF64X4(operand.Imm(1), first, last)
		}
		for _, pair := range []reg.VecVirtual{first, last} {
			second := t.XMM()
			t.VEXTRACTF128(operand.Imm(1), pair.AsY(), second)
			t.VADDPS(second, pair.AsX(), pair.AsX())
		}
		t.VADDPS(last.AsX(), first.AsX(), first.AsX())
	}
	bias, flags, yRow := t.field("Bias"), t.field("Flags"), t.field("YRow")
	t.TESTQ(bias, bias)
	t.JZ(operand.LabelRef("biased"))
	t.ADDQ(t.field("WAt"), bias)
	v := quarter.loaded(operand.Mem{Base: bias}, columns)
	for _, s := range sums {
		t.VADDPS(v, s[0].AsX(), s[0].AsX())
	}
	t.Label("biased")
	t.TESTQ(operand.U32(args.ReLU), flags)
	t.JZ(operand.LabelRef("activated"))
	zero := quarter.zeroed()
	for _, s := range sums {
		quarter.relu(s[0].AsX(), zero)
	}
	t.Label("activated")
	for _, s := range sums {
		quarter.store(s[0].AsX(), columns, operand.Mem{Base: y})
		t.ADDQ(yRow, y)
	}
}

// spread is the controls of VPERMILPS for a row's v-th vector: element c of four goes to lanes 4c … 4c+3 of 16.
func (t packed) spread(v int) operand.Mem {
	words := make([]uint32, 16)
	for lane := range words {
		words[lane] = uint32(lane / packedColumns)
	}
	return t.table("spread", words).Offset(v * t.bytes())
}

// pad emits the copy of a matrix of Cols ≤ 4 columns to one with a stride of 4; the elements between become 0.
func pad(a *asm) {
	a.begin("pad"+a.level, "(t *Transpose)", "copies X, of Cols ≤ 4 columns, to Y, whose stride is 4.")
	quarter := a.four()
	x, xRow, y, rows := a.field("X"), a.field("XRow"), a.field("Y"), a.field("Rows")
	columns := quarter.first(a.field("Cols"))
	a.Label("row")
	quarter.store(quarter.loaded(operand.Mem{Base: x}, columns), nil, operand.Mem{Base: y})
	a.ADDQ(xRow, x)
	a.ADDQ(operand.Imm(4*packedColumns), y)
	a.DECQ(rows)
	a.JNZ(operand.LabelRef("row"))
	a.end()
}

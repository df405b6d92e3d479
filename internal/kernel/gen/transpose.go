package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposes emits the transposition of a strip of rows, in blocks of 8 × 8 at both levels: of exactly
// 8 rows, and of fewer.
func transposes(a *asm) {
	transpose{a.eight(), true}.emit()
	transpose{a.eight(), false}.emit()
}

type transpose struct {
	*asm
	full bool // 8 rows of X; otherwise Rows < 8 of them, and a masked store
}

func (t transpose) emit() {
	var rows *mask
	xs := make([]reg.GPVirtual, 8)
	if t.full {
		t.begin("transpose8"+t.level, "(t *Transpose)", "turns 8 rows of X into 8 columns of Y.")
		t.pointers(xs)
	} else {
		t.begin("transposeFew"+t.level, "(t *Transpose)", "turns Rows < 8 rows of X into as many columns of Y.")
		t.pointers(xs)
		rows = t.first(t.field("Rows"))
	}
	y, yRow, columns, offset := t.field("Y"), t.field("YRow"), t.field("Cols"), t.GP64()
	t.XORQ(offset, offset)
	at := func(i, disp int) operand.Mem {
		return operand.Mem{Base: xs[i], Index: offset, Scale: 1, Disp: disp}
	}

	t.SUBQ(operand.Imm(8), columns)
	t.JL(operand.LabelRef("rest"))
	t.Label("block")
	var low, high [4]reg.VecVirtual // columns 0–3 and 4–7; row i in the low lane, i+4 in the high one
	for i := range 4 {
		low[i], high[i] = t.YMM(), t.YMM()
		t.VMOVUPS(at(i, 0), low[i].AsX())
		t.VINSERTF128(operand.Imm(1), at(i+4, 0), low[i], low[i])
		t.VMOVUPS(at(i, 16), high[i].AsX())
		t.VINSERTF128(operand.Imm(1), at(i+4, 16), high[i], high[i])
	}
	t.columns(low, high, func(column reg.VecVirtual) {
		t.store(column, rows, operand.Mem{Base: y})
		t.ADDQ(yRow, y)
	})
	t.ADDQ(operand.Imm(32), offset)
	t.SUBQ(operand.Imm(8), columns)
	t.JGE(operand.LabelRef("block"))

	t.Label("rest")
	t.ADDQ(operand.Imm(8), columns)
	t.JZ(operand.LabelRef("end"))
	some := t.first(columns)
	for i := range 4 {
		low[i], high[i] = t.YMM(), t.YMM()
		v := t.loaded(at(i, 0), some)
		w := t.loaded(at(i+4, 0), some)
		t.VPERM2F128(operand.Imm(0x20), w, v, low[i])
		t.VPERM2F128(operand.Imm(0x31), w, v, high[i])
	}
	t.columns(low, high, func(column reg.VecVirtual) {
		t.store(column, rows, operand.Mem{Base: y})
		t.ADDQ(yRow, y)
		t.DECQ(columns)
		t.JZ(operand.LabelRef("end"))
	})
	t.Label("end")
	t.end()
}

// pointers sets xs to the 8 rows; a row that is not there is the last one again.
func (t transpose) pointers(xs []reg.GPVirtual) {
	xs[0] = t.field("X")
	xRow, rows := t.field("XRow"), t.field("Rows")
	for i := 1; i < len(xs); i++ {
		xs[i] = t.GP64()
		t.LEAQ(operand.Mem{Base: xs[i-1], Index: xRow, Scale: 1}, xs[i])
		if !t.full {
			t.CMPQ(rows, operand.Imm(uint64(i)))
			t.CMOVQLE(xs[i-1], xs[i])
		}
	}
}

// columns transposes the 4 × 4 blocks in the lanes of low and high, and hands out the 8 columns in order.
func (t transpose) columns(low, high [4]reg.VecVirtual, take func(column reg.VecVirtual)) {
	for _, r := range [][4]reg.VecVirtual{low, high} {
		a, b, c, d := t.YMM(), t.YMM(), t.YMM(), t.YMM()
		t.VUNPCKLPS(r[1], r[0], a)
		t.VUNPCKHPS(r[1], r[0], b)
		t.VUNPCKLPS(r[3], r[2], c)
		t.VUNPCKHPS(r[3], r[2], d)
		for _, pair := range [][2]reg.VecVirtual{{a, c}, {b, d}} {
			for _, halves := range []uint64{0x44, 0xee} { // the low two of each, the high two
				column := t.YMM()
				t.VSHUFPS(operand.Imm(halves), pair[1], pair[0], column)
				take(column)
			}
		}
	}
}

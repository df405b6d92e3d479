package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotLanes is the number of partial sums of a dot product.
const dotLanes = 64

// dot emits the dot product of one chunk: 64 lanes, i mod 64, in groups of 16; the groups are added as
// (0+1)+(2+3), then the 16 lanes by halves.
func dot(a *asm) {
	a.begin("dot"+a.level, "(n int, x, y *float32) float32", "is the sum of x[i]·y[i].")
	x, y, n := a.param("x"), a.param("y"), a.param("n")
	sums := make([]reg.VecVirtual, dotLanes/a.lanes)
	for i := range sums {
		sums[i] = a.zeroed()
	}
	step := func(i int, k *mask) {
		disp := i * a.bytes()
		v := a.loaded(operand.Mem{Base: x, Disp: disp}, k)
		a.VFMADD231PS(a.loaded(operand.Mem{Base: y, Disp: disp}, k), v, sums[i])
	}
	a.SUBQ(operand.Imm(dotLanes), n)
	a.JL(operand.LabelRef("rest"))
	a.Label("loop")
	for i := range sums {
		step(i, nil)
	}
	a.ADDQ(operand.U32(4*dotLanes), x)
	a.ADDQ(operand.U32(4*dotLanes), y)
	a.SUBQ(operand.Imm(dotLanes), n)
	a.JGE(operand.LabelRef("loop"))

	a.Label("rest")
	a.ADDQ(operand.Imm(dotLanes), n)
	left := a.GP64()
	for i := range sums {
		a.CMPQ(n, operand.Imm(uint64(i*a.lanes)))
		a.JLE(operand.LabelRef("summed"))
		a.MOVQ(n, left)
		a.SUBQ(operand.Imm(uint64(i*a.lanes)), left)
		step(i, a.first(left))
	}
	a.Label("summed")
	group := 16 / a.lanes // registers in a group
	for h := range group {
		s0, s1, s2, s3 := sums[h], sums[group+h], sums[2*group+h], sums[3*group+h]
		a.VADDPS(s1, s0, s0)
		a.VADDPS(s3, s2, s2)
		a.VADDPS(s2, s0, s0)
	}
	total := a.addHalves(sums[:group]...)
	a.Store(total.AsX(), a.ReturnIndex(0))
	a.end()
}

// columnSums emits the sums of columns, in row order: 8 vectors of columns at a time, then one.
func columnSums(a *asm) {
	a.begin("columnSums"+a.level, "(rows, n int, y, x *float32, xRow, accumulate int)",
		"writes or adds to y the sums of x's n columns; xRow is in bytes.")
	y, x, n, xRow := a.param("y"), a.param("x"), a.param("n"), a.param("xRow")
	const wide = 8
	block := func(name string, width int, k *mask) {
		sums := make([]reg.VecVirtual, width)
		for i := range sums {
			sums[i] = a.zeroed()
		}
		rows, row := a.param("rows"), a.copyOf(x)
		a.TESTQ(rows, rows)
		a.JZ(operand.LabelRef(name + "Summed"))
		a.Label(name + "Row")
		for i := range sums {
			a.VADDPS(a.loaded(operand.Mem{Base: row, Disp: i * a.bytes()}, k), sums[i], sums[i])
		}
		a.ADDQ(xRow, row)
		a.DECQ(rows)
		a.JNZ(operand.LabelRef(name + "Row"))
		a.Label(name + "Summed")
		accumulate := a.param("accumulate")
		a.TESTQ(accumulate, accumulate)
		a.JZ(operand.LabelRef(name + "Store"))
		for i := range sums {
			a.VADDPS(a.loaded(operand.Mem{Base: y, Disp: i * a.bytes()}, k), sums[i], sums[i])
		}
		a.Label(name + "Store")
		for i := range sums {
			a.store(sums[i], k, operand.Mem{Base: y, Disp: i * a.bytes()})
		}
		a.ADDQ(operand.U32(uint32(width*a.bytes())), y)
		a.ADDQ(operand.U32(uint32(width*a.bytes())), x)
	}
	blocks := func(name string, width int) {
		columns := uint32(width * a.lanes)
		a.Label(name)
		a.CMPQ(n, operand.U32(columns))
		a.JL(operand.LabelRef(name + "End"))
		block(name, width, nil)
		a.SUBQ(operand.U32(columns), n)
		a.JMP(operand.LabelRef(name))
		a.Label(name + "End")
	}
	blocks("wide", wide)
	blocks("single", 1)
	a.TESTQ(n, n)
	a.JZ(operand.LabelRef("end"))
	block("tail", 1, a.first(n))
	a.Label("end")
	a.end()
}

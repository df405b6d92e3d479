package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fromBytes emits the conversion of lines of bytes to scaled floats.
func fromBytes(a *asm) {
	a.begin("fromBytes"+a.level, "(lines, n int, y *float32, yLine int, x *uint8, xLine int, scale float32)",
		"writes lines of y = scale·x, n > 0 elements each; yLine and xLine are bytes from one to the next.")
	scale := a.broadcastParam("scale")
	lines, y, x := a.param("lines"), a.param("y"), a.param("x")
	a.Label("line")
	n, at := a.param("n"), a.GP64()
	a.XORQ(at, at)
	to, from := operand.Mem{Base: y, Index: at, Scale: 4}, operand.Mem{Base: x, Index: at, Scale: 1}
	convert := func(v reg.VecVirtual) {
		a.VCVTDQ2PS(v, v)
		a.VMULPS(scale, v, v)
	}
	a.SUBQ(operand.Imm(uint64(a.lanes)), n)
	a.JL(operand.LabelRef("rest"))
	a.Label("vector")
	v := a.vec()
	a.VPMOVZXBD(from, v)
	convert(v)
	a.VMOVUPS(v, to)
	a.ADDQ(operand.Imm(uint64(a.lanes)), at)
	a.SUBQ(operand.Imm(uint64(a.lanes)), n)
	a.JGE(operand.LabelRef("vector"))

	a.Label("rest")
	a.ADDQ(operand.Imm(uint64(a.lanes)), n)
	a.JZ(operand.LabelRef("next"))
	if a.evex {
		some := a.first(n)
		v = a.vec()
		a.VPMOVZXBD_Z(from, some.k, v)
		convert(v)
		a.store(v, some, to)
	} else { // no mask selects single bytes
		a.Label("one")
		b, f := a.GP32(), a.XMM()
		a.MOVBLZX(from, b)
		a.VCVTSI2SSL(b, scale.AsX(), f)
		a.VMULSS(scale.AsX(), f, f)
		a.VMOVSS(f, to)
		a.INCQ(at)
		a.DECQ(n)
		a.JNZ(operand.LabelRef("one"))
	}
	a.Label("next")
	a.ADDQ(a.param("yLine"), y)
	a.ADDQ(a.param("xLine"), x)
	a.DECQ(lines)
	a.JNZ(operand.LabelRef("line"))
	a.end()
}

// pools emits the greatest elements of windows, and the way back to them.
func pools(a *asm) {
	pool{a, false}.emit()
	pool{a, true}.emit()
}

type pool struct {
	*asm
	grad bool
}

func (p pool) emit() {
	if p.grad {
		p.begin("maxPoolGrad"+p.level, "(t *Pool)", "adds Y to DX where X is first the greatest of its window.")
	} else {
		p.begin("maxPool"+p.level, "(t *Pool)", "writes a line of windows' greatest elements.")
	}
	pixels, x, y := p.field("Pixels"), p.start("X", "XAt"), p.start("Y", "YAt")
	var dx reg.GPVirtual
	if p.grad {
		dx = p.start("DX", "XAt")
	}
	p.Label("pixel")
	n, offset := p.field("Channels"), p.GP64()
	p.XORQ(offset, offset)
	p.SUBQ(operand.Imm(uint64(p.lanes)), n)
	p.JL(operand.LabelRef("rest"))
	p.Label("vector")
	p.window("vector", x, dx, y, offset, nil)
	p.ADDQ(operand.Imm(uint64(p.bytes())), offset)
	p.SUBQ(operand.Imm(uint64(p.lanes)), n)
	p.JGE(operand.LabelRef("vector"))
	p.Label("rest")
	p.ADDQ(operand.Imm(uint64(p.lanes)), n)
	p.JZ(operand.LabelRef("next"))
	p.window("rest", x, dx, y, offset, p.first(n))
	p.Label("next")
	p.ADDQ(p.field("XRight"), x)
	if p.grad {
		p.ADDQ(p.field("XRight"), dx)
	}
	p.ADDQ(p.field("Pixel"), y)
	p.DECQ(pixels)
	p.JNZ(operand.LabelRef("pixel"))
	p.end()
}

// window does some channels of one window.
func (p pool) window(name string, x, dx, y, offset reg.GPVirtual, k *mask) {
	at := operand.Mem{Base: y, Index: offset, Scale: 1}
	first := p.copyOf(x)
	p.ADDQ(offset, first)
	top := p.loaded(operand.Mem{Base: first}, k)
	p.each(name+"Find", []reg.GPVirtual{first}, func(at []operand.Mem) {
		v, greater := p.loaded(at[0], k), p.vec()
		p.VMAXPS(v, top, greater) // v where either is NaN
		p.choose(unordered, top, top, top, greater)
		p.VMOVUPS(greater, top)
	})
	if !p.grad {
		p.store(top, k, at)
		return
	}
	x0, dx0 := p.copyOf(x), p.copyOf(dx)
	p.ADDQ(offset, x0)
	p.ADDQ(offset, dx0)
	left := p.loaded(at, k) // the gradient that nobody has taken yet
	p.each(name+"Give", []reg.GPVirtual{x0, dx0}, func(at []operand.Mem) {
		v, share := p.loaded(at[0], k), p.zeroed()
		p.choose(equal, v, top, left, share)
		p.choose(equal, v, top, p.zeroed(), left)
		p.VADDPS(p.loaded(at[1], k), share, share)
		p.store(share, k, at[1])
	})
}

// each calls body for the elements of a window at the pointers, which it moves.
func (p pool) each(name string, pointers []reg.GPVirtual, body func(at []operand.Mem)) {
	height := p.field("Height")
	p.Label(name + "Line")
	width, line := p.field("Width"), make([]reg.GPVirtual, len(pointers))
	at := make([]operand.Mem, len(pointers))
	for i, from := range pointers {
		line[i] = p.copyOf(from)
		at[i] = operand.Mem{Base: line[i]}
	}
	p.Label(name + "Pixel")
	body(at)
	for _, r := range line {
		p.ADDQ(p.field("Pixel"), r)
	}
	p.DECQ(width)
	p.JNZ(operand.LabelRef(name + "Pixel"))
	for _, r := range pointers {
		p.ADDQ(p.field("XLine"), r)
	}
	p.DECQ(height)
	p.JNZ(operand.LabelRef(name + "Line"))
}

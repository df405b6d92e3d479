package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lstms emits the cells of an LSTM row: what follows the products with the weights, and its way back.
func lstms(a *asm) {
	lstm{a}.cell()
	lstm{a}.grad()
}

// lstm emits kernels over the n cells of a row, whose gates lie one block of n after the other: input, forget,
// candidate, output.
type lstm struct{ *asm }

// gates addresses the four gates of the cells that base stands at.
type gates struct {
	base, one, three reg.GPVirtual // one and three times the size of a block
}

func (l lstm) gates(pointer string, n reg.GPVirtual) gates {
	g := gates{base: l.param(pointer), one: l.copyOf(n), three: l.GP64()}
	l.SHLQ(operand.Imm(2), g.one)
	l.LEAQ(operand.Mem{Base: g.one, Index: g.one, Scale: 2}, g.three)
	return g
}

func (g gates) at(i int) operand.Mem {
	m := operand.Mem{Base: g.base}
	switch i {
	case 1, 2:
		m.Index, m.Scale = g.one, uint8(i)
	case 3:
		m.Index, m.Scale = g.three, 1
	}
	return m
}

// sigmoid is 1 / (1 + e^−x). x is overwritten.
func (a *asm) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	minus, one := a.zeroed(), a.constant(1)
	a.VSUBPS(x, minus, minus)
	e := a.exp(minus)
	a.VADDPS(one, e, e)
	a.VDIVPS(e, one, one)
	return one
}

// sweep runs body over the cells, a vector at a time; move moves the gates' pointers.
func (l lstm) sweep(n, offset reg.GPVirtual, bases []reg.GPVirtual, body func(k *mask)) {
	l.XORQ(offset, offset)
	l.SUBQ(operand.Imm(uint64(l.lanes)), n)
	l.JL(operand.LabelRef("rest"))
	l.Label("loop")
	body(nil)
	l.ADDQ(operand.Imm(uint64(l.lanes)), offset)
	for _, b := range bases {
		l.ADDQ(operand.Imm(uint64(l.bytes())), b)
	}
	l.SUBQ(operand.Imm(uint64(l.lanes)), n)
	l.JGE(operand.LabelRef("loop"))
	l.Label("rest")
	l.ADDQ(operand.Imm(uint64(l.lanes)), n)
	l.JZ(operand.LabelRef("end"))
	body(l.first(n))
	l.Label("end")
	l.end()
}

func (l lstm) cell() {
	l.begin("lstmCell"+l.level, "(n int, gates, before, cell, squashed, hidden *float32)",
		"activates the gates in place and writes the next cell state, its tanh and the output.")
	n, offset := l.param("n"), l.GP64()
	g := l.gates("gates", n)
	before, cell, squashed, hidden := l.param("before"), l.param("cell"), l.param("squashed"), l.param("hidden")
	at := func(base reg.GPVirtual) operand.Mem { return operand.Mem{Base: base, Index: offset, Scale: 4} }
	l.sweep(n, offset, []reg.GPVirtual{g.base}, func(k *mask) {
		activated := func(i int, f func(reg.VecVirtual) reg.VecVirtual) reg.VecVirtual {
			v := f(l.loaded(g.at(i), k))
			l.store(v, k, g.at(i))
			return v
		}
		c := activated(0, l.sigmoid)
		l.VMULPS(activated(2, l.tanh), c, c)
		l.VFMADD231PS(l.loaded(at(before), k), activated(1, l.sigmoid), c)
		l.store(c, k, at(cell))
		h := l.tanh(c)
		l.store(h, k, at(squashed))
		l.VMULPS(activated(3, l.sigmoid), h, h)
		l.store(h, k, at(hidden))
	})
}

func (l lstm) grad() {
	l.begin("lstmGrad"+l.level, "(n int, dgates, gates, before, squashed, dhidden, dcell *float32)",
		"writes the gradient of the gates before their activation and that of the cell state before.")
	n, offset := l.param("n"), l.GP64()
	g, d := l.gates("gates", n), gates{base: l.param("dgates")}
	d.one, d.three = g.one, g.three
	before, squashed, dhidden, dcell := l.param("before"), l.param("squashed"), l.param("dhidden"), l.param("dcell")
	at := func(base reg.GPVirtual) operand.Mem { return operand.Mem{Base: base, Index: offset, Scale: 4} }
	l.sweep(n, offset, []reg.GPVirtual{g.base, d.base}, func(k *mask) {
		// through writes v · y(1−y), the gradient before the sigmoid whose output is gate i.
		through := func(i int, y, v reg.VecVirtual) {
			slope := l.constant(1)
			l.VSUBPS(y, slope, slope)
			l.VMULPS(y, slope, slope)
			l.VMULPS(v, slope, slope)
			l.store(slope, k, d.at(i))
		}
		t, dh := l.loaded(at(squashed), k), l.loaded(at(dhidden), k)
		output, share := l.loaded(g.at(3), k), l.vec()
		l.VMULPS(t, dh, share)
		through(3, output, share)

		// dc += dh · o · (1 − tanh² c)
		slope, dc := l.constant(1), l.loaded(at(dcell), k)
		l.VFNMADD231PS(t, t, slope)
		l.VMULPS(output, dh, dh)
		l.VFMADD231PS(slope, dh, dc)

		input, candidate := l.loaded(g.at(0), k), l.loaded(g.at(2), k)
		l.VMULPS(candidate, dc, share)
		through(0, input, share)
		slope = l.constant(1)
		l.VFNMADD231PS(candidate, candidate, slope)
		l.VMULPS(input, dc, share)
		l.VMULPS(share, slope, slope)
		l.store(slope, k, d.at(2))

		forget := l.loaded(g.at(1), k)
		l.VMULPS(l.loaded(at(before), k), dc, share)
		through(1, forget, share)
		l.VMULPS(forget, dc, dc)
		l.store(dc, k, at(dcell))
	})
}

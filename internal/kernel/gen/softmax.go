package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// logSoftmax emits the log-softmax of rows: (x − max) − ln Σ exp(x − max), the sum in 16 lanes, j mod 16,
// added by halves.
func logSoftmax(a *asm) {
	a.begin("logSoftmax"+a.level, "(rows, n int, y *float32, yRow int, x *float32, xRow int)",
		"takes rows of n elements; the strides are in bytes.")
	s := softmax{a}
	y, x := a.param("y"), a.param("x")

	a.Label("row")
	infinity := a.constant(float32(math.Inf(-1)))
	top := s.accumulators()
	for _, v := range top {
		a.VMOVUPS(infinity, v)
	}
	s.pass("max", x, y, infinity, func(i int, v reg.VecVirtual, _ *mask) reg.VecVirtual {
		a.VMAXPS(v, top[i], top[i])
		return nil
	})
	highest := a.vec()
	a.VBROADCASTSS(a.halve(a.VMAXPS, top...).AsX(), highest)

	sums := s.accumulators()
	for _, v := range sums {
		a.zero(v)
	}
	// Lanes past the end hold the maximum, not −Inf: a result that underflows is slow, even if nobody wants it.
	s.pass("sum", x, y, highest, func(i int, v reg.VecVirtual, k *mask) reg.VecVirtual {
		a.VSUBPS(highest, v, v)
		e := a.exp(v)
		if k != nil {
			a.keep(e, k)
		}
		a.VADDPS(e, sums[i], sums[i])
		return nil
	})
	total := a.vec()
	a.VBROADCASTSS(a.addHalves(sums...).AsX(), total)
	logSum := a.log(total)

	s.pass("write", x, y, highest, func(_ int, v reg.VecVirtual, _ *mask) reg.VecVirtual {
		a.VSUBPS(highest, v, v)
		a.VSUBPS(logSum, v, v)
		return v
	})
	a.ADDQ(a.param("xRow"), x)
	a.ADDQ(a.param("yRow"), y)
	rows := a.param("rows")
	a.DECQ(rows)
	a.Store(rows, a.Param("rows"))
	a.JNZ(operand.LabelRef("row"))
	a.end()
}

type softmax struct{ *asm }

// accumulators is registers of 16 lanes.
func (s softmax) accumulators() []reg.VecVirtual {
	v := make([]reg.VecVirtual, 16/s.lanes)
	for i := range v {
		v[i] = s.vec()
	}
	return v
}

// pass runs body over a row, 16 elements at a time; lanes past the end hold fill. What the body returns
// is stored in y.
func (s softmax) pass(name string, x, y reg.GPVirtual, fill reg.VecVirtual, body func(i int, v reg.VecVirtual, k *mask) reg.VecVirtual) {
	n, offset := s.param("n"), s.GP64()
	s.XORQ(offset, offset)
	at := func(base reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: base, Index: offset, Scale: 4, Disp: i * s.bytes()}
	}
	step := func(masks []*mask) {
		for i, k := range masks {
			v := s.loaded(at(x, i), k)
			if k != nil {
				v = s.filled(v, fill, k)
			}
			if v = body(i, v, k); v != nil {
				s.store(v, k, at(y, i))
			}
		}
	}
	s.SUBQ(operand.Imm(16), n)
	s.JL(operand.LabelRef(name + "Rest"))
	s.Label(name + "Loop")
	step(make([]*mask, 16/s.lanes))
	s.ADDQ(operand.Imm(16), offset)
	s.SUBQ(operand.Imm(16), n)
	s.JGE(operand.LabelRef(name + "Loop"))
	s.Label(name + "Rest")
	s.ADDQ(operand.Imm(16), n)
	s.JZ(operand.LabelRef(name + "End"))
	step(s.firstOf16(n))
	s.Label(name + "End")
}

// filled is v with fill in the lanes that the mask does not select.
func (s softmax) filled(v, fill reg.VecVirtual, k *mask) reg.VecVirtual {
	f := s.vec()
	if s.evex {
		s.VBLENDMPS(v, fill, k.k, f)
	} else {
		s.VBLENDVPS(k.v, v, fill, f)
	}
	return f
}

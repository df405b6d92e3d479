package main

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise is a kernel that works on each element of its vectors alone.
type elementwise struct {
	name, doc string
	pointers  []string // the vectors, [n] each
	scalars   []string
	body      func(e element)
}

// subnormals says what becomes of numbers below 2⁻¹²⁶. Running means of what has become 0 decay into
// them and stay there, and make the arithmetic several times slower: optimisers flush them.
type subnormals bool

const (
	kept    subnormals = false
	flushed subnormals = true
)

// element is the vector of elements that a body works on.
type element struct {
	*asm
	base   map[string]reg.GPVirtual
	scalar map[string]reg.VecVirtual // broadcast
	offset reg.GPVirtual
	mask   *mask
}

// in loads the elements of a vector.
func (e element) in(pointer string) reg.VecVirtual {
	return e.loaded(e.at(pointer), e.mask)
}

// out stores the elements of a vector.
func (e element) out(v reg.VecVirtual, pointer string) {
	e.store(v, e.mask, e.at(pointer))
}

func (e element) at(pointer string) operand.Mem {
	return operand.Mem{Base: e.base[pointer], Index: e.offset, Scale: 4}
}

// elementwises emits the kernels that have no arithmetic of note.
func elementwises(a *asm) {
	for _, k := range []elementwise{
		{"axpy", "is y += a·x.", []string{"y", "x"}, []string{"a"}, func(e element) {
			y := e.in("y")
			e.VFMADD231PS(e.in("x"), e.scalar["a"], y)
			e.out(y, "y")
		}},
		{"scale", "is y *= a.", []string{"y"}, []string{"a"}, func(e element) {
			y := e.in("y")
			e.VMULPS(e.scalar["a"], y, y)
			e.out(y, "y")
		}},
		{"add", "is y += x.", []string{"y", "x"}, nil, func(e element) {
			y := e.in("y")
			e.VADDPS(e.in("x"), y, y)
			e.out(y, "y")
		}},
		{"polyak", "is y += tau·(x − y).", []string{"y", "x"}, []string{"tau"}, func(e element) {
			x, y := e.in("x"), e.in("y")
			e.VSUBPS(y, x, x)
			e.VFMADD231PS(x, e.scalar["tau"], y)
			e.out(y, "y")
		}},
		{"relu", "is y = max(0, x), NaN for NaN.", []string{"y", "x"}, nil, func(e element) {
			x := e.in("x")
			e.relu(x, e.zeroed())
			e.out(x, "y")
		}},
		{"reluGrad", "is dx = y > 0 ? dx : 0.", []string{"dx", "y"}, nil, func(e element) {
			dx := e.zeroed()
			e.choose(greater, e.in("y"), e.zeroed(), e.in("dx"), dx)
			e.out(dx, "dx")
		}},
		{"tanhGrad", "is dx *= 1 − y².", []string{"dx", "y"}, nil, func(e element) {
			y, slope := e.in("y"), e.constant(1)
			e.VFNMADD231PS(y, y, slope)
			e.VMULPS(e.in("dx"), slope, slope)
			e.out(slope, "dx")
		}},
	} {
		k.emit(a, kept)
	}
}

// emit writes the loop over whole vectors, and the body once more for the elements that are left. The
// kernel may take subnormal numbers, read or computed, for 0.
func (k elementwise) emit(a *asm, s subnormals) {
	signature := "(n int, " + strings.Join(k.pointers, ", ") + " *float32"
	if len(k.scalars) > 0 {
		signature += ", " + strings.Join(k.scalars, ", ") + " float32"
	}
	a.begin(k.name+a.level, signature+")", k.doc)
	e := element{asm: a, base: map[string]reg.GPVirtual{}, scalar: map[string]reg.VecVirtual{}, offset: a.GP64()}
	for _, p := range k.pointers {
		e.base[p] = a.param(p)
	}
	for _, s := range k.scalars {
		e.scalar[s] = a.broadcastParam(s)
	}
	n := a.param("n")
	restore := func() {}
	if s == flushed {
		restore = a.flushSubnormals()
	}
	a.XORQ(e.offset, e.offset)
	a.SUBQ(operand.Imm(uint64(a.lanes)), n)
	a.JL(operand.LabelRef("rest"))
	a.Label("loop")
	k.body(e)
	a.ADDQ(operand.Imm(uint64(a.lanes)), e.offset)
	a.SUBQ(operand.Imm(uint64(a.lanes)), n)
	a.JGE(operand.LabelRef("loop"))

	a.Label("rest")
	a.ADDQ(operand.Imm(uint64(a.lanes)), n)
	a.JZ(operand.LabelRef("end"))
	e.mask = a.first(n)
	k.body(e)
	a.Label("end")
	restore()
	a.end()
}

// flushSubnormals sets MXCSR's flush-to-zero and denormals-are-zero bits; what it returns emits their
// return to what they were.
func (a *asm) flushSubnormals() (restore func()) {
	const flushToZero, denormalsAreZero = 1 << 15, 1 << 6
	before, now := a.AllocLocal(8), a.AllocLocal(8)
	a.VSTMXCSR(before)
	bits := a.GP32()
	a.MOVL(before, bits)
	a.ORL(operand.U32(flushToZero|denormalsAreZero), bits)
	a.MOVL(bits, now)
	a.VLDMXCSR(now)
	return func() { a.VLDMXCSR(before) }
}

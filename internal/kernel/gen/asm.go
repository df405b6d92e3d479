package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// asm emits the functions of one file at one level. Its methods hide where AVX2 and AVX-512 differ, so
// that a kernel is written once; instructions that both have are called by their own names.
type asm struct {
	*build.Context
	level  string                 // suffix of the functions' names
	lanes  int                    // float32 in a vector: 8 or 16
	evex   bool                   // opmasks, and 32 registers instead of 16
	consts map[string]operand.Mem // the file's constants, by name
}

// levels returns one emitter for each level, writing to the same file.
func levels(ctx *build.Context) []*asm {
	consts := map[string]operand.Mem{}
	return []*asm{
		{ctx, "AVX2", 8, false, consts},
		{ctx, "AVX512", 16, true, consts},
	}
}

// eight is a that works on 8 lanes whatever the level.
func (a *asm) eight() *asm {
	narrower := *a
	narrower.lanes = 8
	return &narrower
}

// four is a that works on 4 lanes whatever the level.
func (a *asm) four() *asm {
	narrower := *a
	narrower.lanes = 4
	return &narrower
}

// bytes is the size of a vector.
func (a *asm) bytes() int { return 4 * a.lanes }

// begin starts a function; signature is Go's, without the name.
func (a *asm) begin(name, signature, doc string) {
	a.Function(name)
	a.Attributes(attr.NOSPLIT)
	a.SignatureExpr("func" + signature)
	a.Pragma("noescape")
	a.Doc(name + " " + doc)
}

func (a *asm) end() {
	a.VZEROUPPER()
	a.RET()
}

// vec is a new vector register.
func (a *asm) vec() reg.VecVirtual {
	switch a.lanes {
	case 16:
		return a.ZMM()
	case 8:
		return a.YMM()
	}
	return a.XMM()
}

// zeroed is a new vector register of zeros.
func (a *asm) zeroed() reg.VecVirtual {
	v := a.vec()
	a.zero(v)
	return v
}

func (a *asm) zero(v reg.VecVirtual) {
	if a.evex {
		a.VPXORD(v, v, v)
	} else {
		a.VXORPS(v, v, v)
	}
}

// param loads a parameter into a new general register.
func (a *asm) param(name string) reg.GPVirtual {
	r := a.GP64()
	a.Load(a.Param(name), r)
	return r
}

// broadcastParam loads a float32 parameter into every lane of a new vector register.
func (a *asm) broadcastParam(name string) reg.VecVirtual {
	p, err := a.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := a.vec()
	a.VBROADCASTSS(p.Addr, v)
	return v
}

// field loads a field of the function's argument block t into a new general register.
func (a *asm) field(name string) reg.GPVirtual {
	r := a.GP64()
	a.Load(a.Dereference(a.Param("t")).Field(name), r)
	return r
}

// start is a pointer of the argument block t plus its offset.
func (a *asm) start(pointer, offset string) reg.GPVirtual {
	r := a.field(pointer)
	a.ADDQ(a.field(offset), r)
	return r
}

// relu sets v = max(0, v). The value stands second in Intel's order: that operand is the result where
// either is NaN, or both are zeros.
func (a *asm) relu(v, zero reg.Register) { a.VMAXPS(v, zero, v) }

// rowPointers is one pointer for every three rows of X: the others are one or two strides away.
func (a *asm) rowPointers(rows int, x, xRow reg.GPVirtual) []reg.GPVirtual {
	xs := []reg.GPVirtual{a.copyOf(x)}
	for i := 3; i < rows; i += 3 {
		next := a.GP64()
		a.LEAQ(operand.Mem{Base: xs[len(xs)-1], Index: xRow, Scale: 2}, next)
		a.ADDQ(xRow, next)
		xs = append(xs, next)
	}
	return xs
}

// moveDown moves x so many rows down.
func (a *asm) moveDown(rows int, x, xRow reg.GPVirtual) {
	for range rows / 2 {
		a.LEAQ(operand.Mem{Base: x, Index: xRow, Scale: 2}, x)
	}
	if rows%2 == 1 {
		a.ADDQ(xRow, x)
	}
}

// xAt is the element of X's row i that the pointers of rowPointers stand at.
func xAt(xs []reg.GPVirtual, xRow reg.GPVirtual, i int) operand.Mem {
	m := operand.Mem{Base: xs[i/3]}
	if i%3 != 0 {
		m.Index, m.Scale = xRow, uint8(i%3)
	}
	return m
}

// copyOf is a new general register that holds r.
func (a *asm) copyOf(r reg.GPVirtual) reg.GPVirtual {
	c := a.GP64()
	a.MOVQ(r, c)
	return c
}

// A mask selects the first lanes of a vector. A nil mask selects all.
type mask struct {
	k reg.OpmaskVirtual // AVX-512
	v reg.VecVirtual    // AVX2: the sign of each lane
}

// first is the mask of the first n lanes, n ≥ 0; of all where there are fewer.
func (a *asm) first(n reg.GPVirtual) *mask {
	r := a.GP64()
	if a.evex {
		a.MOVQ(operand.I32(-1), r)
		a.BZHIQ(n, r, r)
		k := a.K()
		a.KMOVW(r.As32(), k)
		return &mask{k: k}
	}
	// The table is 8 ones, then 8 zeros: n ones begin 8−n words after its start.
	table, none := a.GP64(), a.GP64()
	a.LEAQ(a.maskTable(), table)
	a.XORQ(none, none)
	a.MOVQ(operand.U32(8), r)
	a.SUBQ(n, r)
	a.CMOVQLT(none, r)
	return &mask{v: a.loaded(operand.Mem{Base: table, Index: r, Scale: 4}, nil)}
}

// firstOf16 is the masks of the vectors that make 16 lanes, of which the first n are selected, 0 < n ≤ 16.
func (a *asm) firstOf16(n reg.GPVirtual) []*mask {
	if a.lanes == 16 {
		return []*mask{a.first(n)}
	}
	rest, none := a.copyOf(n), a.GP64()
	a.XORQ(none, none)
	a.SUBQ(operand.Imm(8), rest)
	a.CMOVQLT(none, rest)
	return []*mask{a.first(n), a.first(rest)}
}

func (a *asm) maskTable() operand.Mem {
	words := make([]uint32, 16)
	for i := range 8 {
		words[i] = math.MaxUint32
	}
	return a.table("firstLanes", words)
}

// load loads v's lanes under k; the others become zero.
func (a *asm) load(m operand.Mem, k *mask, v reg.Register) {
	switch {
	case k == nil:
		a.VMOVUPS(m, v)
	case a.evex:
		a.VMOVUPS_Z(m, k.k, v)
	default:
		a.VMASKMOVPS(m, k.v, v)
	}
}

// loaded is load into a new register.
func (a *asm) loaded(m operand.Mem, k *mask) reg.VecVirtual {
	v := a.vec()
	a.load(m, k, v)
	return v
}

// store stores v's lanes under k; other memory is left alone.
func (a *asm) store(v reg.Register, k *mask, m operand.Mem) {
	switch {
	case k == nil:
		a.VMOVUPS(v, m)
	case a.evex:
		a.VMOVUPS(v, k.k, m)
	default:
		a.VMASKMOVPS(v, k.v, m)
	}
}

// Comparison predicates (Intel SDM, CMPPS), quiet ones; x is the first operand of Intel's order.
const (
	equal       = 0x00 // x == y
	unordered   = 0x03 // either is NaN
	less        = 0x11 // x < y
	notLess     = 0x15 // !(x < y): true for NaN
	greater     = 0x1e // x > y
	lessOrEqual = 0x12
)

// choose sets dst to yes in the lanes where "x predicate y", and leaves it in the others.
func (a *asm) choose(predicate uint64, x reg.VecVirtual, y operand.Op, yes, dst reg.VecVirtual) {
	if a.evex {
		k := a.K()
		a.VCMPPS(operand.Imm(predicate), y, x, k)
		a.VBLENDMPS(yes, dst, k, dst)
		return
	}
	m := a.vec()
	a.VCMPPS(operand.Imm(predicate), y, x, m)
	a.VBLENDVPS(m, yes, dst, dst)
}

// words is 64 bytes of memory that hold one 32-bit word over and over.
func (a *asm) words(word uint32) operand.Mem {
	words := make([]uint32, 16)
	for i := range words {
		words[i] = word
	}
	return a.table(fmt.Sprintf("word%08x", word), words)
}

// table is constant words in memory; the same name stands for the same table.
func (a *asm) table(name string, words []uint32) operand.Mem {
	if m, ok := a.consts[name]; ok {
		return m
	}
	m := a.StaticGlobal(name)
	a.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, word := range words {
		a.AppendDatum(operand.U32(word))
	}
	a.consts[name] = m
	return m
}

// float is words of a float32.
func (a *asm) float(x float32) operand.Mem { return a.words(math.Float32bits(x)) }

// constant is a float32 in every lane of a new register.
func (a *asm) constant(x float32) reg.VecVirtual { return a.loaded(a.float(x), nil) }

// and sets dst = x & y, bit by bit.
func (a *asm) and(y operand.Op, x, dst reg.VecVirtual) {
	if a.evex {
		a.VPANDD(y, x, dst)
	} else {
		a.VANDPS(y, x, dst)
	}
}

// or sets dst = x | y, bit by bit.
func (a *asm) or(y operand.Op, x, dst reg.VecVirtual) {
	if a.evex {
		a.VPORD(y, x, dst)
	} else {
		a.VORPS(y, x, dst)
	}
}

// addHalves adds the 16 lanes of a zmm, or of two ymm, by halves: 0+8, 1+9, …; then 0+4, …; and so on.
// The sum ends in lane 0 of the returned register; the inputs are overwritten.
func (a *asm) addHalves(v ...reg.VecVirtual) reg.VecVirtual {
	low, high := v[0].AsY(), a.YMM()
	if len(v) == 1 {
		a.VEXTRACTF64X4(operand.Imm(1), v[0], high)
		a.VADDPS(high, low, low)
	} else {
		a.VADDPS(v[1], low, low)
	}
	x, t := v[0].AsX(), a.XMM()
	a.VEXTRACTF128(operand.Imm(1), low, t)
	a.VADDPS(t, x, x)
	a.VMOVHLPS(x, x, t)
	a.VADDPS(t, x, x)
	a.VMOVSHDUP(x, t)
	a.VADDPS(t, x, x)
	return v[0]
}

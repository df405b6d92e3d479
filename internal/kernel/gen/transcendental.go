package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transcendentals emits exp, log, tanh and softplus. Polynomials and the split of ln 2 are those of
// Cephes (S. Moshier, single precision); the order of operations is what stands here, at both levels.
func transcendentals(a *asm) {
	vectors := []string{"y", "x"}
	for _, k := range []elementwise{
		{"exp", "is y = eˣ.", vectors, nil, func(e element) { e.out(e.exp(e.in("x")), "y") }},
		{"log", "is y = ln x.", vectors, nil, func(e element) { e.out(e.log(e.in("x")), "y") }},
		{"tanh", "is y = tanh x.", vectors, nil, func(e element) { e.out(e.tanh(e.in("x")), "y") }},
		{"softplus", "is y = ln(1 + eˣ).", vectors, nil, func(e element) { e.out(e.softplus(e.in("x")), "y") }},
	} {
		k.emit(a, kept)
	}
}

// The two parts of ln 2: the first has so few bits that its product with an exponent is exact.
const (
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

// horner sets p to the polynomial in x with these coefficients, highest power first.
func (a *asm) horner(x reg.VecVirtual, coefficients ...float32) reg.VecVirtual {
	p := a.constant(coefficients[0])
	for _, c := range coefficients[1:] {
		a.VFMADD213PS(a.float(c), x, p)
	}
	return p
}

// exp is e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2. x is overwritten.
func (a *asm) exp(x reg.VecVirtual) reg.VecVirtual {
	// Beyond these the result is 0 or +Inf anyway. x stands second in Intel's order, so NaN stays NaN.
	a.VMINPS(x, a.constant(89), x)
	a.VMAXPS(x, a.constant(-104), x)

	const magic = 3 << 22 // adding it rounds to an integer, which is then in the low bits
	n, exponent := a.constant(magic), a.vec()
	a.VFMADD231PS(a.float(math.Log2E), x, n)
	a.VPSUBD(a.float(magic), n, exponent)
	a.VSUBPS(a.float(magic), n, n)
	r := x
	a.VFNMADD231PS(a.float(ln2High), n, r)
	a.VFNMADD231PS(a.float(ln2Low), n, r)

	p := a.horner(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	square := a.vec()
	a.VMULPS(r, r, square)
	a.VFMADD213PS(r, square, p)
	a.VADDPS(a.float(1), p, p)

	// 2^n in two halves: n may be −150, where the result is denormal, or 128, where it may be infinite.
	half := a.vec()
	a.VPSRAD(operand.Imm(1), exponent, half)
	a.VPSUBD(half, exponent, exponent)
	for _, e := range []reg.VecVirtual{half, exponent} {
		a.VPADDD(a.words(127), e, e)
		a.VPSLLD(operand.Imm(23), e, e)
		a.VMULPS(e, p, p)
	}
	return p
}

// log is ln x = e·ln 2 + ln(1 + f) with x = 2^e (1 + f), √½ ≤ 1 + f < √2.
func (a *asm) log(x reg.VecVirtual) reg.VecVirtual {
	// A denormal x is first scaled by 2^24.
	const sqrtHalf = 0x3f3504f3 // bits of √½
	normal, shift, scaled := a.vec(), a.zeroed(), a.vec()
	a.VMOVUPS(x, normal)
	a.VMULPS(a.float(1<<24), x, scaled)
	smallest := a.float(0x1p-126)
	a.choose(less, x, smallest, scaled, normal)
	a.choose(less, x, smallest, a.constant(-24), shift)

	exponent, e, f := a.vec(), a.vec(), a.vec()
	a.VPSUBD(a.words(sqrtHalf), normal, exponent)
	a.VPSRAD(operand.Imm(23), exponent, exponent)
	a.VCVTDQ2PS(exponent, e)
	a.VADDPS(shift, e, e)
	a.VPSLLD(operand.Imm(23), exponent, exponent)
	a.VPSUBD(exponent, normal, f)
	a.VSUBPS(a.float(1), f, f)

	// ln(1+f) = f − f²/2 + f³ P(f)
	p := a.horner(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	square := a.vec()
	a.VMULPS(f, f, square)
	a.VMULPS(f, p, p)
	a.VMULPS(square, p, p)
	a.VFMADD231PS(a.float(ln2Low), e, p)
	a.VFNMADD231PS(a.float(0.5), square, p)
	a.VADDPS(p, f, f)
	a.VFMADD231PS(a.float(ln2High), e, f)

	zero, infinity := a.zeroed(), a.float(float32(math.Inf(1)))
	a.choose(equal, x, zero, a.constant(float32(math.Inf(-1))), f)
	a.choose(less, x, zero, a.constant(float32(math.NaN())), f)
	a.choose(notLess, x, infinity, x, f)
	return f
}

// tanh is an odd polynomial below 0.625, and 1 − 2 / (e^2|x| + 1) above.
func (a *asm) tanh(x reg.VecVirtual) reg.VecVirtual {
	const sign = 1 << 31
	size, double := a.vec(), a.vec()
	a.and(a.words(sign-1), x, size)
	a.VADDPS(size, size, double)

	denominator, large := a.exp(double), a.constant(1)
	a.VADDPS(a.float(1), denominator, denominator)
	quotient := a.constant(2)
	a.VDIVPS(denominator, quotient, quotient)
	a.VSUBPS(quotient, large, large)

	square := a.vec()
	a.VMULPS(size, size, square)
	small := a.horner(square, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
	a.VMULPS(square, small, small)
	a.VFMADD213PS(size, size, small)
	a.choose(less, size, a.float(0.625), small, large)

	a.and(a.words(sign), x, x)
	a.or(x, large, large)
	return large
}

// softplus is max(x, 0) + ln(1 + u) with u = e^−|x|, and ln(1 + u) = 2 artanh s with s = u / (2 + u).
func (a *asm) softplus(x reg.VecVirtual) reg.VecVirtual {
	minus := a.vec()
	a.or(a.words(1<<31), x, minus)
	u := a.exp(minus)
	s, square := a.vec(), a.vec()
	a.VADDPS(a.float(2), u, s)
	a.VDIVPS(s, u, s)
	a.VMULPS(s, s, square)
	a.VADDPS(s, s, s)

	// 2 artanh s = 2s + 2s (s²/3 + s⁴/5 + …); the first term left out is below 1.5e-8 of the sum, as s ≤ ⅓.
	p := a.horner(square, 1.0/13, 1.0/11, 1.0/9, 1.0/7, 1.0/5, 1.0/3)
	a.VMULPS(square, p, p)
	a.VFMADD213PS(s, s, p)
	a.relu(x, a.zeroed())
	a.VADDPS(p, x, x)
	return x
}

package classic

import "math"

// sincos is sin x and cos x to within 0.8 units in the last place for |x| < 2²⁰. For small angles, 1 in 100 is not the
// nearest float64, of math.Sincos 1 in 4; so a trajectory stays longer with Gymnasium's, which rests on libm. Products are
// rounded before they are added, so the bits are the same on every architecture. Beyond 2²⁰ it is math.Sincos.
//
// Method and coefficients: fdlibm's k_sin.c, k_cos.c and e_rem_pio2.c (Sun Microsystems, 1993).
func sincos(x float64) (sin, cos float64) {
	const (
		s1 = -1.66666666666666324348e-01
		s2 = 8.33333333332248946124e-03
		s3 = -1.98412698298579493134e-04
		s4 = 2.75573137070700676789e-06
		s5 = -2.50507602534068634195e-08
		s6 = 1.58969099521155010221e-10

		c1 = 4.16666666666666019037e-02
		c2 = -1.38888888888741095749e-03
		c3 = 2.48015872894767294178e-05
		c4 = -2.75573143513906633035e-07
		c5 = 2.08757232129817482790e-09
		c6 = -1.13596475577881948265e-11
	)
	quarter, tail := 0, 0.0 // the angle is quarter·π/2 + x + tail, |x| ≤ π/4
	if !(x > -math.Pi/4 && x < math.Pi/4) {
		if !(math.Abs(x) < 1<<20) {
			return math.Sincos(x)
		}
		quarter, x, tail = reduce(x)
	}
	z := float64(x * x)
	w := float64(z * z)

	half := float64(0.5 * z)
	one := 1 - half

	// sin x = x + s1 x³ + … + s6 x¹³, and the tail times cos x ≈ 1 − x²/2
	r := (s2 + float64(z*s3)) + float64(w*(s4+float64(z*s5)+float64(w*s6)))
	sin = x + (float64(float64(z*x)*(s1+float64(z*r))) + float64(tail*one))

	// cos x = 1 − x²/2 + c1 x⁴ + … + c6 x¹⁴, with what 1 − x²/2 was rounded by, less the tail times sin x ≈ x
	r = (c1 + float64(z*c2)) + float64(w*(c3+float64(z*c4)+float64(w*(c5+float64(z*c6)))))
	cos = one + (((1 - one) - half) + (float64(w*r) - float64(x*tail)))

	switch quarter & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// cosine is the second result of sincos.
func cosine(x float64) float64 {
	_, c := sincos(x)
	return c
}

// reduce writes x, with |x| < 2²⁰, as quarter·π/2 + rest + tail, where |rest| ≤ π/4 and tail is what rest
// was rounded by. π/2 is taken in pieces of 33, 33 and 53 bits, whose products with quarter are exact but for the last.
func reduce(x float64) (quarter int, rest, tail float64) {
	const (
		high = 1.57079632673412561417e+00
		mid  = 6.07710050630396597660e-11
		low  = 2.02226624879595063154e-21
	)
	quarter = int(float64(x*(2/math.Pi)) + math.Copysign(0.5, x))
	n := float64(quarter)
	t := x - float64(n*high)
	w := float64(n * mid)
	r := t - w
	w = float64(n*low) - ((t - r) - w)
	rest = r - w
	return quarter, rest, (r - rest) - w
}

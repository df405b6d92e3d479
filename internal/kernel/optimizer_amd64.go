//go:build !purego

package kernel

func adamVector(p, grad, m, v []float32, s AdamStep) {
	c1, c2 := 1-s.Beta1, 1-s.Beta2
	for len(p) > 0 {
		n := min(len(p), chunk)
		if level == avx512 {
			adamAVX512(n, &p[0], &grad[0], &m[0], &v[0], s.Beta1, c1, s.Beta2, c2, s.Rate, s.Correction2, s.Epsilon)
		} else {
			adamAVX2(n, &p[0], &grad[0], &m[0], &v[0], s.Beta1, c1, s.Beta2, c2, s.Rate, s.Correction2, s.Epsilon)
		}
		p, grad, m, v = p[n:], grad[n:], m[n:], v[n:]
	}
}

func rmsPropVector(p, grad, v []float32, s RMSPropStep) {
	c := 1 - s.Decay
	for len(p) > 0 {
		n := min(len(p), chunk)
		switch {
		case level == avx512 && s.EpsilonInside:
			rmsPropInsideAVX512(n, &p[0], &grad[0], &v[0], s.Decay, c, s.Rate, s.Epsilon)
		case level == avx512:
			rmsPropAVX512(n, &p[0], &grad[0], &v[0], s.Decay, c, s.Rate, s.Epsilon)
		case s.EpsilonInside:
			rmsPropInsideAVX2(n, &p[0], &grad[0], &v[0], s.Decay, c, s.Rate, s.Epsilon)
		default:
			rmsPropAVX2(n, &p[0], &grad[0], &v[0], s.Decay, c, s.Rate, s.Epsilon)
		}
		p, grad, v = p[n:], grad[n:], v[n:]
	}
}

//go:build !purego

package kernel

// The vector forms below all do the same: they hand the vectors to the assembly, chunk by chunk.

func reluVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			reluAVX512(n, &y[0], &x[0])
		} else {
			reluAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

func reluGradVector(dx, y []float32) {
	for len(dx) > 0 {
		n := min(len(dx), chunk)
		if level == avx512 {
			reluGradAVX512(n, &dx[0], &y[0])
		} else {
			reluGradAVX2(n, &dx[0], &y[0])
		}
		dx, y = dx[n:], y[n:]
	}
}

func tanhGradVector(dx, y []float32) {
	for len(dx) > 0 {
		n := min(len(dx), chunk)
		if level == avx512 {
			tanhGradAVX512(n, &dx[0], &y[0])
		} else {
			tanhGradAVX2(n, &dx[0], &y[0])
		}
		dx, y = dx[n:], y[n:]
	}
}

func axpyVector(y []float32, a float32, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			axpyAVX512(n, &y[0], &x[0], a)
		} else {
			axpyAVX2(n, &y[0], &x[0], a)
		}
		y, x = y[n:], x[n:]
	}
}

func scaleVector(y []float32, a float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			scaleAVX512(n, &y[0], a)
		} else {
			scaleAVX2(n, &y[0], a)
		}
		y = y[n:]
	}
}

func addVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			addAVX512(n, &y[0], &x[0])
		} else {
			addAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

func polyakVector(y, x []float32, tau float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			polyakAVX512(n, &y[0], &x[0], tau)
		} else {
			polyakAVX2(n, &y[0], &x[0], tau)
		}
		y, x = y[n:], x[n:]
	}
}

func expVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			expAVX512(n, &y[0], &x[0])
		} else {
			expAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

func logVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			logAVX512(n, &y[0], &x[0])
		} else {
			logAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

func tanhVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			tanhAVX512(n, &y[0], &x[0])
		} else {
			tanhAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

func softplusVector(y, x []float32) {
	for len(y) > 0 {
		n := min(len(y), chunk)
		if level == avx512 {
			softplusAVX512(n, &y[0], &x[0])
		} else {
			softplusAVX2(n, &y[0], &x[0])
		}
		y, x = y[n:], x[n:]
	}
}

package kernel

// convPlain is Y (+)= act(X ∗ W + b), Tanh left out. sum: [out], scratch.
func convPlain(y, x Images, v Window, w Mat, bias []float32, act Activation, accumulate bool, sum []float32) {
	run := v.Width * x.Channels
	for n := range y.N {
		for i := range y.Height {
			line := y.line(n, i)
			for j := range y.Width {
				clear(sum)
				for l := range v.Height {
					from := n*x.Stride + (i*v.Down+l)*x.Line + j*v.Right*x.Channels
					chainPlain(sum, x.X[from:from+run], w, l*run)
				}
				finishPlain(line[j*w.Cols:(j+1)*w.Cols], sum, bias, act, accumulate)
			}
		}
	}
}

// chainPlain goes on with the chain of y over rows k, k+1, … of w. y: [n], x: [any], w: [≥ k+len(x), n].
func chainPlain(y, x []float32, w Mat, k int) {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		axpy4Plain(y, x[i], x[i+1], x[i+2], x[i+3], w, k+i)
	}
	for ; i < len(x); i++ {
		axpyPlain(y, x[i], w.Row(k+i))
	}
}

// finishPlain writes sum + bias, + y, activated, to y.
func finishPlain(y, sum, bias []float32, act Activation, accumulate bool) {
	for j, b := range bias {
		sum[j] += b
	}
	if accumulate {
		addPlain(sum, y)
	}
	copy(y, sum)
	if act == ReLU {
		reluPlain(y, y)
	}
}

// convWeightsPlain is ConvWeights for one image. sum: [out], scratch.
func convWeightsPlain(dw Mat, x, dy Images, v Window, accumulate bool, sum []float32) {
	run := v.Width * x.Channels
	for k := range dw.Rows {
		clear(sum)
		at := k/run*x.Line + k%run
		for i := range dy.Height {
			line := dy.line(0, i)
			for j := range dy.Width {
				axpyPlain(sum, x.X[at+i*v.Down*x.Line+j*v.Right*x.Channels], line[j*dw.Cols:(j+1)*dw.Cols])
			}
		}
		if accumulate {
			addPlain(dw.Row(k), sum)
		} else {
			copy(dw.Row(k), sum)
		}
	}
}

// convInputPlain is ConvInput for one image, dx being 0. sum: [window.Width * in], scratch.
func convInputPlain(dx, dy Images, v Window, wt Mat, sum []float32) {
	run := len(sum)
	phases := v.phases()
	for l := range v.Height {
		part := Mat{X: wt.X[l*run:], Rows: wt.Rows, Cols: run, Stride: wt.Stride}
		for phase := range phases {
			for i := range dy.Height {
				line := dy.line(0, i)
				for j := phase; j < dy.Width; j += phases {
					clear(sum)
					chainPlain(sum, line[j*wt.Rows:(j+1)*wt.Rows], part, 0)
					to := (i*v.Down+l)*dx.Line + j*v.Right*dx.Channels
					addPlain(dx.X[to:to+run], sum)
				}
			}
		}
	}
}

// phases is how many positions from a window the next one begins that does not overlap it.
func (v Window) phases() int { return (v.Width + v.Right - 1) / v.Right }

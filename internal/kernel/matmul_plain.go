package kernel

// matMulPlain is Y = act(X·W + b), Tanh left out, in the order of additions that the package comment gives.
func matMulPlain(y, x, w Mat, bias []float32, act Activation) {
	for i := range y.Rows {
		row := y.Row(i)
		switch {
		case y.Cols == 1:
			row[0] = columnPlain(x.Row(i), w)
		case y.Cols <= narrow:
			narrowPlain(row, x.Row(i), w)
		default:
			widePlain(row, x.Row(i), w)
		}
		for j, b := range bias {
			row[j] += b
		}
		if act == ReLU {
			reluPlain(row, row)
		}
	}
}

// columnPlain is x·w for a single column w: 16 chains, k mod 16, added by halves. x: [k], w: [k, 1].
func columnPlain(x []float32, w Mat) float32 {
	var lane [16]float32
	for k, v := range x {
		lane[k%16] += float32(v * w.X[k*w.Stride])
	}
	return addHalves(lane[:])
}

// addHalves adds lanes (a power of two of them) i and i+len/2, then the halves of what is left; it
// overwrites them.
func addHalves(lane []float32) float32 {
	for len(lane) > 1 {
		half := len(lane) / 2
		for i := range half {
			lane[i] += lane[half+i]
		}
		lane = lane[:half]
	}
	return lane[0]
}

// narrowPlain is y = x·W for at most 8 columns: four chains, k mod 4. y: [n], x: [k], w: [k, n].
func narrowPlain(y, x []float32, w Mat) {
	for j := range y {
		var s [4]float32
		for k, v := range x {
			s[k%4] += float32(v * w.X[k*w.Stride+j])
		}
		y[j] = (s[0] + s[1]) + (s[2] + s[3])
	}
}

// widePlain is y = x·W in one chain over k. y: [n], x: [k], w: [k, n].
func widePlain(y, x []float32, w Mat) {
	clear(y)
	k := 0
	for ; k+4 <= len(x); k += 4 {
		axpy4Plain(y, x[k], x[k+1], x[k+2], x[k+3], w, k)
	}
	for ; k < len(x); k++ {
		axpyPlain(y, x[k], w.Row(k))
	}
}

// matMulATPlain is dW = Xᵀ·dY in one chain over the rows.
func matMulATPlain(dw, x, dy Mat) {
	at := func(i, k int) float32 { return x.X[i*x.Stride+k] }
	for k := range dw.Rows {
		sum := dw.Row(k)
		clear(sum)
		i := 0
		for ; i+4 <= x.Rows; i += 4 {
			axpy4Plain(sum, at(i, k), at(i+1, k), at(i+2, k), at(i+3, k), dy, i)
		}
		for ; i < x.Rows; i++ {
			axpyPlain(sum, at(i, k), dy.Row(i))
		}
	}
}

// axpy4Plain adds multiples of four rows of w, from row k on, one after the other. y: [n], w: [≥ k+4, n].
func axpy4Plain(y []float32, x0, x1, x2, x3 float32, w Mat, k int) {
	w0, w1 := w.Row(k)[:len(y)], w.Row(k + 1)[:len(y)]
	w2, w3 := w.Row(k + 2)[:len(y)], w.Row(k + 3)[:len(y)]
	for j, s := range y {
		s += float32(x0 * w0[j])
		s += float32(x1 * w1[j])
		s += float32(x2 * w2[j])
		s += float32(x3 * w3[j])
		y[j] = s
	}
}

// transposePlain writes Y = Xᵀ. y: [n, m], x: [m, n].
func transposePlain(y, x Mat) {
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			y.X[j*y.Stride+i] = v
		}
	}
}

package kernel

import "testing"

// TestAllocations checks that nothing allocates once a Scratch has grown.
func TestAllocations(t *testing.T) {
	mat := func(rows, cols int) Mat { return Matrix(make([]float32, rows*cols), rows, cols) }
	x, y, w, b := mat(20, 33), mat(20, 40), mat(33, 40), make([]float32, 40)
	narrow, column := mat(33, 3), mat(33, 1)
	var s Scratch
	window, pixels := Window{3, 3, 1, 1}, Image(random(1, 6*6*5), 6, 6, 5)
	kernels, filtered, bytes := mat(45, 12), Image(random(2, 4*4*12), 4, 4, 12), make([]uint8, 99)
	mat12x45 := mat(12, 45)
	pooled := Image(make([]float32, 3*3*5), 3, 3, 5)
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		for name, call := range map[string]func(){
			"MatMul":        func() { s.MatMul(y, x, w, b, Tanh) },
			"MatMul narrow": func() { s.MatMul(corner(y, 20, 3), x, narrow, b[:3], ReLU) },
			"MatMul column": func() { s.MatMul(corner(y, 20, 1), x, column, b[:1], ReLU) },
			"MatMulAdd":     func() { s.MatMulAdd(y, x, w) },
			"Conv":          func() { s.Conv(filtered, pixels, window, kernels, nil, ReLU, true) },
			"ConvWeights":   func() { s.ConvWeights(kernels, pixels, filtered, window, true) },
			"ConvInput":     func() { s.ConvInput(pixels, filtered, window, mat12x45) },
			"MaxPool":       func() { MaxPool(pooled, pixels, Window{3, 3, 2, 2}, 1) },
			"MaxPoolGrad":   func() { MaxPoolGrad(pixels, pixels, pooled, Window{3, 3, 2, 2}, 1) },
			"FromBytes":     func() { FromBytes(narrow, bytes, 3, 1) },
			"LSTMCell":      func() { LSTMCell(x.X[:40], y.X[:10], y.X[10:20], y.X[20:30], y.X[30:40]) },
			"LSTMGrad":      func() { LSTMGrad(w.X[:40], x.X[:40], y.X[:10], y.X[10:20], y.X[20:30], y.X[30:40]) },
			"MatMulBT":      func() { s.MatMulBT(x, y, w) },
			"MatMulAT":      func() { s.MatMulAT(w, x, y) },
			"MatMulAT thin": func() { s.MatMulAT(narrow, x, corner(y, 20, 3)) },
			"ColumnSums":    func() { ColumnSums(b, y, true) },
			"SumSquares":    func() { SumSquares(b) },
		} {
			if n := testing.AllocsPerRun(10, call); n != 0 {
				t.Errorf("%s at level %s: %v allocations", name, l, n)
			}
		}
		for _, k := range elementKernels {
			v := k.arguments(100)
			if n := testing.AllocsPerRun(10, func() { k.run(v) }); n != 0 {
				t.Errorf("%s at level %s: %v allocations", k.name, l, n)
			}
		}
	}
	// Operands on the caller's stack stay there.
	if n := testing.AllocsPerRun(10, func() {
		var s Scratch
		var x, y [16]float32
		Exp(y[:], x[:])
		Adam(x[:], y[:], x[:], y[:], adamStep)
		s.MatMul(Matrix(y[:], 1, 16), Matrix(x[:3], 1, 3), corner(w, 3, 16), nil, ReLU)
	}); n != 0 {
		t.Errorf("operands on the stack: %v allocations", n)
	}
}

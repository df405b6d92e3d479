package kernel

import "fmt"

// narrow is the greatest number of output columns that are summed in several chains.
const narrow = 8

// Scratch is one goroutine's working memory for matrix products. The zero value is ready; it grows
// to what the largest product needs and stays there.
type Scratch struct {
	panel  []float32 // a transposed operand, or a few of its columns
	result []float32 // a transposed result
}

// grow returns n elements of *buf, whose contents are arbitrary.
func grow(buf *[]float32, n int) []float32 {
	if cap(*buf) < n {
		*buf = make([]float32, n)
	}
	return (*buf)[:n]
}

// MatMul writes Y = act(X·W + b). y: [m, n], x: [m, k], w: [k, n]; bias: [n], nil for none.
func (s *Scratch) MatMul(y, x, w Mat, bias []float32, act Activation) {
	y.check("MatMul")
	x.check("MatMul")
	w.check("MatMul")
	if y.Rows != x.Rows || y.Cols != w.Cols || x.Cols != w.Rows || bias != nil && len(bias) != y.Cols {
		wrongShapes("MatMul", y, x, w, len(bias))
	}
	if y.Rows == 0 || y.Cols == 0 {
		return
	}
	if level == generic {
		matMulPlain(y, x, w, bias, act)
	} else {
		s.matMulVector(y, x, w, bias, act)
	}
	if act == Tanh {
		applyRows(act, y)
	}
}

// MatMulAdd adds a product: Y += X·W, W's sums as MatMul makes them. y: [m, n], x: [m, k], w: [k, n].
func (s *Scratch) MatMulAdd(y, x, w Mat) {
	y.check("MatMulAdd")
	x.check("MatMulAdd")
	w.check("MatMulAdd")
	if y.Rows != x.Rows || y.Cols != w.Cols || x.Cols != w.Rows {
		wrongShapes("MatMulAdd", y, x, w, 0)
	}
	if y.Rows == 0 || y.Cols == 0 {
		return
	}
	if level != generic && y.Cols > narrow {
		matMulAddVector(y, x, w)
		return
	}
	sum := Matrix(grow(&s.result, y.Rows*y.Cols), y.Rows, y.Cols)
	s.MatMul(sum, x, w, nil, Identity)
	for i := range y.Rows {
		Add(y.Row(i), sum.Row(i))
	}
}

// MatMulBT writes dX = dY·Wᵀ, the gradient of MatMul's x. dx: [m, k], dy: [m, n], w: [k, n].
func (s *Scratch) MatMulBT(dx, dy, w Mat) {
	dx.check("MatMulBT")
	dy.check("MatMulBT")
	w.check("MatMulBT")
	if dx.Rows != dy.Rows || dx.Cols != w.Rows || dy.Cols != w.Cols {
		wrongShapes("MatMulBT", dx, dy, w, 0)
	}
	if dx.Rows == 0 || dx.Cols == 0 {
		return
	}
	if level == generic {
		wt := Matrix(grow(&s.panel, w.Rows*w.Cols), w.Cols, w.Rows)
		transposePlain(wt, w)
		matMulPlain(dx, dy, wt, nil, Identity)
		return
	}
	s.matMulBTVector(dx, dy, w)
}

// MatMulAT writes dW = Xᵀ·dY, the gradient of MatMul's w. dw: [k, n], x: [m, k], dy: [m, n].
func (s *Scratch) MatMulAT(dw, x, dy Mat) {
	dw.check("MatMulAT")
	x.check("MatMulAT")
	dy.check("MatMulAT")
	if dw.Rows != x.Cols || dw.Cols != dy.Cols || x.Rows != dy.Rows {
		wrongShapes("MatMulAT", dw, x, dy, 0)
	}
	if dw.Rows == 0 || dw.Cols == 0 {
		return
	}
	if level == generic {
		matMulATPlain(dw, x, dy)
		return
	}
	s.matMulATVector(dw, x, dy)
}

// applyRows applies an activation in place.
func applyRows(act Activation, y Mat) {
	if y.contiguous() {
		all := y.X[:y.Rows*y.Cols]
		act.Apply(all, all)
		return
	}
	for i := range y.Rows {
		act.Apply(y.Row(i), y.Row(i))
	}
}

func wrongShapes(where string, y, x, w Mat, bias int) {
	panic(fmt.Sprintf("kernel: %s: %d×%d from %d×%d and %d×%d, bias of %d", where,
		y.Rows, y.Cols, x.Rows, x.Cols, w.Rows, w.Cols, bias))
}

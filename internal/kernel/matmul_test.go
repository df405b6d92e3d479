package kernel

import (
	"fmt"
	"math"
	"testing"
)

// product is the operands of every product tested below, as wide as the widest; tests take corners of them,
// so all strides are larger than the rows.
type product struct {
	x, w Mat       // [m, k], [k, n]
	bias []float32 // [n]
}

const mostRows, mostColumns, mostSummed = 64, 300, 140

func newProduct(offset int) product {
	take := func(seed uint64, rows, cols int) Mat {
		x := append(make([]float32, offset), random(seed, rows*(cols+3))...)
		return Mat{X: x[offset:], Rows: rows, Cols: cols, Stride: cols + 3}
	}
	return product{take(1, mostRows, mostSummed), take(2, mostSummed, mostColumns), random(3, mostColumns)}
}

// corner is the upper left of a matrix.
func corner(m Mat, rows, cols int) Mat {
	m.Rows, m.Cols = rows, cols
	return m
}

// sum is element (i, j) of X·W summed over k terms in the order that the package comment gives for n
// columns; mul adds a product.
func (p product) sum(i, j, n, k int, mul func(x, y, z float32) float32) float32 {
	var lane [16]float32
	chains := 1
	switch {
	case n == 1:
		chains = 16
	case n <= narrow:
		chains = 4
	}
	for l := range k {
		lane[l%chains] = mul(p.x.Row(i)[l], p.w.Row(l)[j], lane[l%chains])
	}
	switch chains {
	case 16:
		return addHalves(lane[:])
	case 4:
		return (lane[0] + lane[1]) + (lane[2] + lane[3])
	}
	return lane[0]
}

// sums is every element of the product, for one form of the sum and one k.
func (p product) sums(m, n, form, k int) []float32 {
	y := make([]float32, m*n)
	for i := range m {
		for j := range n {
			y[i*n+j] = p.sum(i, j, form, k, fma32)
		}
	}
	return y
}

// finished is what a sum becomes with the bias and the activation.
func finished(v float32, bias []float32, j int, act Activation) float32 {
	if bias != nil {
		v += bias[j]
	}
	if act == ReLU && v < 0 {
		v = 0
	}
	return v
}

var (
	rowCounts    = append(upTo(1, 20), 24, 27, 28, 29, 41, 42, 43, 56, 57)
	columnCounts = append(upTo(1, 20), 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 100, 127, 128, 129, 144, 255, 256, 257)
	summedCounts = append(upTo(0, 20), 31, 32, 33, 64, 65, 128)
)

func upTo(from, to int) []int {
	var x []int
	for i := from; i <= to; i++ {
		x = append(x, i)
	}
	return x
}

// everyProduct calls check with each k, m and n and the elements wanted there, [mostRows, stride].
func everyProduct(p product, check func(m, n, k int, want []float32, stride int)) {
	ms, ns, ks := rowCounts, columnCounts, summedCounts
	if raceBuild {
		ms, ns, ks = []int{1, 3, 15}, []int{1, 3, 9, 40}, []int{0, 1, 5, 17}
	}
	for _, k := range ks {
		forms := map[bool][]float32{}
		one := p.sums(mostRows, 1, 1, k)
		forms[true] = p.sums(mostRows, narrow, narrow, k)
		forms[false] = p.sums(mostRows, 257, 257, k)
		for _, n := range ns {
			want, stride := forms[n <= narrow], 257
			if n <= narrow {
				stride = narrow
			}
			if n == 1 {
				want, stride = one, 1
			}
			for _, m := range ms {
				check(m, n, k, want, stride)
			}
		}
	}
}

// compare fails unless y is what is wanted, bit for bit, and wrote nothing else.
func compare(t *testing.T, what string, g guarded, y Mat, want func(i, j int) float32) {
	t.Helper()
	for i := range y.Rows {
		for j, v := range y.Row(i) {
			if w := want(i, j); !sameBits(v, w) {
				t.Fatalf("%s: element %d,%d is %v, want %v", what, i, j, v, w)
			}
		}
		for j := y.Cols; j < y.Stride && i*y.Stride+j < len(y.X); j++ {
			if math.Float32bits(y.X[i*y.Stride+j]) != guard {
				t.Fatalf("%s: wrote between its rows, %d after row %d", what, j-y.Cols, i)
			}
		}
	}
	g.check(t, what)
}

// destination is a guarded matrix with a gap between its rows.
func destination(rows, cols, gap, offset int) (guarded, Mat) {
	stride := cols + gap
	g := newGuarded((rows-1)*stride+cols, offset)
	return g, Mat{X: g.x, Rows: rows, Cols: cols, Stride: stride}
}

func TestMatMul(t *testing.T) {
	p := newProduct(0)
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		everyProduct(p, func(m, n, k int, want []float32, stride int) {
			mix := m + n + k
			var bias []float32
			if mix&1 != 0 {
				bias = p.bias[:n]
			}
			act := Activation(mix >> 1 & 1) // identity or ReLU
			g, y := destination(m, n, mix%3, mix)
			s.MatMul(y, corner(p.x, m, k), corner(p.w, k, n), bias, act)
			compare(t, fmt.Sprintf("%d×%d×%d bias %t %s", m, n, k, bias != nil, act), g, y, func(i, j int) float32 {
				return finished(want[i*stride+j], bias, j, act)
			})
		})
	})
}

// TestMatMulAdd: the sums are MatMul's, and what stood there is added last.
func TestMatMulAdd(t *testing.T) {
	p := newProduct(0)
	before := random(9, mostRows*mostColumns)
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		for _, m := range []int{1, 2, 5, 20, 29} {
			for _, n := range columnCounts {
				k := 1 + (m+n)%40
				g, y := destination(m, n, n%3, m+n)
				for i := range m {
					copy(y.Row(i), before[i*n:])
				}
				s.MatMulAdd(y, corner(p.x, m, k), corner(p.w, k, n))
				compare(t, fmt.Sprintf("%d×%d×%d", m, n, k), g, y, func(i, j int) float32 {
					return p.sum(i, j, n, k, fma32) + before[i*n+j]
				})
			}
		}
	})
}

func TestMatMulBT(t *testing.T) {
	p := newProduct(0)
	wt := Mat{X: make([]float32, mostColumns*(mostSummed+1)), Rows: mostColumns, Cols: mostSummed, Stride: mostSummed + 1}
	transposePlain(wt, p.w)
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		everyProduct(p, func(m, n, k int, want []float32, stride int) {
			mix := m + n + k
			g, y := destination(m, n, mix%3, mix)
			s.MatMulBT(y, corner(p.x, m, k), corner(wt, n, k))
			compare(t, fmt.Sprintf("%d×%d×%d", m, n, k), g, y, func(i, j int) float32 { return want[i*stride+j] })
		})
		// A column of one is its own transpose where nothing lies between its elements.
		column := Matrix(random(4, 40), 40, 1)
		g, y := destination(3, 40, 0, 1)
		s.MatMulBT(y, corner(p.x, 3, 1), column)
		compare(t, "contiguous column", g, y, func(i, j int) float32 { return fma32(p.x.Row(i)[0], column.X[j], 0) })
	})
}

func TestMatMulAT(t *testing.T) {
	p := newProduct(0)
	xt := Mat{X: make([]float32, mostSummed*(mostRows+1)), Rows: mostSummed, Cols: mostRows, Stride: mostRows + 1}
	transposePlain(xt, p.x)
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		var k0 int
		var chain []float32 // the wide form serves every n
		everyProduct(p, func(m, n, k int, _ []float32, _ int) {
			if chain == nil || k != k0 {
				chain, k0 = p.sums(mostRows, 257, 257, k), k
			}
			mix := m + n + k
			g, y := destination(m, n, mix%3, mix)
			s.MatMulAT(y, corner(xt, k, m), corner(p.w, k, n))
			compare(t, fmt.Sprintf("%d×%d×%d", m, n, k), g, y, func(i, j int) float32 { return chain[i*257+j] })
		})
	})
}

// TestMatMulOffsets moves all operands together and the destination against them.
func TestMatMulOffsets(t *testing.T) {
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		for offset := range 16 {
			p := newProduct(offset)
			for _, c := range [][3]int{{1, 33, 5}, {20, 40, 17}, {7, 3, 9}, {9, 1, 35}} {
				m, n, k := c[0], c[1], c[2]
				for to := range 16 {
					g, y := destination(m, n, 1, to)
					s.MatMul(y, corner(p.x, m, k), corner(p.w, k, n), p.bias[:n], Identity)
					compare(t, fmt.Sprintf("%v from %d to %d", c, offset, to), g, y, func(i, j int) float32 {
						return p.sum(i, j, n, k, fma32) + p.bias[j]
					})
				}
			}
		}
	})
}

// TestMatMulNaN puts NaN and infinities where they must spoil their own row or column and nothing else.
func TestMatMulNaN(t *testing.T) {
	p := newProduct(0)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	p.x.Row(2)[3] = nan
	p.x.Row(4)[0] = inf
	p.w.Row(4)[0] = -inf
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		for _, n := range []int{1, 2, 8, 9, 40} {
			for _, act := range []Activation{Identity, ReLU} {
				g, y := destination(20, n, 0, 0)
				s.MatMul(y, corner(p.x, 20, 21), corner(p.w, 21, n), nil, act)
				compare(t, fmt.Sprintf("n = %d, %s", n, act), g, y, func(i, j int) float32 {
					return finished(p.sum(i, j, n, 21, fma32), nil, 0, act)
				})
				if v := y.Row(2)[n-1]; v == v {
					t.Errorf("n = %d, %s: NaN became %v", n, act, v)
				}
			}
		}
	})
}

// TestMatMulPlain holds the plain forms to float64 sums; the assembly is held to its own order above.
func TestMatMulPlain(t *testing.T) {
	useLevel(t, generic)
	p := newProduct(0)
	var s Scratch
	sizes := []int{1, 2, 3, 8, 9, 16, 17, 20, 33}
	if raceBuild {
		sizes = []int{1, 3, 9, 17}
	}
	for _, m := range sizes {
		for _, n := range sizes {
			for _, k := range append(sizes, 0) {
				exact := func(x, w Mat, i, j int) (sum, size float64) {
					for l := range k {
						v := float64(x.Row(i)[l]) * float64(w.Row(l)[j])
						sum, size = sum+v, size+math.Abs(v)
					}
					return sum, size
				}
				near := func(what string, y Mat, offset func(i, j int) float64) {
					t.Helper()
					for i := range m {
						for j := range n {
							sum, size := exact(p.x, p.w, i, j)
							want := sum + offset(i, j)
							if d := math.Abs(float64(y.Row(i)[j]) - want); !(d <= (size+2)*float64(k+3)*0x1p-24) {
								t.Fatalf("%s %d×%d×%d: element %d,%d is %v, want %v", what, m, n, k, i, j, y.Row(i)[j], want)
							}
						}
					}
				}
				x, w := corner(p.x, m, k), corner(p.w, k, n)
				y := Matrix(make([]float32, m*n), m, n)
				s.MatMul(y, x, w, p.bias[:n], Identity)
				near("MatMul", y, func(_, j int) float64 { return float64(p.bias[j]) })

				xt, wt := Matrix(make([]float32, k*m), k, m), Matrix(make([]float32, n*k), n, k)
				transposePlain(xt, x)
				transposePlain(wt, w)
				s.MatMulBT(y, x, wt)
				near("MatMulBT", y, func(int, int) float64 { return 0 })
				for i := range y.X {
					y.X[i] = 1
				}
				s.MatMulAT(y, xt, w)
				near("MatMulAT", y, func(int, int) float64 { return 0 })
			}
		}
	}
}

// TestMatMulTanh checks that the fused activation is the separate one.
func TestMatMulTanh(t *testing.T) {
	p := newProduct(0)
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		var s Scratch
		for _, n := range []int{1, 5, 40} {
			for _, gap := range []int{0, 2} {
				g, y := destination(7, n, gap, 0)
				s.MatMul(y, corner(p.x, 7, 30), corner(p.w, 30, n), p.bias[:n], Identity)
				want := append([]float32(nil), y.X...)
				for i := range 7 {
					Tanh.Apply(want[i*y.Stride:][:n], want[i*y.Stride:][:n])
				}
				s.MatMul(y, corner(p.x, 7, 30), corner(p.w, 30, n), p.bias[:n], Tanh)
				compare(t, fmt.Sprintf("%s, n = %d", l, n), g, y, func(i, j int) float32 { return want[i*y.Stride+j] })
			}
		}
	}
}

// TestWrongShapes checks that a wrong shape panics, whichever operand has it.
func TestWrongShapes(t *testing.T) {
	m := func(rows, cols int) Mat { return Matrix(make([]float32, rows*cols), rows, cols) }
	var s Scratch
	for name, call := range map[string]func(){
		"y's rows":    func() { s.MatMul(m(2, 3), m(3, 4), m(4, 3), nil, Identity) },
		"y's columns": func() { s.MatMul(m(2, 5), m(2, 4), m(4, 3), nil, Identity) },
		"summed":      func() { s.MatMul(m(2, 3), m(2, 5), m(4, 3), nil, Identity) },
		"bias":        func() { s.MatMul(m(2, 3), m(2, 4), m(4, 3), make([]float32, 2), Identity) },
		"Add":         func() { s.MatMulAdd(m(2, 3), m(2, 4), m(3, 3)) },
		"BT":          func() { s.MatMulBT(m(2, 4), m(2, 3), m(3, 4)) },
		"AT":          func() { s.MatMulAT(m(4, 3), m(2, 4), m(3, 3)) },
		"outside":     func() { s.MatMul(Mat{make([]float32, 5), 2, 3, 3}, m(2, 4), m(4, 3), nil, Identity) },
		"stride":      func() { s.MatMul(Mat{make([]float32, 6), 2, 3, 2}, m(2, 4), m(4, 3), nil, Identity) },
		"Axpy":        func() { Axpy(make([]float32, 3), 1, make([]float32, 2)) },
		"Dot":         func() { Dot(make([]float32, 3), make([]float32, 2)) },
		"ColumnSums":  func() { ColumnSums(make([]float32, 3), m(2, 4), false) },
		"Adam": func() {
			Adam(make([]float32, 3), make([]float32, 3), make([]float32, 3), make([]float32, 2), AdamStep{})
		},
		"RMSProp":       func() { RMSProp(make([]float32, 3), make([]float32, 3), make([]float32, 2), RMSPropStep{}) },
		"Apply":         func() { Tanh.Apply(make([]float32, 3), make([]float32, 2)) },
		"no activation": func() { Activation(9).Apply(nil, nil) },
	} {
		mustPanic(t, name, call)
	}
}

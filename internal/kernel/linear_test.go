package kernel

import (
	"fmt"
	"testing"
)

// TestLinear: a prepared layer gives MatMul's bits, from any offset and for any shape, whether applied
// for the first time or again, to one row or several.
func TestLinear(t *testing.T) {
	p := newProduct(0)
	everyLevel(t, func(t *testing.T) {
		var s Scratch
		for _, k := range []int{0, 1, 3, 4, 17, 64} {
			for n := 1; n <= 260; n++ {
				act := Activation(n % 3)
				var bias []float32
				if (n+k)%2 == 0 {
					bias = p.bias[:n]
				}
				l := NewLinear(corner(p.w, k, n), bias, act)
				for _, m := range []int{1, 2, 1} {
					x := corner(p.x, m, k)
					want := Matrix(make([]float32, m*n), m, n)
					s.MatMul(want, x, corner(p.w, k, n), bias, act)
					g, y := destination(m, n, n%3, n+k)
					l.Apply(&s, y, x)
					compare(t, fmt.Sprintf("%d×%d×%d bias %t %s", m, n, k, bias != nil, act), g, y, func(i, j int) float32 {
						return want.Row(i)[j]
					})
				}
			}
		}
	})
}

func TestLinearWrongShapes(t *testing.T) {
	l := NewLinear(Matrix(make([]float32, 12), 4, 3), nil, Identity)
	for name, apply := range map[string]func(){
		"few inputs":  func() { l.Apply(&Scratch{}, Matrix(make([]float32, 3), 1, 3), Matrix(make([]float32, 3), 1, 3)) },
		"few outputs": func() { l.Apply(&Scratch{}, Matrix(make([]float32, 2), 1, 2), Matrix(make([]float32, 4), 1, 4)) },
		"short input": func() {
			l.Apply(&Scratch{}, Matrix(make([]float32, 3), 1, 3), Mat{X: make([]float32, 2), Rows: 1, Cols: 4, Stride: 4})
		},
	} {
		mustPanic(t, name, apply)
	}
}

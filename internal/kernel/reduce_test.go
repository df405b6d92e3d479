package kernel

import (
	"fmt"
	"math"
	"testing"
)

// exactDot is the sum of one chunk's products in the order of dotPlain, fused.
func exactDot(x, y []float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] = fma32(v, y[i], lane[i%lanes])
	}
	for i := range 16 {
		lane[i] = (lane[i] + lane[16+i]) + (lane[32+i] + lane[48+i])
	}
	return addHalves(lane[:16])
}

func TestDot(t *testing.T) {
	everyLevel(t, func(t *testing.T) {
		for _, n := range lengths() {
			if raceBuild && n > 100 {
				break
			}
			for offset := range 16 {
				x, y := newGuardedCopy(random(1, n), offset).x, newGuardedCopy(random(2, n), 3*offset).x
				var dot, squares float64
				for from := 0; from < n; from += chunk {
					to := min(from+chunk, n)
					dot += float64(exactDot(x[from:to], y[from:to]))
					squares += float64(exactDot(x[from:to], x[from:to]))
				}
				if got := Dot(x, y); got != float32(dot) {
					t.Fatalf("Dot of %d at offset %d is %v, want %v", n, offset, got, dot)
				}
				if got := SumSquares(x); got != squares {
					t.Fatalf("SumSquares of %d at offset %d is %v, want %v", n, offset, got, squares)
				}
				if n > 300 && offset > 1 {
					break
				}
			}
		}
	})
}

func TestDotPlain(t *testing.T) {
	useLevel(t, generic)
	for _, n := range lengths() {
		x, y := random(1, n), random(2, n)
		var want float64
		for i := range x {
			want += float64(x[i]) * float64(y[i])
		}
		if got := float64(Dot(x, y)); math.Abs(got-want) > 1e-5*math.Sqrt(float64(n)+1) {
			t.Fatalf("Dot of %d is %v, want %v", n, got, want)
		}
	}
}

func TestSumSquaresShowsNaN(t *testing.T) {
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		for _, at := range []int{0, 40, 64, 99} {
			x := random(1, 100)
			x[at] = float32(math.NaN())
			if got := SumSquares(x); got == got {
				t.Errorf("%s: NaN at %d: %v", l, at, got)
			}
		}
	}
}

func TestColumnSums(t *testing.T) {
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		for _, m := range []int{0, 1, 2, 5, 20} {
			for _, n := range append(upTo(1, 40), 63, 64, 65, 127, 128, 129, 150, 1000) {
				if raceBuild && n > 20 {
					break
				}
				for _, accumulate := range []bool{false, true} {
					x := Mat{X: random(1, m*(n+3)), Rows: m, Cols: n, Stride: n + 3}
					before := random(2, n)
					y := newGuardedCopy(before, m+n)
					ColumnSums(y.x, x, accumulate)
					what := fmt.Sprintf("%s %d×%d accumulate %t", l, m, n, accumulate)
					for j, v := range y.x {
						var want float32
						for i := range m {
							want += x.Row(i)[j]
						}
						if accumulate {
							want += before[j]
						}
						if v != want {
							t.Fatalf("%s: column %d is %v, want %v", what, j, v, want)
						}
					}
					y.check(t, what)
				}
			}
		}
	}
	// More rows than one call takes at a time for all columns.
	x := Matrix(random(3, 3000*300), 3000, 300)
	y, want := make([]float32, 300), make([]float32, 300)
	columnSumsPlain(want, x, false)
	ColumnSums(y, x, false)
	for j := range y {
		if y[j] != want[j] {
			t.Fatalf("column %d is %v, want %v", j, y[j], want[j])
		}
	}
}

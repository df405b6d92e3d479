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

func TestLogSoftmax(t *testing.T) {
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		for _, m := range []int{1, 2, 5} {
			for _, n := range append(upTo(1, 50), 64, 100) {
				x := Mat{X: random(1, m*(n+2)), Rows: m, Cols: n, Stride: n + 2}
				Scale(x.X, 10)
				for _, gap := range []int{0, 3} {
					g, y := destination(m, n, gap, n)
					LogSoftmax(y, x)
					what := fmt.Sprintf("%s %d×%d", l, m, n)
					compareNear(t, what, g, y, x)
				}
				alone := make([]float32, n)
				LogSoftmax(Matrix(alone, 1, n), corner(x, 1, n))
				in := Mat{X: append([]float32(nil), x.X...), Rows: m, Cols: n, Stride: x.Stride}
				LogSoftmax(in, in)
				for j, v := range in.Row(0) {
					if v != alone[j] {
						t.Fatalf("%s %d×%d: in place and in a batch %v, alone %v", l, m, n, v, alone[j])
					}
				}
			}
		}
	}
}

// compareNear holds log-softmax to float64.
func compareNear(t *testing.T, what string, g guarded, y, x Mat) {
	t.Helper()
	for i := range y.Rows {
		top, sum := math.Inf(-1), 0.0
		for _, v := range x.Row(i) {
			top = max(top, float64(v))
		}
		for _, v := range x.Row(i) {
			sum += math.Exp(float64(v) - top)
		}
		for j, v := range y.Row(i) {
			want := float64(x.Row(i)[j]) - top - math.Log(sum)
			if math.Abs(float64(v)-want) > 4e-6 {
				t.Fatalf("%s: element %d,%d is %v, want %v", what, i, j, v, want)
			}
		}
		for j := y.Cols; j < y.Stride && i*y.Stride+j < len(y.X); j++ {
			if math.Float32bits(y.X[i*y.Stride+j]) != guard {
				t.Fatalf("%s: wrote between its rows", what)
			}
		}
	}
	g.check(t, what)
}

// TestLogSoftmaxLevels compares the levels bit for bit, extreme rows included.
func TestLogSoftmaxLevels(t *testing.T) {
	if bestLevel() < avx512 {
		t.Logf("SKIPPED level avx512: this build or CPU lacks it")
		return
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for n := 1; n <= 40; n++ {
		rows := [][]float32{random(1, n), random(2, n), random(3, n), random(4, n), make([]float32, n)}
		Scale(rows[0], 100)
		rows[1][n/2] = nan
		rows[2][n-1] = inf
		rows[3][0] = -inf
		for j := range rows[4] {
			rows[4][j] = -inf
		}
		for i, row := range rows {
			wide, narrow := make([]float32, n), make([]float32, n)
			useLevel(t, avx512)
			LogSoftmax(Matrix(wide, 1, n), Matrix(row, 1, n))
			useLevel(t, avx2)
			LogSoftmax(Matrix(narrow, 1, n), Matrix(row, 1, n))
			for j := range wide {
				if !sameBits(wide[j], narrow[j]) {
					t.Fatalf("row %d of %d, element %d: %v and %v", i, n, j, wide[j], narrow[j])
				}
				if spoilt := i == 1 || i == 2 || i == 4 || n == 1 && i == 3; spoilt != (wide[j] != wide[j]) {
					t.Fatalf("row %d of %d, element %d: %v", i, n, j, wide[j])
				}
			}
		}
	}
}

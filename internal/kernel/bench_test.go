package kernel

import (
	"fmt"
	"testing"
)

// benchmark runs work at every level and reports GFLOP/s, where a call counts as so many operations.
func benchmark(b *testing.B, name string, flops int, work func()) {
	for l := generic; l <= bestLevel(); l++ {
		b.Run(name+"/"+l.String(), func(b *testing.B) {
			useLevel(b, l)
			for b.Loop() {
				work()
			}
			b.ReportMetric(float64(flops)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}

// BenchmarkMatMul is m×n×k: rows of Y, columns of Y, summed.
func BenchmarkMatMul(b *testing.B) {
	var s Scratch
	for _, c := range [][3]int{{256, 256, 256}, {20, 128, 128}, {80, 128, 128}, {4, 128, 128}, {1, 128, 128}, {1, 128, 4}, {20, 128, 4},
		{1, 1024, 256}, {1, 512, 3136}, {20, 512, 3136}, {1, 3, 128}, {20, 3, 128}, {80, 3, 128}, {256, 1, 256}, {20, 1, 128}, {1, 1, 128}} {
		m, n, k := c[0], c[1], c[2]
		x, w, y, bias := Matrix(random(1, m*k), m, k), Matrix(random(2, k*n), k, n), Matrix(random(3, m*n), m, n), random(4, n)
		benchmark(b, fmt.Sprintf("%dx%dx%d", m, n, k), 2*m*n*k, func() { s.MatMul(y, x, w, bias, ReLU) })
	}
}

// BenchmarkMatMulBT is m×n×k: rows and columns of dX, summed.
func BenchmarkMatMulBT(b *testing.B) {
	var s Scratch
	for _, c := range [][3]int{{256, 256, 256}, {20, 128, 128}, {80, 128, 128}, {20, 128, 3}, {20, 3136, 512}} {
		m, n, k := c[0], c[1], c[2]
		dy, w, dx := Matrix(random(1, m*k), m, k), Matrix(random(2, k*n), n, k), Matrix(random(3, m*n), m, n)
		benchmark(b, fmt.Sprintf("%dx%dx%d", m, n, k), 2*m*n*k, func() { s.MatMulBT(dx, dy, w) })
	}
}

// BenchmarkMatMulAT is m×n×k: rows and columns of dW, summed.
func BenchmarkMatMulAT(b *testing.B) {
	var s Scratch
	for _, c := range [][3]int{{256, 256, 256}, {128, 128, 20}, {128, 128, 80}, {4, 128, 20}, {128, 3, 20}, {128, 1, 20}, {3136, 512, 20}, {256, 1024, 20}} {
		m, n, k := c[0], c[1], c[2]
		x, dy, dw := Matrix(random(1, m*k), k, m), Matrix(random(2, k*n), k, n), Matrix(random(3, m*n), m, n)
		benchmark(b, fmt.Sprintf("%dx%dx%d", m, n, k), 2*m*n*k, func() { s.MatMulAT(dw, x, dy) })
	}
}

// An mlp is the layers 4-128-128-3 of an actor-critic, with the buffers of so many rows.
type mlp struct {
	Scratch
	w, dw   [3]Mat
	b, db   [3][]float32
	y, dy   [4]Mat // y[0] is the input
	forward int    // operations of the forward pass
}

func newMLP(rows int) *mlp {
	var n mlp
	sizes := []int{4, 128, 128, 3}
	for i, size := range sizes {
		n.y[i], n.dy[i] = Matrix(random(1, rows*size), rows, size), Matrix(random(2, rows*size), rows, size)
		if i > 0 {
			before := sizes[i-1]
			n.w[i-1], n.dw[i-1] = Matrix(random(3, before*size), before, size), Matrix(random(4, before*size), before, size)
			Scale(n.w[i-1].X, 0.1)
			n.b[i-1], n.db[i-1] = random(5, size), random(6, size)
			n.forward += 2 * rows * before * size
		}
	}
	return &n
}

func (n *mlp) Forward() {
	for i := range n.w {
		act := ReLU
		if i == len(n.w)-1 {
			act = Identity
		}
		n.MatMul(n.y[i+1], n.y[i], n.w[i], n.b[i], act)
	}
}

func (n *mlp) Backward() {
	for i := len(n.w) - 1; i >= 0; i-- {
		n.MatMulAT(n.dw[i], n.y[i], n.dy[i+1])
		ColumnSums(n.db[i], n.dy[i+1], false)
		if i > 0 {
			n.MatMulBT(n.dy[i], n.dy[i+1], n.w[i])
			ReLUGrad(n.dy[i].X, n.y[i].X)
		}
	}
}

// BenchmarkMLP is the actor-critic network 4-128-128-3: acting on one row, learning from a segment.
func BenchmarkMLP(b *testing.B) {
	for _, rows := range []int{1, 4} {
		n := newMLP(rows)
		benchmark(b, fmt.Sprintf("forward%d", rows), n.forward, n.Forward)
	}
	for _, rows := range []int{20, 80} {
		n := newMLP(rows)
		flops := 3*n.forward - 2*rows*4*128 // the input's gradient is not wanted
		benchmark(b, fmt.Sprintf("learn%d", rows), flops, func() { n.Forward(); n.Backward() })
	}
}

// BenchmarkElementwise counts elements.
func BenchmarkElementwise(b *testing.B) {
	const parameters = 17_539 // of the network above
	for _, k := range elementKernels {
		v := k.arguments(parameters)
		benchmark(b, k.name, parameters, func() { k.run(v) })
	}
	x := random(1, parameters)
	benchmark(b, "SumSquares", parameters, func() { SumSquares(x) })
	sums, rows := make([]float32, 128), Matrix(random(1, 20*128), 20, 128)
	benchmark(b, "ColumnSums20x128", 20*128, func() { ColumnSums(sums, rows, false) })
}

package nn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/internal/kernel"
)

// TestRowsWithoutGradientAreLeftOut: the gradient by the input alone has the same bits as beside that by the
// parameters, however few rows have one.
func TestRowsWithoutGradientAreLeftOut(t *testing.T) {
	const rows = 24
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(10, 10))
		params, in, out := fresh(n, rng), env.Values{F: random(rows*4, rng)}, make([]float32, rows*n.Out)
		p := n.NewPass(rows)
		p.Unroll(params, out, nil, in, nil, rows, 1)
		for _, few := range []int{0, 1, 2, 5, 12, rows} {
			dout := random(rows*n.Out, rng)
			for r := range rows {
				if r%rows*few%rows >= few { // few rows of all, spread
					clear(dout[r*n.Out : (r+1)*n.Out])
				}
			}
			want, got := random(rows*4, rng), random(rows*4, rng)
			p.Backward(params, make([]float32, n.Size), want, dout, nil, rows, 1)
			p.Backward(params, nil, got, dout, nil, rows, 1)
			if kernel.Level() != "generic" && !slices.Equal(got, want) {
				t.Errorf("%s: other gradients with %d rows of %d", name, few, rows)
			}
			for i := range got {
				if d := got[i] - want[i]; d > 1e-6 || d < -1e-6 {
					t.Fatalf("%s: gradient %d is %v, want %v, with %d rows of %d", name, i, got[i], want[i], few, rows)
				}
			}
			if a := testing.AllocsPerRun(3, func() { p.Backward(params, nil, got, dout, nil, rows, 1) }); a != 0 {
				t.Errorf("%s: %v allocations", name, a)
			}
		}
	}
}

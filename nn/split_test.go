package nn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
)

// TestSplitPassIsAPass: in halves, the gradients have the same bits, and nothing is allocated.
func TestSplitPassIsAPass(t *testing.T) {
	const rows = 11
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(9, 9))
		params, in, out, dout := fresh(n, rng), env.Values{F: random(rows*4, rng)}, make([]float32, rows*n.Out), random(rows*n.Out, rng)
		calls := 0
		backwards := func(job func(half int)) { // a half may come first
			calls++
			job(1)
			job(0)
		}
		var grads, inputs [2][]float32
		for i, p := range []Pass{n.NewPass(rows), n.NewSplitPass(rows, backwards)} {
			grads[i], inputs[i] = make([]float32, n.Size), make([]float32, rows*4)
			p.Unroll(params, out, nil, in, nil, rows, 1)
			p.Backward(params, grads[i], inputs[i], dout, nil, rows, 1)
			if a := testing.AllocsPerRun(5, func() { p.Backward(params, grads[i], inputs[i], dout, nil, rows, 1) }); a != 0 {
				t.Errorf("%s: %v allocations", name, a)
			}
		}
		if !slices.Equal(grads[0], grads[1]) || !slices.Equal(inputs[0], inputs[1]) {
			t.Errorf("%s: other gradients in halves", name)
		}
		if hidden := len(n.trunks[0].layers) - 1; (calls > 0) != (hidden > 0) {
			t.Errorf("%s: %d jobs for %d hidden layers", name, calls, hidden)
		}
	}
}

package dist

import (
	"fmt"
	"math/rand/v2"

	"covey/internal/kernel"
)

// Squash is the deterministic policy of n elements: a = tanh x, in (−1, 1). A row's parameters are the x.
type Squash struct{ n int }

// Greedy is the deterministic policy that takes the choice of the greatest value among n. A row's
// parameters are the values.
type Greedy struct{ n int }

var (
	_ Sampler = Squash{}
	_ Sampler = Greedy{}
)

// NewSquash returns the policy of n > 0 elements.
func NewSquash(n int) Squash {
	if n <= 0 {
		panic(fmt.Sprintf("dist.NewSquash: %d elements, want > 0", n))
	}
	return Squash{n: n}
}

// NewGreedy returns the policy of n > 0 choices.
func NewGreedy(n int) Greedy {
	if n <= 0 {
		panic(fmt.Sprintf("dist.NewGreedy: %d choices, want > 0", n))
	}
	return Greedy{n: n}
}

// Params is n.
func (d Squash) Params() int { return d.n }

// Actions is n.
func (d Squash) Actions() int { return d.n }

// Sample implements [Sampler]: the mode, with certainty, and nothing of rng.
func (d Squash) Sample(actions, logProbs []float32, params kernel.Mat, _ *rand.Rand) {
	checkSample(d, params, actions, logProbs)
	clear(logProbs)
	d.Mode(actions, params)
}

// Mode implements [Sampler].
func (d Squash) Mode(actions []float32, params kernel.Mat) {
	checkActions("Mode", d, params, actions)
	for i := range params.Rows {
		copy(actions[i*d.n:(i+1)*d.n], params.Row(i))
	}
	kernel.Tanh.Apply(actions, actions)
}

// Params is n.
func (d Greedy) Params() int { return d.n }

// Actions is 1: the index of the choice.
func (d Greedy) Actions() int { return 1 }

// Sample implements [Sampler]: the mode, with certainty, and nothing of rng.
func (d Greedy) Sample(actions, logProbs []float32, params kernel.Mat, _ *rand.Rand) {
	checkSample(d, params, actions, logProbs)
	clear(logProbs)
	d.Mode(actions, params)
}

// Mode implements [Sampler]; NaN is never the greatest.
func (d Greedy) Mode(actions []float32, params kernel.Mat) {
	checkActions("Mode", d, params, actions)
	for i := range params.Rows {
		values := params.Row(i)
		best := 0
		for j, v := range values {
			if v > values[best] || values[best] != values[best] {
				best = j
			}
		}
		actions[i] = float32(best)
	}
}

package dist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"covey/state"
)

// Noise is standard normal noise with a memory: each number is normally distributed with variance 1, and
// remembers the one before it in its stream,
//
//	x ← ρ x + √(1−ρ²) ξ,    ξ ~ N(0, 1)
//
// which is the Ornstein-Uhlenbeck process in steps of one, started from its stationary distribution, with
// θ = 1 − ρ. With ρ = 0 it is white.
type Noise struct {
	rho, fresh float32
	x          []float32 // [streams, width]
	width      int
}

// NewNoise returns noise for a number of streams; 0 ≤ rho < 1.
func NewNoise(streams, width int, rho float32) *Noise {
	if !(rho >= 0 && rho < 1) {
		panic(fmt.Sprintf("dist.NewNoise: noise that remembers %v of itself, want at least 0 and less than 1", rho))
	}
	return &Noise{rho: rho, fresh: float32(math.Sqrt(1 - float64(rho)*float64(rho))), x: make([]float32, streams*width), width: width}
}

// Next draws the next numbers, [streams, width], valid until the next call. Streams that start an episode
// start afresh. starts: [streams].
func (n *Noise) Next(starts []bool, rng *rand.Rand) []float32 {
	for i, start := range starts {
		for j := i * n.width; j < (i+1)*n.width; j++ {
			draw := float32(rng.NormFloat64())
			if start || n.rho == 0 {
				n.x[j] = draw
			} else {
				n.x[j] = float32(n.rho*n.x[j]) + float32(n.fresh*draw)
			}
		}
	}
	return n.x
}

// State visits the latest numbers.
func (n *Noise) State(w state.Walker) error {
	for i := range len(n.x) / n.width {
		w.Floats(strconv.Itoa(i), n.x[i*n.width:(i+1)*n.width])
	}
	return nil
}

package minatar

import (
	"math/bits"
	"math/rand/v2"
)

// dice is the randomness of one environment.
type dice struct {
	pcg    rand.PCG
	source rand.Source // &pcg; the tests put recorded draws in its place
}

// uniform is uniformly distributed over [0, 1), in steps of 2⁻⁵³.
func (d *dice) uniform() float64 { return float64(d.source.Uint64()>>11) * 0x1p-53 }

// below is one of 0 to n−1, none more probable than another by more than 2⁻⁶⁴.
func (d *dice) below(n int) int {
	high, _ := bits.Mul64(d.source.Uint64(), uint64(n))
	return int(high)
}

// direction is 1 or −1: to the right or to the left.
func (d *dice) direction() int {
	if d.uniform() < 0.5 {
		return 1
	}
	return -1
}

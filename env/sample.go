package env

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Check returns an error that names the first element of v which the space does not hold: one
// beyond its bounds, no whole number where one is wanted, or NaN; and when v is not one value of the space.
func (s Space) Check(v Values) error {
	if v.Len() != s.Size() || (v.U != nil) != s.Bytes {
		return fmt.Errorf("%d floats and %d bytes are no value of %v, which takes %d", len(v.F), len(v.U), s.Kind, s.Size())
	}
	for i := range v.Len() {
		var x float32
		if s.Bytes {
			x = float32(v.U[i])
		} else {
			x = v.F[i]
		}
		low, high, whole := s.bounds(i)
		if !(low <= x && x <= high) {
			return fmt.Errorf("element %d is %v, outside [%v, %v]", i, x, low, high)
		}
		if whole && x != float32(math.Trunc(float64(x))) {
			return fmt.Errorf("element %d is %v, no whole number", i, x)
		}
	}
	return nil
}

// bounds are those of element i; whole says that only whole numbers lie between them.
func (s Space) bounds(i int) (low, high float32, whole bool) {
	switch s.Kind {
	case Box:
		return s.Low[i], s.High[i], false
	case MultiBinary:
		return 0, 1, true
	default:
		return 0, float32(s.N[i] - 1), true
	}
}

// Sample draws a value of the space, as Gymnasium does: choices and elements with two bounds
// uniformly; an element with one bound at an exponentially distributed distance from it; one without bounds
// from the standard normal distribution. dst: [Size]; a space of bytes is not sampled.
func (s Space) Sample(dst []float32, rng *rand.Rand) {
	if len(dst) != s.Size() || s.Bytes {
		panic(fmt.Sprintf("env: sample of %v (bytes: %v) with %d elements into [%d]", s.Kind, s.Bytes, s.Size(), len(dst)))
	}
	for i := range dst {
		low, high, whole := s.bounds(i)
		if whole {
			dst[i] = float32(rng.IntN(int(high) + 1))
			continue
		}
		dst[i] = between(low, high, rng)
	}
}

func between(low, high float32, rng *rand.Rand) float32 {
	noLow, noHigh := math.IsInf(float64(low), -1), math.IsInf(float64(high), 1)
	switch {
	case noLow && noHigh:
		return float32(rng.NormFloat64())
	case noLow:
		return float32(float64(high) - rng.ExpFloat64())
	case noHigh:
		return float32(float64(low) + rng.ExpFloat64())
	}
	x := float64(low) + float64(rng.Float64()*(float64(high)-float64(low)))
	return min(float32(x), high)
}

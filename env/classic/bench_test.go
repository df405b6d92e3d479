package classic

import (
	"fmt"
	"testing"

	"covey/env"
	"covey/env/envtest"
)

func BenchmarkStep(b *testing.B) {
	for _, id := range IDs() {
		b.Run(id, func(b *testing.B) {
			envtest.BenchmarkStep(b, func() env.Environment { return mustNew(b, id) })
		})
	}
}

// BenchmarkSincos measures an angle that need not be reduced, and one that must be.
func BenchmarkSincos(b *testing.B) {
	for _, x := range []float64{0.1, 2} {
		b.Run(fmt.Sprint(x), func(b *testing.B) {
			for b.Loop() {
				sincos(x)
			}
		})
	}
}

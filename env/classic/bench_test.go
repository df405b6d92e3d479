package classic

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"covey/env"
)

// BenchmarkStep measures one step with a random action; an episode that ends is reset, as Batch does it.
func BenchmarkStep(b *testing.B) {
	for _, id := range IDs() {
		b.Run(id, func(b *testing.B) {
			e, err := New(id)
			if err != nil {
				b.Fatal(err)
			}
			spec := e.Spec()
			obs := env.MakeValues(spec.Observation, spec.Observation.Size())
			actions := make([]float32, 1024)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range actions {
				actions[i] = float32(rng.IntN(2))
			}
			if err := e.Reset(1, obs); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := uint64(0)
			for b.Loop() {
				at := i % 1024
				out, err := e.Step(actions[at:at+1], obs)
				if err != nil {
					b.Fatal(err)
				}
				i++
				if out.Terminated || out.Truncated {
					if err := e.Reset(i, obs); err != nil {
						b.Fatal(err)
					}
				}
			}
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

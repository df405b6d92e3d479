package envtest

import (
	"testing"

	"covey/env"
)

// BenchmarkStep measures a step with a random action of a new environment. An episode that ends is reset, as Batch does it.
func BenchmarkStep(b *testing.B, create func() env.Environment) {
	b.Helper()
	e := create()
	spec := e.Spec()
	obs := env.MakeValues(spec.Observation, spec.Observation.Size())
	const draws = 1024
	size, rng := spec.Action.Size(), actions(1)
	drawn := make([]float32, draws*size)
	for i := range draws {
		spec.Action.Sample(drawn[i*size:(i+1)*size], rng)
	}
	if err := e.Reset(1, obs); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	step := uint64(0)
	for b.Loop() {
		i := int(step%draws) * size
		out, err := e.Step(drawn[i:i+size], obs)
		if err != nil {
			b.Fatal(err)
		}
		step++
		if out.Terminated || out.Truncated {
			if err := e.Reset(step, obs); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := e.Close(); err != nil {
		b.Error(err)
	}
}

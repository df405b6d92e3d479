package checkpoint

import (
	"slices"

	"covey/env"
)

// SpaceOf is the manifest's form of an environment's space.
func SpaceOf(s env.Space) Space {
	return Space{
		Kind: s.Kind.String(), Shape: s.Shape, Low: Bounds(s.Low), High: Bounds(s.High),
		N: s.N, Start: s.Start, Bytes: s.Bytes,
	}
}

// Env is the environment's form of a space. It is an error that says what is impossible about it.
func (s Space) Env() (env.Space, error) {
	kind, err := env.ParseKind(s.Kind)
	x := env.Space{Kind: kind, Shape: s.Shape, N: s.N, Start: s.Start, Bytes: s.Bytes}
	if err != nil {
		return x, err
	}
	if x.Kind == env.Box {
		x.Low, x.High = bounds(s.Low, x.Size()), bounds(s.High, x.Size())
	}
	return x, x.Validate()
}

// bounds writes out bounds, of which a single one counts for all n elements.
func bounds(b []Bound, n int) []float32 {
	if len(b) == 1 && n > 1 && n < 1<<28 {
		b = slices.Repeat(b, n)
	}
	x := make([]float32, len(b))
	for i, v := range b {
		x[i] = float32(v)
	}
	return x
}

package env_test

import (
	"testing"

	"covey/env"
	"covey/env/classic"
)

func TestBatchSteps(t *testing.T) {
	a, _ := classic.New("CartPole-v1")
	b, _ := classic.New("CartPole-v1")
	v, err := env.Batch(a, b)
	if err != nil {
		t.Fatal(err)
	}
	obs, final := env.MakeValues(v.Spec().Observation, 8), env.MakeValues(v.Spec().Observation, 8)
	if err := v.Reset([]uint64{1, 2}, obs); err != nil {
		t.Fatal(err)
	}
	out := make([]env.Outcome, 2)
	ends := 0
	for range 100 {
		if err := v.Step([]float32{1, 0}, obs, final, out); err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			if o.Terminated {
				ends++
			}
		}
	}
	if ends < 10 {
		t.Errorf("%d episodes ended", ends)
	}
}

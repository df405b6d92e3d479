package env_test

import (
	"slices"
	"testing"

	"covey/env"
	"covey/env/classic"
	"covey/env/envtest"
)

// halves shows every second number, twice as large.
type halves struct{}

func (halves) Space() env.Space {
	return env.NewBox([]float32{-10, -1}, []float32{10, 1})
}

func (halves) Show(dst, src env.Values) {
	dst.F[0], dst.F[1] = 2*src.F[0], 2*src.F[2]
}

func pole(t *testing.T) env.Environment {
	t.Helper()
	e, err := classic.New("CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestObserve(t *testing.T) {
	envtest.Run(t, func() env.Environment { return env.Observe(pole(t), halves{}) }, envtest.Native)
	seen := env.Observe(pole(t), halves{})
	if s := seen.Spec(); !slices.Equal(s.Observation.Shape, []int{2}) || s.MaxSteps != 500 {
		t.Errorf("%+v", s)
	}
	if _, ok := env.RendererOf(seen); !ok {
		t.Error("viewed, it cannot be drawn")
	}
}

// TestObserveVector: a vector that is viewed shows what a vector of environments that are viewed does.
func TestObserveVector(t *testing.T) {
	inside, err := env.Batch(env.Observe(pole(t), halves{}), env.Observe(pole(t), halves{}))
	if err != nil {
		t.Fatal(err)
	}
	bare, err := env.Batch(pole(t), pole(t))
	if err != nil {
		t.Fatal(err)
	}
	outside := env.ObserveVector(bare, halves{})
	vectors := []env.Vector{inside, outside}
	var shown, finals [2][]float32
	ended := 0
	obs, final := env.Values{F: make([]float32, 4)}, env.Values{F: make([]float32, 4)}
	out := make([]env.Outcome, 2)
	for i, v := range vectors {
		if err := v.Reset([]uint64{1, 2}, obs); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			shown[i] = append(shown[i], obs.F...)
			if err := v.Step([]float32{1, 0}, obs, final, out); err != nil {
				t.Fatal(err)
			}
			for row, o := range out {
				if o.Terminated {
					finals[i] = append(finals[i], final.F[2*row:2*row+2]...)
					ended++
				}
			}
		}
	}
	if !slices.Equal(shown[0], shown[1]) || !slices.Equal(finals[0], finals[1]) || ended < 8 {
		t.Errorf("viewed outside, a vector shows something else (%d episodes)", ended)
	}
	actions := []float32{1, 0}
	if n := testing.AllocsPerRun(100, func() { _ = outside.Step(actions, obs, final, out) }); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

func TestObserveComesBeforeStack(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	env.Observe(env.Stack(pole(t), 2), halves{})
}

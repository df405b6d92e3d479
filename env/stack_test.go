package env_test

import (
	"slices"
	"testing"

	"covey/env"
	"covey/env/classic"
	"covey/env/envtest"
)

func TestStackChangesTheSpecAlone(t *testing.T) {
	create := func() env.Environment {
		e, err := classic.New("CartPole-v1")
		if err != nil {
			t.Fatal(err)
		}
		return env.Stack(e, 4)
	}
	envtest.Run(t, create, envtest.Native)
	s := create().Spec()
	if x := s.Stacked(); s.Stack != 4 || !slices.Equal(s.Observation.Shape, []int{4}) || !slices.Equal(x.Shape, []int{4, 4}) ||
		x.Validate() != nil || x.Low[13] != s.Observation.Low[1] {
		t.Errorf("spec %+v, stacked %+v", s, x)
	}
	s.Stack = 1
	if x := s.Stacked(); !slices.Equal(x.Shape, []int{4}) {
		t.Errorf("one frame is %v", x.Shape)
	}
	v, err := env.Batch(create(), create())
	if err != nil || v.Spec().Stack != 4 {
		t.Errorf("a batch of them stacks %d frames (error %v)", v.Spec().Stack, err)
	}
	if _, ok := env.RendererOf(create()); !ok {
		t.Error("stacked, it cannot be seen")
	}
}

func TestStackVector(t *testing.T) {
	e, err := classic.New("CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	v, err := env.Batch(e)
	if err != nil {
		t.Fatal(err)
	}
	if s := env.StackVector(v, 3).Spec(); s.Stack != 3 {
		t.Errorf("it stacks %d frames", s.Stack)
	}
}

func TestStackRefuses(t *testing.T) {
	e, err := classic.New("CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(){
		"no frames": func() { env.Stack(e, 0) },
		"twice":     func() { env.Stack(env.Stack(e, 2), 2).Spec() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestHistory of two streams, of floats and of bytes.
func TestHistory(t *testing.T) {
	for _, bytes := range []bool{false, true} {
		space := env.NewBox([]float32{0, 0}, []float32{255, 255})
		space.Bytes = bytes
		h := env.NewHistory(env.Spec{Observation: space, Stack: 3}, 2)
		show := func(a, b float32, starts ...bool) {
			for i, x := range []float32{a, a + 100, b, b + 100} {
				if bytes {
					h.Frames.U[i] = uint8(x)
				} else {
					h.Frames.F[i] = x
				}
			}
			h.Show(starts)
		}
		want := func(got env.Values, first ...float32) {
			t.Helper()
			for i, x := range first {
				var a, b float32
				if bytes {
					a, b = float32(got.U[2*i]), float32(got.U[2*i+1])
				} else {
					a, b = got.F[2*i], got.F[2*i+1]
				}
				if a != x || b != x+100 {
					t.Fatalf("bytes %v: frame %d of %v begins with %v, want %v", bytes, i, got, a, x)
				}
			}
		}
		show(1, 11, true, true)
		want(h.Row(0), 1, 1, 1)
		show(2, 12, false, false)
		show(3, 13, false, true)
		want(h.Row(0), 1, 2, 3)
		want(h.Row(1), 13, 13, 13)
		final := env.MakeValues(space, 6)
		h.Final(final, 0, h.Frame(1))
		want(final, 2, 3, 13)
		want(h.Row(0), 1, 2, 3)
		show(4, 14, false, false)
		want(h.Row(1), 13, 13, 14)
		h.Move(0, 1)
		want(h.Row(0), 13, 13, 14)
		want(h.Frame(0), 14)
	}
	one := env.NewHistory(env.Spec{Observation: env.NewBox([]float32{0}, []float32{1})}, 2)
	one.Frames.F[1] = 5
	one.Show([]bool{false, false})
	if one.Row(1).F[0] != 5 || &one.Row(0).F[0] != &one.Frames.F[0] {
		t.Error("a single frame is copied")
	}
}

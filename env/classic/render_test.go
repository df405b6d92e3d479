package classic

import (
	"bytes"
	"image"
	"math"
	"testing"

	"covey/env"
	"covey/state"
)

func render(t *testing.T, e env.Environment, dst *image.RGBA) *image.RGBA {
	t.Helper()
	r, ok := env.RendererOf(e)
	if !ok {
		t.Fatalf("%s cannot be drawn", e.Spec().ID)
	}
	picture, err := r.Render(dst)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// TestRenderShowsTheState: another state is another picture, the same one is the same, whatever was in
// the picture before; and drawing changes nothing.
func TestRenderShowsTheState(t *testing.T) {
	for _, c := range crossChecks {
		t.Run(c.id, func(t *testing.T) {
			e := mustNew(t, c.id)
			if r, _ := env.RendererOf(e); r.FrameRate() < 10 || r.FrameRate() > 60 {
				t.Errorf("%v pictures a second", r.FrameRate())
			}
			first := transition{state: make([]float64, len(c.variables))}
			put(t, e, c.variables, first)
			before, err := state.Hash(e.(state.Stateful))
			if err != nil {
				t.Fatal(err)
			}
			original := render(t, e, nil)
			if after, err := state.Hash(e.(state.Stateful)); err != nil || after != before {
				t.Errorf("drawing changed the state (error %v)", err)
			}
			for _, i := range visible(c.id) {
				moved := transition{state: make([]float64, len(c.variables))}
				moved.state[i] = 0.15
				put(t, e, c.variables, moved)
				picture := render(t, e, nil)
				if bytes.Equal(picture.Pix, original.Pix) {
					t.Errorf("%s of 0.15 looks like one of 0", c.variables[i])
				}
				put(t, e, c.variables, first)
				if again := render(t, e, picture); again != picture || !bytes.Equal(again.Pix, original.Pix) {
					t.Error("drawn into a picture, it looks different")
				}
			}
		})
	}
}

// visible are the variables of an environment that are positions.
func visible(id string) []int {
	switch id {
	case "CartPole-v0", "CartPole-v1":
		return []int{0, 2}
	case "Acrobot-v1":
		return []int{0, 1}
	}
	return []int{0}
}

// TestRenderDirections puts things where a picture must show them.
func TestRenderDirections(t *testing.T) {
	type place struct{ x, y float64 } // as shares of the picture's size, from its lower left corner
	tests := []struct {
		id     string
		state  []float64
		places map[place]any
	}{
		{"CartPole-v1", []float64{1.4, 0, 0, 0}, map[place]any{{0.75, 0.6}: orange, {0.5, 0.6}: paper}},
		{"CartPole-v1", []float64{0, 0, math.Pi / 2, 0}, map[place]any{{0.6, 0.25}: orange, {0.4, 0.25}: paper}},
		{"Pendulum-v1", []float64{0, 0}, map[place]any{{0.5, 0.8}: orange, {0.5, 0.2}: paper}},
		{"Pendulum-v1", []float64{math.Pi / 2, 0}, map[place]any{{0.2, 0.5}: orange, {0.8, 0.5}: paper}},
		{"Acrobot-v1", []float64{0, math.Pi / 2, 0, 0}, map[place]any{{0.5, 0.4}: blue, {0.6, 0.28}: orange}},
		{"MountainCar-v0", []float64{-0.5236, 0}, map[place]any{{0.375, 0.118}: orange, {0.9, 0.95}: paper}},
		{"MountainCarContinuous-v0", []float64{0.2, 0}, map[place]any{{0.768, 0.71}: orange}},
	}
	for _, test := range tests {
		for _, c := range crossChecks {
			if c.id != test.id {
				continue
			}
			e := mustNew(t, c.id)
			put(t, e, c.variables, transition{state: test.state})
			picture := render(t, e, nil)
			for p, want := range test.places {
				x, y := int(p.x*float64(picture.Rect.Dx())), int((1-p.y)*float64(picture.Rect.Dy()))
				if got := picture.At(x, y); got != want {
					t.Errorf("%s %v: pixel (%d, %d) is %v, want %v", test.id, test.state, x, y, got, want)
				}
			}
		}
	}
}

func TestFrameRateCountsActions(t *testing.T) {
	r, ok := env.RendererOf(env.ActionRepeat(env.ClipReward(mustNew(t, "CartPole-v1"), 0, 1), 4))
	if !ok || r.FrameRate() != 12.5 {
		t.Errorf("%v pictures a second (found: %v), want 50 / 4", r.FrameRate(), ok)
	}
	if _, ok := env.RendererOf(unseen{mustNew(t, "CartPole-v1")}); ok {
		t.Error("what cannot be drawn is drawn")
	}
}

// unseen hides everything but the environment.
type unseen struct{ env.Environment }

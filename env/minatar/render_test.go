package minatar

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"covey/env"
	"covey/state"
)

// TestRender: every game can be drawn from its start, drawing changes nothing, and a picture is drawn into again.
func TestRender(t *testing.T) {
	for _, title := range titles {
		e := mustNew(t, title.id(1))
		if err := e.Reset(1, env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())); err != nil {
			t.Fatal(err)
		}
		before, err := state.Hash(e.(state.Stateful))
		if err != nil {
			t.Fatal(err)
		}
		r, ok := env.RendererOf(e)
		if !ok {
			t.Fatalf("%s cannot be drawn", title.name)
		}
		first := draw320(t, r, nil)
		dirty := image.NewRGBA(first.Rect)
		if again := draw320(t, r, dirty); again != dirty || !bytes.Equal(again.Pix, first.Pix) {
			t.Errorf("%s looks different when it is drawn into a picture", title.name)
		}
		if after, err := state.Hash(e.(state.Stateful)); err != nil || after != before {
			t.Errorf("%s: drawing changed the game (error %v)", title.name, err)
		}
	}
}

func draw320(t *testing.T, r env.Renderer, dst *image.RGBA) *image.RGBA {
	t.Helper()
	picture, err := r.Render(dst)
	if err != nil {
		t.Fatal(err)
	}
	if picture.Rect != image.Rect(0, 0, 320, 320) || r.FrameRate() != 20 {
		t.Fatalf("a picture of %v, %v a second", picture.Rect, r.FrameRate())
	}
	return picture
}

// TestRenderCells: cells are where they belong, and of two things in one cell both are seen.
func TestRenderCells(t *testing.T) {
	e := mustNew(t, "MinAtar/SpaceInvaders-v1").(*environment)
	*e.game.(*spaceInvaders) = spaceInvaders{x: 2, dx: -1, aliens: board{0: 1 << 9}}
	picture := draw320(t, e, nil)
	for _, c := range []struct {
		x, y int // pixel
		want color.RGBA
	}{
		{2*32 + 16, 9*32 + 16, white}, // the cannon
		{9*32 + 16, 16, green},        // the alien
		{9*32 + 4, 16, blue},          // that it goes to the left
		{16, 16, black},
		{3*32 + 16, 9*32 + 16, black},
	} {
		if got := picture.At(c.x, c.y); got != c.want {
			t.Errorf("pixel (%d, %d) is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

package screen

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"covey/env"
)

// picturesOf is a space of bytes up to high.
func picturesOf(high float32, shape ...int) env.Space {
	s := env.Space{Kind: env.Box, Shape: shape, Bytes: true}
	s.Low, s.High = make([]float32, s.Size()), fill(s.Size(), high)
	return s
}

// TestBesideThePicture: numbers in channels of their own stay as they are, how many there may be, while colours become
// grey.
func TestBesideThePicture(t *testing.T) {
	for _, c := range []struct {
		name     string
		beside   int
		src, dst []uint8 // a pixel, everywhere
	}{
		{"grey and two", 2, []uint8{9, 200, 100}, []uint8{9, 200, 100}},
		{"colours and one", 1, []uint8{255, 0, 0, 7}, []uint8{54, 7}},
		{"colours and three", 3, []uint8{0, 255, 0, 1, 2, 3}, []uint8{182, 1, 2, 3}},
		{"colours alone", 0, []uint8{0, 0, 255}, []uint8{18}},
	} {
		space := picturesOf(255, 6, 4, len(c.src))
		for _, size := range []int{0, 2} {
			v, err := New(space, Config{Height: size, Width: size, Grey: true, Beside: c.beside})
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			dst := env.MakeValues(v.Space(), v.Space().Size())
			v.Show(dst, env.Values{U: bytes.Repeat(c.src, 6*4)})
			if want := bytes.Repeat(c.dst, len(dst.U)/len(c.dst)); !slices.Equal(dst.U, want) {
				t.Errorf("%s, size %d: shows %v, want %v", c.name, size, dst.U, want)
			}
			if s := v.Space().Shape; len(c.dst) > 1 && s[len(s)-1] != len(c.dst) {
				t.Errorf("%s, size %d: its shape is %v", c.name, size, s)
			}
		}
	}
}

func TestNoColours(t *testing.T) {
	for want, c := range map[string]struct {
		channels int
		cfg      Config
	}{
		"the pictures have 4 channels":             {4, Config{Grey: true}},
		"the pictures have 2 channels":             {5, Config{Grey: true, Beside: 3}},
		"2 channels are no pictures with 2 number": {2, Config{Beside: 2}},
	} {
		if _, err := New(picturesOf(255, 8, 8, c.channels), c.cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d channels, %+v: %v, want %q", c.channels, c.cfg, err, want)
		}
	}
}

// TestBoundStays: planes of yes and no stay such, by which a network scales.
func TestBoundStays(t *testing.T) {
	v, err := New(picturesOf(1, 4, 4, 2), Config{Height: 2, Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	if high := slices.Max(v.Space().High); high != 1 {
		t.Errorf("bytes up to 1 are shown as bytes up to %v", high)
	}
}

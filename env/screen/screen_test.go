package screen

import (
	"slices"
	"testing"

	"covey/env"
)

func pictures(shape ...int) env.Space { return env.Space{Kind: env.Box, Shape: shape, Bytes: true} }

func TestViews(t *testing.T) {
	for _, c := range []struct {
		in   env.Space
		cfg  Config
		want []int
	}{
		{pictures(210, 160), Config{Height: 84, Width: 84, Grey: true}, []int{84, 84}},
		{pictures(210, 160, 3), Config{Height: 84, Width: 84}, []int{84, 84, 3}},
		{pictures(210, 160, 3), Config{Grey: true}, []int{210, 160}},
		{pictures(120, 160, 1), Config{}, []int{120, 160}},
		{pictures(120, 160, 2), Config{Height: 60, Width: 80, Grey: true, Beside: 1}, []int{60, 80, 2}},
		{pictures(120, 160, 5), Config{Height: 60, Width: 80, Grey: true, Beside: 2}, []int{60, 80, 3}},
	} {
		v, err := New(c.in, c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		s := v.Space()
		if !slices.Equal(s.Shape, c.want) || !s.Bytes || s.Validate() != nil {
			t.Errorf("%v by %+v is %v, want %v", c.in.Shape, c.cfg, s.Shape, c.want)
		}
		dst, src := env.MakeValues(s, s.Size()), env.MakeValues(c.in, c.in.Size())
		for i := range src.U {
			src.U[i] = 200
		}
		v.Show(dst, src)
		for i, x := range dst.U {
			if x != 200 {
				t.Fatalf("%v by %+v: element %d of an even grey is %d", c.in.Shape, c.cfg, i, x)
			}
		}
		if n := testing.AllocsPerRun(5, func() { v.Show(dst, src) }); n > 0 {
			t.Errorf("%v by %+v allocates %v times", c.in.Shape, c.cfg, n)
		}
	}
}

func TestNoViews(t *testing.T) {
	for name, s := range map[string]env.Space{
		"floats": env.NewBox([]float32{0}, []float32{1}), "a line": pictures(7), "a cube": pictures(3, 3, 3, 3),
		"choices": env.NewDiscrete(2), "smaller than wanted": pictures(40, 40),
	} {
		if _, err := New(s, Config{Height: 84, Width: 84}); err == nil {
			t.Errorf("%s can be shown", name)
		}
	}
}

func TestGrey(t *testing.T) {
	got := make([]uint8, 4)
	Grey(got, []uint8{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255})
	if want := []uint8{54, 182, 18, 255}; !slices.Equal(got, want) {
		t.Errorf("red, green, blue and white are %v, want %v", got, want)
	}
}

package env_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/env"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())

	image = env.Space{Kind: env.Box, Shape: []int{2, 2, 1}, Low: []float32{0, 0, 0, 0}, High: []float32{9, 9, 9, 255}, Bytes: true}
	multi = env.Space{Kind: env.MultiDiscrete, N: []int{3, 5}}
	bits  = env.Space{Kind: env.MultiBinary, N: []int{4}}
	open  = env.NewBox([]float32{-inf, -inf, 2, -1}, []float32{inf, 3, inf, 1})
)

func TestKindsHaveNames(t *testing.T) {
	for _, k := range []env.Kind{env.Box, env.Discrete, env.MultiDiscrete, env.MultiBinary} {
		if got, err := env.ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%v is read back as %v (error %v)", k, got, err)
		}
	}
	for _, name := range []string{"", "box", "Graph", env.Kind(4).String()} {
		if _, err := env.ParseKind(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

func TestSpaceSize(t *testing.T) {
	for _, c := range []struct {
		space env.Space
		want  int
	}{
		{open, 4}, {image, 4}, {env.NewDiscrete(7), 1}, {multi, 2}, {bits, 4},
		{env.NewBox(make([]float32, 6), make([]float32, 6), 2, 3), 6},
		{env.Space{Kind: env.Box, Low: []float32{0}, High: []float32{1}}, 1}, // a box of no dimensions is a number
	} {
		if got := c.space.Size(); got != c.want {
			t.Errorf("size of %+v is %d, want %d", c.space, got, c.want)
		}
		if err := c.space.Validate(); err != nil {
			t.Errorf("%+v: %v", c.space, err)
		}
	}
}

func TestSpaceValidate(t *testing.T) {
	for _, c := range []struct {
		space env.Space
		want  string
	}{
		{env.NewBox(nil, nil, 0), "no elements"},
		{env.NewBox(make([]float32, 6), make([]float32, 6), -2, -3), "no elements"},
		{env.NewBox([]float32{0}, []float32{1, 2}, 2), "wants 2 bounds, has 1 low and 2 high"},
		{env.NewBox([]float32{0, 2}, []float32{1, 1}), "element 1 has bounds [2, 1]"},
		{env.NewBox([]float32{nan}, []float32{1}), "element 0 has bounds [NaN, 1]"},
		{env.Space{Kind: env.Box, Shape: []int{1}, Low: []float32{-1}, High: []float32{1}, Bytes: true}, "bytes"},
		{env.Space{Kind: env.Box, Shape: []int{1}, Low: []float32{0}, High: []float32{256}, Bytes: true}, "bytes"},
		{env.Space{Kind: env.Discrete}, "without N"},
		{env.NewDiscrete(0), "offers 0 choices at 0"},
		{env.Space{Kind: env.Discrete, N: []int{2, 2}}, "Discrete space with 2 numbers of choices"},
		{env.Space{Kind: env.MultiBinary, N: []int{2, 2}}, "MultiBinary space with 2 numbers of choices"},
		{env.Space{Kind: env.MultiDiscrete, N: []int{2, -1}}, "offers -1 choices at 1"},
		{env.Space{Kind: env.MultiDiscrete, N: []int{2, 3}, Start: []int{1}}, "1 starts for 2 choices"},
		{env.Space{Kind: env.Discrete, N: []int{2}, Bytes: true}, "bytes"},
		{env.Space{Kind: 9, N: []int{1}}, "unknown kind of space 9"},
	} {
		if err := c.space.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.space, err, c.want)
		}
	}
}

func TestSpaceCheck(t *testing.T) {
	for _, c := range []struct {
		space env.Space
		value env.Values
		want  string // "": it is in the space
	}{
		{open, env.Values{F: []float32{1e30, 3, 2, -1}}, ""},
		{open, env.Values{F: []float32{0, 3.5, 2, -1}}, "element 1 is 3.5, outside [-Inf, 3]"},
		{open, env.Values{F: []float32{nan, 3, 2, -1}}, "element 0 is NaN"},
		{open, env.Values{F: []float32{0, 0, 2}}, "3 floats and 0 bytes are no value of Box, which takes 4"},
		{open, env.Values{U: make([]uint8, 4)}, "0 floats and 4 bytes"},
		{image, env.Values{U: []uint8{1, 2, 3, 255}}, ""},
		{image, env.Values{U: []uint8{1, 2, 10, 255}}, "element 2 is 10, outside [0, 9]"},
		{image, env.Values{F: make([]float32, 4)}, "4 floats and 0 bytes"},
		{env.NewDiscrete(3), env.Values{F: []float32{2}}, ""},
		{env.NewDiscrete(3), env.Values{F: []float32{3}}, "element 0 is 3, outside [0, 2]"},
		{env.NewDiscrete(3), env.Values{F: []float32{0.5}}, "element 0 is 0.5, no whole number"},
		{multi, env.Values{F: []float32{2, 4}}, ""},
		{multi, env.Values{F: []float32{3, 4}}, "element 0 is 3, outside [0, 2]"},
		{bits, env.Values{F: []float32{0, 1, 1, 0}}, ""},
		{bits, env.Values{F: []float32{0, 1, 2, 0}}, "element 2 is 2, outside [0, 1]"},
	} {
		switch err := c.space.Check(c.value); {
		case c.want == "" && err != nil:
			t.Errorf("%v in %v: %v", c.value, c.space, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v in %v: error %v, want one with %q", c.value, c.space, err, c.want)
		}
	}
}

// TestSpaceSample: samples are in their space and reach all of it.
func TestSpaceSample(t *testing.T) {
	const n = 20_000
	rng := rand.New(rand.NewPCG(1, 2))
	for _, space := range []env.Space{open, multi, bits, env.NewDiscrete(6), env.NewBox([]float32{-3e38, 1}, []float32{3e38, 1})} {
		x := make([]float32, space.Size())
		sum, seen := make([]float64, len(x)), map[float32]int{}
		for range n {
			space.Sample(x, rng)
			if err := space.Check(env.Values{F: x}); err != nil {
				t.Fatalf("%v: %v", space, err)
			}
			for i := range x {
				sum[i] += float64(x[i]) / n
			}
			seen[x[0]]++
		}
		switch space.Kind {
		case env.Box:
			want := []float64{0, 2, 3, 0} // the normal's mean, the bounds' distances, the middle
			if space.High[0] == 3e38 {
				want = []float64{0, 1}
				sum[0] /= 3e38
			}
			for i := range want {
				if math.Abs(sum[i]-want[i]) > 0.05 {
					t.Errorf("%v: element %d has mean %v, want %v", space, i, sum[i], want[i])
				}
			}
		default:
			choices := space.N[0]
			if space.Kind == env.MultiBinary {
				choices = 2
			}
			for i := range choices {
				if share := float64(seen[float32(i)]) * float64(choices) / n; share < 0.9 || share > 1.1 {
					t.Errorf("%v: choice %d has %.2f of its share", space, i, share)
				}
			}
		}
	}
}

func TestKindString(t *testing.T) {
	for kind, want := range map[env.Kind]string{env.Box: "Box", env.Discrete: "Discrete", env.MultiDiscrete: "MultiDiscrete", env.MultiBinary: "MultiBinary", 77: "Kind(77)"} {
		if got := kind.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestValues(t *testing.T) {
	for _, space := range []env.Space{open, image} {
		v := env.MakeValues(space, 5)
		if v.Len() != 5 || (v.U != nil) != space.Bytes || (v.F != nil) == space.Bytes {
			t.Errorf("MakeValues(%v, 5) has %d floats and %d bytes", space, len(v.F), len(v.U))
		}
		part := v.Slice(1, 3)
		src := env.MakeValues(space, 2)
		if space.Bytes {
			src.U[1] = 7
		} else {
			src.F[1] = 7
		}
		part.Copy(src)
		if part.Len() != 2 || (space.Bytes && v.U[2] != 7) || (!space.Bytes && v.F[2] != 7) {
			t.Errorf("a copy into elements 1 and 2 of %v leaves %v", space, v)
		}
	}
}

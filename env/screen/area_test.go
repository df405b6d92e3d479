package screen

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestAreaIsTheMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range [][5]int{{210, 160, 1, 84, 84}, {210, 160, 1, 42, 42}, {240, 320, 3, 84, 84}, {5, 3, 2, 2, 1}, {7, 9, 1, 7, 9}, {120, 160, 1, 60, 80}, {13, 17, 1, 5, 11}, {1, 1, 1, 1, 1}} {
		a, err := NewArea(c[0], c[1], c[2], c[3], c[4])
		if err != nil {
			t.Fatal(err)
		}
		src, dst := make([]uint8, c[0]*c[1]*c[2]), make([]uint8, c[3]*c[4]*c[2])
		for i := range src {
			src[i] = uint8(rng.Uint32())
			if rng.IntN(3) == 0 {
				src[i] = 255
			}
		}
		for range 2 {
			a.Resize(dst, src)
		}
		for y := range c[3] {
			for x := range c[4] {
				for ch := range c[2] {
					want := mean(src, c, y, x, ch)
					if got := float64(dst[(y*c[4]+x)*c[2]+ch]); math.Abs(got-want) > 0.5+1e-9 {
						t.Fatalf("%v: pixel (%d, %d, %d) is %v, the mean is %v", c, y, x, ch, got, want)
					}
				}
			}
		}
	}
}

// mean is the mean over the area of a pixel, as the definition says.
func mean(src []uint8, c [5]int, y, x, ch int) float64 {
	overlap := func(i, n, j, m int) float64 { // of pixel i of n with pixel j of m, in pixels of n
		s := float64(n) / float64(m)
		return max(0, min(float64(i+1), float64(j+1)*s)-max(float64(i), float64(j)*s)) / s
	}
	sum := 0.0
	for i := y * c[0] / c[3]; i < c[0] && overlap(i, c[0], y, c[3]) > 0; i++ {
		for j := x * c[1] / c[4]; j < c[1] && overlap(j, c[1], x, c[4]) > 0; j++ {
			sum += overlap(i, c[0], y, c[3]) * overlap(j, c[1], x, c[4]) * float64(src[(i*c[1]+j)*c[2]+ch])
		}
	}
	return sum
}

func TestImpossibleSizes(t *testing.T) {
	for _, c := range [][5]int{{84, 84, 1, 85, 84}, {84, 84, 1, 84, 85}, {84, 84, 1, 0, 84}, {521, 7, 1, 520, 7}} {
		if _, err := NewArea(c[0], c[1], c[2], c[3], c[4]); err == nil {
			t.Errorf("%v is possible", c)
		}
	}
}

func BenchmarkResize(b *testing.B) {
	for name, c := range map[string][5]int{"atari": {210, 160, 1, 84, 84}, "atari42": {210, 160, 1, 42, 42}, "doom": {120, 160, 1, 84, 84}, "doomRGB": {240, 320, 3, 84, 84}} {
		b.Run(name, func(b *testing.B) {
			a, err := NewArea(c[0], c[1], c[2], c[3], c[4])
			if err != nil {
				b.Fatal(err)
			}
			src, dst := make([]uint8, c[0]*c[1]*c[2]), make([]uint8, c[3]*c[4]*c[2])
			for b.Loop() {
				a.Resize(dst, src)
			}
		})
	}
}

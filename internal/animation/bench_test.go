package animation

import (
	"image"
	"image/color"
	"io"
	"testing"
)

// BenchmarkManyColors adds a picture that changes everywhere and needs all 256 colours.
func BenchmarkManyColors(b *testing.B) {
	const size = 480
	pictures := [2]*image.RGBA{image.NewRGBA(image.Rect(0, 0, size, size)), image.NewRGBA(image.Rect(0, 0, size, size))}
	for i := range size * size {
		x, y := i%size, i/size
		pictures[0].SetRGBA(x, y, color.RGBA{uint8(x / 2), uint8(y / 2), uint8(x * y / 900), 255})
		pictures[1].SetRGBA(x, y, color.RGBA{uint8(y / 2), uint8(x / 2), uint8(x * y / 900), 255})
	}
	g := NewGIF(io.Discard, 10)
	i := 0
	for b.Loop() {
		if err := g.Add(pictures[i%2]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

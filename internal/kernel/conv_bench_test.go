package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkConv is the convolutions of known networks, for one image: height×width×channels, the window's size and
// step, outputs.
func BenchmarkConv(b *testing.B) {
	var s Scratch
	for _, c := range []picture{
		{1, 43, 43, 1, 32, Window{3, 3, 2, 2}}, // 42×42, four layers with a border of one
		{1, 23, 23, 32, 32, Window{3, 3, 2, 2}},
		{1, 13, 13, 32, 32, Window{3, 3, 2, 2}},
		{1, 8, 8, 32, 32, Window{3, 3, 2, 2}},
		{1, 336, 84, 1, 32, Window{32, 8, 16, 4}}, // Nature: four frames, line by line
		{1, 20, 20, 32, 64, Window{4, 4, 2, 2}},
		{1, 9, 9, 64, 64, Window{3, 3, 1, 1}},
		{1, 10, 10, 4, 16, Window{3, 3, 1, 1}},  // MinAtar
		{1, 44, 44, 16, 16, Window{3, 3, 1, 1}}, // IMPALA
	} {
		h, w := c.window.Outputs(c.height, c.width)
		depth := c.window.depth(c.in)
		flops := 2 * h * w * depth * c.out
		x, y := Image(random(1, c.height*c.width*c.in), c.height, c.width, c.in), Image(random(2, h*w*c.out), h, w, c.out)
		weights, dw, wt, bias := Matrix(random(3, depth*c.out), depth, c.out), Matrix(random(4, depth*c.out), depth, c.out), Matrix(random(5, depth*c.out), c.out, depth), random(6, c.out)
		name := fmt.Sprintf("%dx%dx%d_%dx%d_%d_%d", c.height, c.width, c.in, c.window.Height, c.window.Width, c.window.Right, c.out)
		benchmark(b, name+"/forward", flops, func() { s.Conv(y, x, c.window, weights, bias, ReLU, false) })
		benchmark(b, name+"/weights", flops, func() { s.ConvWeights(dw, x, y, c.window, true) })
		benchmark(b, name+"/input", flops, func() { s.ConvInput(x, y, c.window, wt) })
	}
}

package kernel

import (
	"fmt"
	"math"
	"testing"
)

// atEveryLevel runs a test at the plain level too: what it tests has the same bits at all of them.
func atEveryLevel(t *testing.T, test func(t *testing.T)) {
	t.Run(generic.String(), func(t *testing.T) {
		useLevel(t, generic)
		test(t)
	})
	everyLevel(t, test)
}

func TestFromBytes(t *testing.T) {
	const scale = float32(1.0 / 255)
	bytes := make([]uint8, 4*700)
	for i := range bytes {
		bytes[i] = uint8(i * 37)
	}
	atEveryLevel(t, func(t *testing.T) {
		for n := range 70 {
			for _, lines := range []int{1, 3} {
				for offset := range 3 {
					g := newGuarded(lines*(n+offset), n)
					y := Mat{X: g.x, Rows: lines, Cols: n, Stride: n + offset}
					FromBytes(y, bytes[offset:], n+5, scale)
					what := fmt.Sprintf("%d lines of %d", lines, n)
					g.check(t, what)
					compare(t, what, g, y, func(i, j int) float32 { return scale * float32(bytes[offset+i*(n+5)+j]) })
				}
			}
		}
		all := make([]float32, 256) // every byte
		FromBytes(Matrix(all, 1, 256), bytes[:256], 256, scale)
		for i, v := range all {
			if want := float64(bytes[i]) / 255; math.Abs(float64(v)-want) > 1e-7*want {
				t.Errorf("byte %d is %v, want %v", bytes[i], v, want)
			}
		}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic for too few bytes")
			}
		}()
		FromBytes(Matrix(make([]float32, 6), 2, 3), bytes[:5], 3, 1)
	}()
}

// pools are windows with and without a border, over every small number of channels.
func pools() (all []struct {
	picture
	border int
}) {
	add := func(border int, p picture) {
		all = append(all, struct {
			picture
			border int
		}{p, border})
	}
	for channels := 1; channels <= 35; channels++ {
		add(1, picture{2, 5, 7, channels, channels, Window{3, 3, 2, 2}})
	}
	add(0, picture{1, 6, 4, 3, 3, Window{2, 2, 2, 2}})
	add(2, picture{1, 4, 4, 5, 5, Window{3, 3, 1, 1}})
	add(1, picture{1, 1, 1, 2, 2, Window{3, 3, 2, 2}})
	add(1, picture{1, 2, 9, 1, 1, Window{2, 3, 1, 3}})
	return all
}

// TestMaxPool holds the windows' greatest elements, and who gets their gradient, against the definition; equal
// elements are many.
func TestMaxPool(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		for i, p := range pools() {
			x := p.images(11, p.height, p.width, p.in, 3)
			for j, v := range x.X {
				if v == v {
					x.X[j] = float32(math.Round(float64(v)*4)) + 0 // which zero is the greater is open
				}
			}
			if i%4 == 0 {
				x.line(0, 0)[0] = float32(math.NaN())
			}
			h, w := p.window.Outputs(p.height+2*p.border, p.width+2*p.border)
			dy := p.images(12, h, w, p.in, 2)
			g, y := guardedImages(dy, i)
			gx, dx := guardedImages(x, i+1)
			MaxPool(y, x, p.window, p.border)
			MaxPoolGrad(dx, x, dy, p.window, p.border)
			g.check(t, p.String())
			gx.check(t, p.String())

			top, grad := append([]float32(nil), dy.X...), append([]float32(nil), x.X...)
			each(x, func(_, _, _, at int) { clear(grad[at : at+p.in]) })
			each(dy, func(n, i, j, at int) {
				for c := range p.in {
					first := -1
					for k := range p.window.Height * p.window.Width {
						l, w := i*p.window.Down-p.border+k/p.window.Width, j*p.window.Right-p.border+k%p.window.Width
						if l < 0 || w < 0 || l >= p.height || w >= p.width {
							continue
						}
						from := n*x.Stride + l*x.Line + w*p.in + c
						if v := x.X[from]; first < 0 || v > x.X[first] || v != v && x.X[first] == x.X[first] {
							first = from
						}
					}
					if top[at+c] = x.X[first]; top[at+c] == top[at+c] {
						grad[first] += dy.X[at+c]
					}
				}
			})
			sameVectors(t, p.String(), y.X, top)
			sameVectors(t, p.String()+" gradient", dx.X, grad)
		}
	})
}

func TestPoolWrongShapes(t *testing.T) {
	image := func(h, w, c int) Images { return Image(make([]float32, h*w*c), h, w, c) }
	window := Window{3, 3, 2, 2}
	for name, call := range map[string]func(){
		"outputs":  func() { MaxPool(image(3, 2, 4), image(4, 4, 4), window, 1) },
		"channels": func() { MaxPool(image(2, 2, 3), image(4, 4, 4), window, 1) },
		"border":   func() { MaxPool(image(4, 4, 4), image(4, 4, 4), window, 3) },
		"gradient": func() { MaxPoolGrad(image(4, 5, 4), image(4, 4, 4), image(2, 2, 4), window, 1) },
	} {
		mustPanic(t, name, call)
	}
}

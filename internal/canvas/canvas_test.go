package canvas

import (
	"image"
	"image/color"
	"math"
	"testing"
)

var (
	black = color.RGBA{0, 0, 0, 255}
	white = color.RGBA{255, 255, 255, 255}
)

// paper is a canvas of 200 × 100 pixels that shows x from −2 to 2 and y from −1 to 1.
func paper() (*Canvas, *image.RGBA) {
	dst := Picture(nil, 200, 100)
	return New(dst, Point{-2, -1}, 4, white), dst
}

// area is how much of the world is black, in its square units.
func area(dst *image.RGBA) float64 {
	covered := 0.0
	for i := 0; i < len(dst.Pix); i += 4 {
		covered += 1 - float64(dst.Pix[i])/255
	}
	return covered / (50 * 50)
}

// TestAreas: the shade of the pixels on an edge is the share that the shape covers of them.
func TestAreas(t *testing.T) {
	tests := []struct {
		name string
		draw func(*Canvas)
		want float64
	}{
		{"disc", func(c *Canvas) { c.Disc(black, Point{0.3, 0.1}, 0.5) }, math.Pi / 4},
		{"triangle", func(c *Canvas) { c.Polygon(black, Point{-1, -0.5}, Point{1, -0.5}, Point{0.2, 0.7}) }, 1.2},
		{"clockwise triangle", func(c *Canvas) { c.Polygon(black, Point{0.2, 0.7}, Point{1, -0.5}, Point{-1, -0.5}) }, 1.2},
		{"line", func(c *Canvas) { c.Line(black, 0.2, Point{-1, -0.5}, Point{0.5, 0.5}) }, 0.2*math.Hypot(1.5, 1) + math.Pi/100},
		{"line forth and back", func(c *Canvas) { c.Line(black, 0.2, Point{-1, 0}, Point{1, 0}, Point{-1, 0}) }, 0.4 + math.Pi/100},
		{"line of one point", func(c *Canvas) { c.Line(black, 0.2, Point{1, 0}, Point{1, 0}) }, math.Pi / 100},
		{"beyond the right side", func(c *Canvas) { c.Disc(black, Point{2, 0}, 0.5) }, math.Pi / 8},
		{"beyond the left side", func(c *Canvas) { c.Disc(black, Point{-2, 0}, 0.5) }, math.Pi / 8},
		{"beyond the upper side", func(c *Canvas) { c.Disc(black, Point{0, 1}, 0.5) }, math.Pi / 8},
		{"beyond the lower side", func(c *Canvas) { c.Disc(black, Point{0, -1}, 0.5) }, math.Pi / 8},
		{"beyond all sides", func(c *Canvas) { c.Disc(black, Point{0, 0}, 5) }, 8},
		{"elsewhere", func(c *Canvas) { c.Disc(black, Point{5, 7}, 0.5) }, 0},
		{"nothing", func(c *Canvas) { c.Line(black, 1) }, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, dst := paper()
			test.draw(c)
			if got := area(dst); math.Abs(got-test.want) > 0.003 {
				t.Errorf("area %.4f, want %.4f", got, test.want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	c, dst := paper()
	c.Disc(black, Point{1, 0.5}, 0.1)
	for _, p := range []struct {
		x, y int
		want color.RGBA
	}{{150, 25, black}, {150, 75, white}, {50, 25, white}} {
		if got := dst.RGBAAt(p.x, p.y); got != p.want {
			t.Errorf("pixel (%d, %d) is %v, want %v", p.x, p.y, got, p.want)
		}
	}
	if got, want := (Point{1, 2}).Along(math.Pi/6, 2), (Point{1 + math.Sqrt(3), 3}); math.Hypot(got.X-want.X, got.Y-want.Y) > 1e-12 {
		t.Errorf("2 along 30° from (1, 2) lies %v, want %v", got, want)
	}
}

func TestPictureIsUsedAgain(t *testing.T) {
	dst := Picture(nil, 3, 2)
	if Picture(dst, 3, 2) != dst {
		t.Error("a picture of the right size is replaced")
	}
	if got := Picture(dst, 2, 3).Rect; got != image.Rect(0, 0, 2, 3) {
		t.Errorf("a picture of %v, want 2 × 3", got)
	}
}

// Package canvas draws antialiased shapes in the units of a world: what native environments show of
// themselves.
package canvas

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Point is a place in the world; y points up.
type Point struct{ X, Y float64 }

// Along returns the point at a distance from p, in the direction of an angle from the x axis, rad.
func (p Point) Along(angle, distance float64) Point {
	sin, cos := math.Sincos(angle)
	return Point{p.X + float64(distance*cos), p.Y + float64(distance*sin)}
}

// Picture is dst if it has that size, else a new picture.
func Picture(dst *image.RGBA, width, height int) *image.RGBA {
	if size := image.Rect(0, 0, width, height); dst == nil || dst.Rect != size {
		return image.NewRGBA(size)
	}
	return dst
}

// Canvas is a picture of a part of the world.
type Canvas struct {
	dst    *image.RGBA
	origin Point     // in the picture's lower left corner
	scale  float64   // pixels per unit of the world
	shape  [][]Point // outlines of what is filled next, in pixels; y points down
	filler vector.Rasterizer
}

// New fills the picture with the background and returns a canvas on it, whose lower left corner is
// origin and whose width is that many units of the world.
func New(dst *image.RGBA, origin Point, width float64, background color.RGBA) *Canvas {
	if !(width > 0) {
		panic(fmt.Sprintf("canvas: width %v", width))
	}
	draw.Draw(dst, dst.Rect, image.NewUniform(background), image.Point{}, draw.Src)
	return &Canvas{dst: dst, origin: origin, scale: float64(dst.Rect.Dx()) / width}
}

// Polygon fills the area between the points.
func (c *Canvas) Polygon(paint color.RGBA, points ...Point) {
	c.path(points)
	c.fill(paint)
}

// Disc fills a circle.
func (c *Canvas) Disc(paint color.RGBA, center Point, radius float64) {
	c.circle(center, radius)
	c.fill(paint)
}

// Line draws a line through the points, of that width and with round ends and corners.
func (c *Canvas) Line(paint color.RGBA, width float64, points ...Point) {
	for i, p := range points {
		c.circle(p, width/2)
		if i > 0 {
			c.bar(points[i-1], p, width)
		}
	}
	c.fill(paint)
}

// bar adds the rectangle of that width about the line from p to q. It runs counterclockwise, as circle
// does: what two parts of a shape both cover is then filled like the rest.
func (c *Canvas) bar(p, q Point, width float64) {
	length := math.Hypot(q.X-p.X, q.Y-p.Y)
	if length == 0 {
		return
	}
	x, y := (q.Y-p.Y)/length*width/2, (p.X-q.X)/length*width/2 // to the right of the line
	c.path([]Point{{p.X + x, p.Y + y}, {q.X + x, q.Y + y}, {q.X - x, q.Y - y}, {p.X - x, p.Y - y}})
}

// path adds an outline to the shape.
func (c *Canvas) path(points []Point) {
	outline := make([]Point, len(points))
	for i, p := range points {
		outline[i] = Point{(p.X - c.origin.X) * c.scale, float64(c.dst.Rect.Dy()) - float64((p.Y-c.origin.Y)*c.scale)}
	}
	c.shape = append(c.shape, outline)
}

// circle adds a circle, as a polygon of so many corners that nobody sees them.
func (c *Canvas) circle(center Point, radius float64) {
	var corners [64]Point
	for i := range corners {
		corners[i] = center.Along(float64(i)*2*math.Pi/float64(len(corners)), radius)
	}
	c.path(corners[:])
}

// fill fills the shape, and begins the next one.
func (c *Canvas) fill(paint color.RGBA) {
	r := c.bounds()
	c.filler.Reset(r.Dx(), r.Dy())
	for _, outline := range c.shape {
		for i, p := range outline {
			x, y := float32(p.X-float64(r.Min.X)), float32(p.Y-float64(r.Min.Y))
			if i == 0 {
				c.filler.MoveTo(x, y)
			} else {
				c.filler.LineTo(x, y)
			}
		}
		c.filler.ClosePath()
	}
	c.filler.Draw(c.dst, r, image.NewUniform(paint), image.Point{})
	c.shape = c.shape[:0]
}

// bounds is the part of the picture that the shape lies in.
func (c *Canvas) bounds() image.Rectangle {
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, outline := range c.shape {
		for _, p := range outline {
			low = Point{min(low.X, p.X), min(low.Y, p.Y)}
			high = Point{max(high.X, p.X), max(high.Y, p.Y)}
		}
	}
	size := c.dst.Rect.Size()
	within := func(x float64, most int) int { return int(min(max(x, 0), float64(most))) }
	return image.Rect(within(math.Floor(low.X), size.X), within(math.Floor(low.Y), size.Y),
		within(math.Ceil(high.X), size.X), within(math.Ceil(high.Y), size.Y))
}

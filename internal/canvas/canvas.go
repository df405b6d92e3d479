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
	origin Point   // in the picture's lower left corner
	scale  float64 // pixels per unit of the world
	shape  vector.Rasterizer
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
func (c *Canvas) Polygon(fill color.RGBA, points ...Point) {
	c.begin()
	c.path(points)
	c.end(fill)
}

// Disc fills a circle.
func (c *Canvas) Disc(fill color.RGBA, center Point, radius float64) {
	c.begin()
	c.circle(center, radius)
	c.end(fill)
}

// Line draws a line through the points, of that width and with round ends and corners.
func (c *Canvas) Line(stroke color.RGBA, width float64, points ...Point) {
	c.begin()
	for i, p := range points {
		c.circle(p, width/2)
		if i > 0 {
			c.bar(points[i-1], p, width)
		}
	}
	c.end(stroke)
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

func (c *Canvas) path(points []Point) {
	for i, p := range points {
		x, y := c.pixel(p)
		if i == 0 {
			c.shape.MoveTo(x, y)
		} else {
			c.shape.LineTo(x, y)
		}
	}
	c.shape.ClosePath()
}

// circle adds a circle, as a polygon of so many corners that nobody sees them.
func (c *Canvas) circle(center Point, radius float64) {
	var corners [64]Point
	for i := range corners {
		corners[i] = center.Along(float64(i)*2*math.Pi/float64(len(corners)), radius)
	}
	c.path(corners[:])
}

func (c *Canvas) pixel(p Point) (x, y float32) {
	return float32((p.X - c.origin.X) * c.scale), float32(float64(c.dst.Rect.Dy()) - (p.Y-c.origin.Y)*c.scale)
}

func (c *Canvas) begin() { c.shape.Reset(c.dst.Rect.Dx(), c.dst.Rect.Dy()) }

func (c *Canvas) end(fill color.RGBA) {
	c.shape.Draw(c.dst, c.dst.Rect, image.NewUniform(fill), image.Point{})
}

package classic

import (
	"image"
	"image/color"
	"math"

	"covey/internal/canvas"
)

// Colours of all pictures.
var (
	paper  = color.RGBA{255, 255, 255, 255}
	ink    = color.RGBA{51, 58, 69, 255}
	pale   = color.RGBA{205, 210, 218, 255}
	blue   = color.RGBA{0, 114, 178, 255}
	orange = color.RGBA{213, 94, 0, 255}
	green  = color.RGBA{0, 158, 115, 255}
)

// FrameRate is Gymnasium's, as those of the others are.
func (c *cartPole) FrameRate() float64              { return 50 }
func (a *acrobot) FrameRate() float64               { return 15 }
func (m *mountainCar) FrameRate() float64           { return 30 }
func (p *pendulum) FrameRate() float64              { return 30 }
func (m *mountainCarContinuous) FrameRate() float64 { return 30 }

// Render shows the track between the bounds that the cart must not leave, the cart, and the pole in
// its true length.
func (c *cartPole) Render(dst *image.RGBA) (*image.RGBA, error) {
	const (
		left, width = -2.8, 5.6
		length      = 1.0
		rail, top   = 0.30, 0.56 // heights of the track and of the cart's upper side
	)
	dst = canvas.Picture(dst, 560, 200)
	v := canvas.New(dst, canvas.Point{X: left}, width, paper)
	v.Line(pale, 0.03, canvas.Point{X: left, Y: rail}, canvas.Point{X: left + width, Y: rail})
	for _, x := range []float64{-cartPoleX, cartPoleX} {
		v.Line(pale, 0.03, canvas.Point{X: x, Y: rail - 0.12}, canvas.Point{X: x, Y: rail + 0.12})
	}
	v.Line(ink, 0.2, canvas.Point{X: c.x - 0.16, Y: top - 0.1}, canvas.Point{X: c.x + 0.16, Y: top - 0.1})
	for _, x := range []float64{c.x - 0.15, c.x + 0.15} {
		v.Disc(ink, canvas.Point{X: x, Y: rail + 0.08}, 0.08)
	}
	joint := canvas.Point{X: c.x, Y: top - 0.06}
	v.Line(orange, 0.09, joint, joint.Along(math.Pi/2-c.theta, length))
	v.Disc(pale, joint, 0.03)
	return dst, nil
}

// Render shows the pendulum about its pivot; upright is up, and positive angles lie to the left.
func (p *pendulum) Render(dst *image.RGBA) (*image.RGBA, error) {
	dst = canvas.Picture(dst, 300, 300)
	v := canvas.New(dst, canvas.Point{X: -1.25, Y: -1.25}, 2.5, paper)
	var pivot canvas.Point
	v.Disc(pale, pivot, 1.02)
	v.Disc(paper, pivot, 1)
	v.Line(orange, 0.16, pivot, pivot.Along(math.Pi/2+p.theta, 1))
	v.Disc(ink, pivot, 0.05)
	return dst, nil
}

// Render shows the two links and the height that the free end is to reach.
func (a *acrobot) Render(dst *image.RGBA) (*image.RGBA, error) {
	const reach = 2.25
	dst = canvas.Picture(dst, 300, 300)
	v := canvas.New(dst, canvas.Point{X: -reach, Y: -reach}, 2*reach, paper)
	v.Line(green, 0.04, canvas.Point{X: -reach, Y: 1}, canvas.Point{X: reach, Y: 1})
	var pivot canvas.Point
	down := -math.Pi / 2
	elbow := pivot.Along(down+a.links.theta1, 1)
	v.Line(blue, 0.2, pivot, elbow)
	v.Line(orange, 0.2, elbow, elbow.Along(down+a.links.theta1+a.links.theta2, 1))
	v.Disc(ink, pivot, 0.06)
	v.Disc(ink, elbow, 0.06)
	return dst, nil
}

// Render shows the hill, the car on it, and a flag at the goal.
func (m *mountainCar) Render(dst *image.RGBA) (*image.RGBA, error) {
	return renderCar(dst, m.position, carGoal), nil
}

// Render shows what the other car's does.
func (m *mountainCarContinuous) Render(dst *image.RGBA) (*image.RGBA, error) {
	return renderCar(dst, m.position, carContinuousGoal), nil
}

func renderCar(dst *image.RGBA, position, goal float64) *image.RGBA {
	dst = canvas.Picture(dst, 450, 300)
	v := canvas.New(dst, canvas.Point{X: carLeft}, carRight-carLeft, paper)
	hill := []canvas.Point{{X: carLeft}}
	for i := range 101 {
		hill = append(hill, onHill(carLeft+(carRight-carLeft)*float64(i)/100))
	}
	v.Polygon(pale, append(hill, canvas.Point{X: carRight})...)

	foot := onHill(goal)
	top := foot.Along(math.Pi/2, 0.12)
	v.Line(green, 0.008, foot, top)
	v.Polygon(green, top, top.Along(-2.6, 0.07), top.Along(-math.Pi/2, 0.06))

	slope := math.Atan(carSlope * math.Cos(3*position))
	wheels := onHill(position).Along(slope+math.Pi/2, 0.018)
	body := wheels.Along(slope+math.Pi/2, 0.024)
	v.Line(orange, 0.036, body.Along(slope, -0.04), body.Along(slope, 0.04))
	for _, x := range []float64{-0.034, 0.034} {
		v.Disc(ink, wheels.Along(slope, x), 0.018)
	}
	return dst
}

// carSlope is the hill's slope where it is steepest, in the picture: it is drawn as Gymnasium draws it, as
// 0.45 sin 3x.
const carSlope = 3 * 0.45

func onHill(x float64) canvas.Point {
	return canvas.Point{X: x, Y: 0.45*math.Sin(3*x) + 0.55}
}

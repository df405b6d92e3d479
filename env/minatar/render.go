package minatar

import (
	"image"
	"image/color"

	"covey/env"
	"covey/internal/canvas"
)

// plane is what a plane of an observation shows: its name in the authors' package, and the colour of its cells in a
// picture.
type plane struct {
	name  string
	color color.RGBA
}

// Colours of all pictures (Okabe and Ito's, who chose them so that everybody can tell them apart).
var (
	black     = color.RGBA{20, 22, 28, 255}
	white     = color.RGBA{255, 255, 255, 255}
	grey      = color.RGBA{110, 116, 128, 255}
	yellow    = color.RGBA{240, 228, 66, 255}
	orange    = color.RGBA{230, 159, 0, 255}
	vermilion = color.RGBA{213, 94, 0, 255}
	green     = color.RGBA{0, 158, 115, 255}
	sky       = color.RGBA{86, 180, 233, 255}
	blue      = color.RGBA{0, 114, 178, 255}
)

// FrameRate is that of the authors' package, which shows a step for 50 ms.
func (e *environment) FrameRate() float64 { return 20 }

// Render shows the observation: the planes that have something in a cell lie in it as squares, the first on top.
func (e *environment) Render(dst *image.RGBA) (*image.RGBA, error) {
	const pixels = 32 // of a cell's side
	obs := env.MakeValues(e.spec.Observation, e.spec.Observation.Size())
	e.observe(obs)
	dst = canvas.Picture(dst, size*pixels, size*pixels)
	view := canvas.New(dst, canvas.Point{}, size, black)
	for y := range size {
		for x := range size {
			cell := obs.U[(y*size+x)*len(e.planes):][:len(e.planes)]
			inset := 0.04
			for i := len(cell) - 1; i >= 0; i-- {
				if cell[i] == 0 {
					continue
				}
				low := canvas.Point{X: float64(x) + inset, Y: float64(last-y) + inset}
				high := canvas.Point{X: float64(x+1) - inset, Y: float64(last-y+1) - inset}
				view.Polygon(e.planes[i].color, low, canvas.Point{X: high.X, Y: low.Y}, high, canvas.Point{X: low.X, Y: high.Y})
				inset += 0.14
			}
		}
	}
	return dst, nil
}

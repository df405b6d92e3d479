package main

import (
	"gonum.org/v1/plot/plotter"

	"covey/internal/chart"
)

// draw writes a picture of the curves, which have these axes, to a file of the kind that its name says.
func draw(curves []*curve, a axes, path string) error {
	panel := chart.Panel{X: label(a.x), Y: label(a.y)}
	for _, c := range curves {
		l := chart.Line{Name: shorten(c.name), Middle: points(c.x, c.mean)}
		if c.low != nil {
			l.Band = chart.Outline(points(c.x, c.low), points(c.x, c.high))
		}
		panel.Lines = append(panel.Lines, l)
	}
	return chart.Draw(path, panel)
}

// longestName is how many characters of a curve's name fit into the picture.
const longestName = 80

// shorten keeps the end of a name that is too long: paths differ there.
func shorten(name string) string {
	if runes := []rune(name); len(runes) > longestName {
		return "…" + string(runes[len(runes)-longestName+1:])
	}
	return name
}

func points(x, y []float64) plotter.XYs {
	p := make(plotter.XYs, len(x))
	for i := range x {
		p[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return p
}

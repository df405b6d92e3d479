package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// palette is Okabe and Ito's, which colour-blind people can tell apart.
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {90, 90, 90, 255},
}

// Sizes of the picture.
const (
	plotWidth, plotHeight = 8 * vg.Inch, 5 * vg.Inch
	margin                = 12 // points around everything: half of the last tick's label fits
	dotsPerInch           = 150
)

// draw writes a picture of the curves, which have these axes, to a file of the kind that its name says. The names stand above
// the plot, where they hide nothing.
func draw(curves []*curve, a axes, path string) error {
	p, legend := plot.New(), plot.NewLegend()
	p.X.Label.Text = label(a.x)
	p.Y.Label.Text = label(a.y)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	p.X.Min = 0
	for _, style := range []*text.Style{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &legend.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", 10
	}
	p.Add(plotter.NewGrid())
	for i, c := range curves {
		if err := addCurve(p, &legend, c, palette[i%len(palette)]); err != nil {
			return err
		}
	}
	legend.Top, legend.Left = true, true
	legend.Padding = 3
	names := legend.Rectangle(vgdraw.Canvas{}).Size().Y

	canvas, err := newCanvas(filepath.Ext(path), plotHeight+names)
	if err != nil {
		return err
	}
	all := vgdraw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Path())
	inside := vgdraw.Crop(all, margin, -2*margin, margin, -margin)
	legend.Draw(inside)
	p.Draw(vgdraw.Crop(inside, 0, 0, 0, -names-margin))
	return write(path, canvas)
}

type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

func newCanvas(extension string, height vg.Length) (canvas, error) {
	switch strings.ToLower(extension) {
	case ".svg":
		return vgsvg.New(plotWidth, height), nil
	case ".png":
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, height), vgimg.UseDPI(dotsPerInch))}, nil
	}
	return nil, fmt.Errorf("%q is neither .png nor .svg", extension)
}

func write(path string, picture io.WriterTo) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = picture.WriteTo(f)
	return errors.Join(err, f.Close())
}

// addCurve adds a line, its band and its name.
func addCurve(p *plot.Plot, legend *plot.Legend, c *curve, shade color.RGBA) error {
	if c.low != nil {
		back := points(c.steps, c.low)
		slices.Reverse(back)
		outline := append(points(c.steps, c.high), back...)
		band, err := plotter.NewPolygon(outline)
		if err != nil {
			return err
		}
		band.Color = color.NRGBA{shade.R, shade.G, shade.B, 60}
		band.Width = 0
		p.Add(band)
	}
	line, err := plotter.NewLine(points(c.steps, c.mean))
	if err != nil {
		return err
	}
	line.Color, line.Width = shade, vg.Points(1.5)
	p.Add(line)
	if len(c.mean) == 1 { // of which no line can be drawn
		dot, err := plotter.NewScatter(points(c.steps, c.mean))
		if err != nil {
			return err
		}
		dot.GlyphStyle = vgdraw.GlyphStyle{Color: shade, Radius: vg.Points(4), Shape: vgdraw.CircleGlyph{}}
		p.Add(dot)
	}
	legend.Add(shorten(c.name), line)
	return nil
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

// ticks stand at multiples of 1, 2 or 5 times a power of ten, four to ten of them.
type ticks struct{}

func (ticks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, larger := range []float64{5, 2} {
		if (high-low)/(larger*step) >= 4 {
			step *= larger
			break
		}
	}
	var all []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		all = append(all, plot.Tick{Value: i * step, Label: short(i * step)})
	}
	return all
}

// short is a number with k or M for thousands and millions.
func short(x float64) string {
	unit := ""
	switch size := math.Abs(x); {
	case size >= 1e6:
		x, unit = x/1e6, "M"
	case size >= 1e4:
		x, unit = x/1e3, "k"
	}
	return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'g', -1, 64) + unit
}

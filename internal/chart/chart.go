// Package chart draws learning curves: lines with bands, in panels side by side.
package chart

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"slices"
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
var palette = []color.NRGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {90, 90, 90, 255},
}

// Sizes of a picture: of one panel alone, and of each of several.
const (
	aloneWidth, aloneHeight = 8 * vg.Inch, 5 * vg.Inch
	panelWidth, panelHeight = 5 * vg.Inch, 3.4 * vg.Inch
	margin                  = 12 // points around everything: half of the last tick's label fits
	fontSize                = 10
	dotsPerInch             = 150
)

// Panel is a pair of axes with lines; the horizontal one starts at 0.
type Panel struct {
	Title, X, Y string
	Lines       []Line
}

// Line is a curve.
type Line struct {
	Name   string
	Middle plotter.XYs
	Band   plotter.XYs // outline; nil: none
}

// Outline is that of the band between two curves over the same x.
func Outline(low, high plotter.XYs) plotter.XYs {
	back := slices.Clone(low)
	slices.Reverse(back)
	return append(slices.Clone(high), back...)
}

// Draw writes a picture of panels to a .png or .svg. Lines of the same name are of the same colour in all of them; the names stand
// above, where they hide nothing.
func Draw(path string, panels ...Panel) error {
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, 3
	plain(&legend.TextStyle)
	known := make(shades)
	plots := make([]*plot.Plot, len(panels))
	for i := range panels {
		var err error
		if plots[i], err = panels[i].plot(known, &legend); err != nil {
			return err
		}
	}
	names := legend.Rectangle(vgdraw.Canvas{}).Size().Y
	width, height := aloneWidth, aloneHeight
	if n := len(panels); n > 1 {
		width, height = panelWidth*vg.Length(n), panelHeight
	}
	canvas, err := newCanvas(filepath.Ext(path), width, height+names)
	if err != nil {
		return err
	}
	all := vgdraw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Path())
	inside := vgdraw.Crop(all, margin, -2*margin, margin, -margin)
	legend.Draw(inside)
	tiles := vgdraw.Tiles{Rows: 1, Cols: len(panels), PadX: 2 * margin, PadTop: names + margin}
	for i, c := range plot.Align([][]*plot.Plot{plots}, tiles, inside)[0] {
		plots[i].Draw(c)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(f)
	return errors.Join(err, f.Close())
}

type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

func newCanvas(extension string, width, height vg.Length) (canvas, error) {
	switch strings.ToLower(extension) {
	case ".svg":
		return vgsvg.New(width, height), nil
	case ".png":
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))}, nil
	}
	return nil, fmt.Errorf("%q is neither .png nor .svg", extension)
}

func plain(styles ...*text.Style) {
	for _, style := range styles {
		style.Font.Variant, style.Font.Size = "Sans", fontSize
	}
}

// shades are the colours of lines.
type shades map[key]color.NRGBA

// key identifies a line of a panel by its name and its position among the lines of that name.
type key struct {
	name string
	nth  int
}

// plot enters those of the panel's lines in the legend that are not known yet.
func (of *Panel) plot(known shades, legend *plot.Legend) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = of.Title, of.X, of.Y
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	p.X.Min = 0
	plain(&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label)
	p.Add(plotter.NewGrid())
	same := make(map[string]int)
	for _, l := range of.Lines {
		if len(l.Middle) == 0 {
			continue
		}
		k := key{l.Name, same[l.Name]}
		same[l.Name]++
		shade, entered := known[k]
		if !entered {
			shade = palette[len(known)%len(palette)]
			known[k] = shade
		}
		line, err := l.addTo(p, shade)
		if err != nil {
			return nil, err
		}
		if !entered {
			legend.Add(l.Name, line)
		}
	}
	return p, nil
}

// addTo adds the line and its band to p.
func (l *Line) addTo(p *plot.Plot, shade color.NRGBA) (*plotter.Line, error) {
	if len(l.Band) > 0 {
		band, err := plotter.NewPolygon(l.Band)
		if err != nil {
			return nil, err
		}
		band.Color, band.Width = color.NRGBA{shade.R, shade.G, shade.B, 60}, 0
		p.Add(band)
	}
	line, err := plotter.NewLine(l.Middle)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = shade, vg.Points(1.5)
	p.Add(line)
	if len(l.Middle) == 1 { // of which no line can be drawn
		dot, err := plotter.NewScatter(l.Middle)
		if err != nil {
			return nil, err
		}
		dot.GlyphStyle = vgdraw.GlyphStyle{Color: shade, Radius: vg.Points(4), Shape: vgdraw.CircleGlyph{}}
		p.Add(dot)
	}
	return line, nil
}

package results

import (
	"errors"
	"image/color"
	"os"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"covey/bench/stats"
)

// palette is of Okabe and Ito's colours, which colour-blind people can tell apart.
var palette = []color.NRGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}}

// Sizes of a picture.
const (
	panelWidth, panelHeight = 5 * vg.Inch, 3.4 * vg.Inch
	margin                  = 10 // points
	dotsPerInch             = 110
)

// Panel is a part of a picture.
type Panel struct {
	Title, X string // X: what its horizontal axis is called
	Lines    []Line // as many as there are colours at most
}

// Line is a curve with the outline of its band, where it has one.
type Line struct {
	Name         string
	Middle, Band plotter.XYs
}

// Draw makes a picture of panels side by side, in which the same lines are.
func Draw(of []Panel, path string) error {
	legend := newLegend()
	panels := make([]*plot.Plot, len(of))
	for i, p := range of {
		var names *plot.Legend
		if i == 0 {
			names = &legend
		}
		var err error
		if panels[i], err = p.draw(names); err != nil {
			return err
		}
	}
	names := legend.Rectangle(vgdraw.Canvas{}).Size().Y
	canvas := vgimg.NewWith(vgimg.UseWH(panelWidth*vg.Length(len(of)), panelHeight+names), vgimg.UseDPI(dotsPerInch))
	all := vgdraw.New(canvas)
	legend.Draw(vgdraw.Crop(all, 4*margin, 0, 0, -margin))
	tiles := vgdraw.Tiles{Rows: 1, Cols: len(of), PadX: 3 * margin, PadTop: names + 2*margin, PadBottom: margin, PadLeft: margin, PadRight: 2 * margin}
	for i, c := range plot.Align([][]*plot.Plot{panels}, tiles, all)[0] {
		panels[i].Draw(c)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(f)
	return errors.Join(err, f.Close())
}

// newLegend stands above the panels, where it hides nothing.
func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.Top, l.Left = true, true
	plain(&l.TextStyle)
	return l
}

func plain(styles ...*text.Style) {
	for _, style := range styles {
		style.Font.Variant, style.Font.Size = "Sans", 9
	}
}

// ticks are gonum's with short labels.
type ticks struct{ plot.DefaultTicks }

func (t ticks) Ticks(low, high float64) []plot.Tick {
	all := t.DefaultTicks.Ticks(low, high)
	for i := range all {
		if all[i].Label != "" {
			all[i].Label = strconv.FormatFloat(all[i].Value, 'f', -1, 32) // 64 bits would say 0.39999999999999997
		}
	}
	return all
}

// draw enters the panel's lines in the legend, if there is one.
func (of Panel) draw(legend *plot.Legend) (*plot.Plot, error) {
	p := plot.New()
	p.Y.Label.Text = "return"
	p.X.Label.Text = of.X
	p.X.Min = 0
	p.Title.Text = of.Title
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	plain(&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label)
	p.Add(plotter.NewGrid())
	for i, l := range of.Lines {
		if len(l.Middle) == 0 {
			continue
		}
		shade := palette[i]
		if len(l.Band) > 0 {
			area, err := plotter.NewPolygon(l.Band)
			if err != nil {
				return nil, err
			}
			area.Color, area.Width = color.NRGBA{shade.R, shade.G, shade.B, 50}, 0
			p.Add(area)
		}
		line, err := plotter.NewLine(l.Middle)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = shade, vg.Points(1.5)
		p.Add(line)
		if legend != nil {
			legend.Add(l.Name, line)
		}
	}
	return p, nil
}

// curvePoints is how many points a curve over time is drawn with.
const curvePoints = 40

// Over is where a point lies in curves over what the budget is of.
func (b Budget) Over(p Point) float64 {
	if b == Seconds {
		return p.WallS
	}
	return p.Steps
}

// Line is the IQM over seeds of the latest evaluation, from where all seeds have one to where the first of
// them ends; and the outline of its 95 % interval. at: where a point lies.
func (s *Summary) Line(at func(Point) float64) Line {
	middle, band := s.curve(at)
	return Line{Name: s.Label, Middle: middle, Band: band}
}

func (s *Summary) curve(at func(Point) float64) (middle, band plotter.XYs) {
	from, to := 0.0, -1.0
	for _, r := range s.Runs {
		if len(r.Curve) == 0 {
			return nil, nil
		}
		from = max(from, at(r.Curve[0]))
		if last := at(r.Curve[len(r.Curve)-1]); to < 0 || last < to {
			to = last
		}
	}
	var low, high plotter.XYs
	for i := range curvePoints {
		x := from + (to-from)*float64(i)/(curvePoints-1)
		var scores []float64
		for _, r := range s.Runs {
			scores = append(scores, latest(r.Curve, at, x))
		}
		e := stats.IQMInterval(Interval(), stats.Scores{scores})
		middle = append(middle, plotter.XY{X: x, Y: e.Value})
		low, high = append(low, plotter.XY{X: x, Y: e.Low}), append(high, plotter.XY{X: x, Y: e.High})
	}
	slices.Reverse(low)
	return middle, append(high, low...)
}

// latest is the return of the last evaluation at or before x.
func latest(curve []Point, at func(Point) float64, x float64) float64 {
	value := curve[0].Return
	for _, p := range curve {
		if at(p) > x {
			break
		}
		value = p.Return
	}
	return value
}

package results

import (
	"gonum.org/v1/plot/plotter"

	"covey/bench/stats"
	"covey/internal/chart"
)

// curvePoints is how many points a curve over time is drawn with.
const curvePoints = 40

// Over is where a point lies in curves over what the budget is of.
func (b Budget) Over(p Point) float64 {
	if b == Seconds {
		return p.WallS
	}
	return p.Steps
}

// Line is the IQM over seeds of the latest evaluation, with the outline of its 95 % interval where there is one, from where all
// seeds have an evaluation to where the first of them ends; a point alone where that is not later. at: where a point lies.
func (s *Summary) Line(at func(Point) float64) chart.Line {
	middle, band := s.curve(at)
	return chart.Line{Name: s.Label, Middle: middle, Band: band}
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
	points := curvePoints
	if to <= from { // of the seeds that ended before, there is what they came to
		points = 1
	}
	var low, high plotter.XYs
	for i := range points {
		x := from + (to-from)*float64(i)/(curvePoints-1)
		var scores []float64
		for _, r := range s.Runs {
			scores = append(scores, latest(r.Curve, at, x))
		}
		e := stats.IQMInterval(Interval(), stats.Scores{scores})
		middle = append(middle, plotter.XY{X: x, Y: e.Value})
		low, high = append(low, plotter.XY{X: x, Y: e.Low}), append(high, plotter.XY{X: x, Y: e.High})
	}
	if points == 1 || len(s.Runs) == 1 { // a band has a width and a height
		return middle, nil
	}
	return middle, chart.Outline(low, high)
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

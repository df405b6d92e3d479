package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"covey"
	"covey/metrics"
	"covey/train"
)

// curve is a learning curve: one run's, or the mean of several with the lowest and highest among them.
type curve struct {
	name      string
	x         []float64
	mean      []float64 // [x]
	low, high []float64 // [x]; nil: a single run
}

// axes are the columns of a run's table that a curve is made of.
type axes struct{ x, y string }

// usualAxes are those of a learning curve.
var usualAxes = axes{"env_steps", "train_return_mean_100"}

// label is what a picture says of a column.
func label(column string) string {
	switch column {
	case "env_steps":
		return "environment steps"
	case "wall_s":
		return "seconds of training"
	case "train_return_mean_100":
		return "mean return of the last 100 episodes"
	case "eval_return_mean":
		return "mean return of evaluations"
	}
	return strings.ReplaceAll(column, "_", " ")
}

// curvePoints is how many points a mean of runs is taken at.
const curvePoints = 200

// readCurve reads the curve of a run, or of a folder of runs.
func readCurve(dir string, a axes) (*curve, error) {
	name := filepath.ToSlash(filepath.Clean(dir))
	path := filepath.Join(dir, train.ProgressFile)
	if _, err := os.Stat(path); err == nil {
		s, err := readSeries(path, a)
		return &curve{name: name, x: s.x, mean: s.y}, err
	}
	inside, err := filepath.Glob(filepath.Join(dir, "*", train.ProgressFile))
	if err != nil {
		return nil, err
	}
	if len(inside) == 0 {
		return nil, &fs.PathError{Op: "plot", Path: dir, Err: errors.New("neither a run nor a folder of runs: no " + train.ProgressFile)}
	}
	if err := alike(inside); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var all []series
	for _, path := range inside {
		s, err := readSeries(path, a)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	c, err := average(all, a.x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c.name = fmt.Sprintf("%s (%d runs)", name, len(all))
	return c, nil
}

// alike says why the runs with these tables have no mean: not all of them are of one environment and algorithm. A table
// whose configuration is lost goes with any.
func alike(tables []string) error {
	var first, of string
	for _, path := range tables {
		run := filepath.Dir(path)
		cfg, err := covey.RunConfig(run)
		if err != nil {
			continue
		}
		this := cfg.Algo + " in " + cfg.Env
		if first == "" {
			first, of = run, this
		}
		if this != of {
			return fmt.Errorf("%s is %s, and %s is %s, which have no mean; plot them one by one", filepath.Base(first), of, filepath.Base(run), this)
		}
	}
	return nil
}

// series is two columns of one run's table, without the rows that lack either.
type series struct{ x, y []float64 }

// at is y at x, interpolated between the two rows around it.
func (s series) at(x float64) float64 {
	for i, next := range s.x {
		if next < x {
			continue
		}
		if i == 0 || next == x {
			return s.y[i]
		}
		part := (x - s.x[i-1]) / (next - s.x[i-1])
		return s.y[i-1] + part*(s.y[i]-s.y[i-1])
	}
	return s.y[len(s.y)-1]
}

// average is the mean of runs over the part of the x axis, which is named, that all of them cover.
func average(all []series, name string) (*curve, error) {
	from, to := all[0].x[0], all[0].x[len(all[0].x)-1]
	for _, s := range all[1:] {
		from, to = max(from, s.x[0]), min(to, s.x[len(s.x)-1])
	}
	if from > to {
		return nil, fmt.Errorf("its runs have no %s in common: one ends at %.6g, another begins at %.6g; plot them one by one", name, to, from)
	}
	c := &curve{}
	for i := range curvePoints {
		x := from + (to-from)*float64(i)/(curvePoints-1)
		mean, low, high := 0.0, all[0].at(x), all[0].at(x)
		for _, s := range all {
			y := s.at(x)
			mean += y / float64(len(all))
			low, high = min(low, y), max(high, y)
		}
		c.x, c.mean = append(c.x, x), append(c.mean, mean)
		c.low, c.high = append(c.low, low), append(c.high, high)
	}
	return c, nil
}

// readSeries reads two columns of a run's table. Rows lack the mean return before the first episode has ended.
func readSeries(path string, a axes) (s series, err error) {
	rows, err := metrics.ReadColumns(path, a.x, a.y)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		if x, y := row[0], row[1]; !math.IsNaN(x) && !math.IsNaN(y) {
			s.x, s.y = append(s.x, x), append(s.y, y)
		}
	}
	switch {
	case len(s.x) > 0:
		return s, nil
	case a.y == usualAxes.y:
		return s, fmt.Errorf("%s: no episode has ended in this run", path)
	}
	return s, fmt.Errorf("%s: no row has both %s and %s", path, a.x, a.y)
}

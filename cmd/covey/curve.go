package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"covey/metrics"
	"covey/train"
)

// curve is a learning curve: one run's, or the mean of several with the lowest and highest among them.
type curve struct {
	name      string
	steps     []float64
	mean      []float64 // [steps]
	low, high []float64 // [steps]; nil: a single run
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
		steps, returns, err := readSeries(path, a)
		return &curve{name: name, steps: steps, mean: returns}, err
	}
	inside, err := filepath.Glob(filepath.Join(dir, "*", train.ProgressFile))
	if err != nil {
		return nil, err
	}
	if len(inside) == 0 {
		return nil, &fs.PathError{Op: "plot", Path: dir, Err: errors.New("neither a run nor a folder of runs: no " + train.ProgressFile)}
	}
	var all []series
	for _, path := range inside {
		steps, returns, err := readSeries(path, a)
		if err != nil {
			return nil, err
		}
		all = append(all, series{steps, returns})
	}
	c, err := average(all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c.name = fmt.Sprintf("%s (%d runs)", name, len(all))
	return c, nil
}

// series is one run's: of a learning curve, the mean return over its last 100 episodes by environment steps.
type series struct{ steps, returns []float64 }

// at is the return after so many steps, between the two rows around it.
func (s series) at(step float64) float64 {
	for i, x := range s.steps {
		if x < step {
			continue
		}
		if i == 0 || x == step {
			return s.returns[i]
		}
		part := (step - s.steps[i-1]) / (x - s.steps[i-1])
		return s.returns[i-1] + part*(s.returns[i]-s.returns[i-1])
	}
	return s.returns[len(s.returns)-1]
}

// average is the curve of runs over the steps that all of them have made.
func average(all []series) (*curve, error) {
	from, to := all[0].steps[0], all[0].steps[len(all[0].steps)-1]
	for _, s := range all[1:] {
		from, to = max(from, s.steps[0]), min(to, s.steps[len(s.steps)-1])
	}
	if from > to {
		return nil, fmt.Errorf("its runs have no steps in common: one ends at %.6g, another begins at %.6g; plot them one by one", to, from)
	}
	c := &curve{}
	for i := range curvePoints {
		step := from + (to-from)*float64(i)/(curvePoints-1)
		mean, low, high := 0.0, all[0].at(step), all[0].at(step)
		for _, s := range all {
			y := s.at(step)
			mean += y / float64(len(all))
			low, high = min(low, y), max(high, y)
		}
		c.steps, c.mean = append(c.steps, step), append(c.mean, mean)
		c.low, c.high = append(c.low, low), append(c.high, high)
	}
	return c, nil
}

// readSeries reads two columns of a run's table, leaving out rows without a value, such as those before the first episode.
func readSeries(path string, a axes) (steps, returns []float64, err error) {
	rows, err := metrics.ReadColumns(path, a.x, a.y)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		if x, y := row[0], row[1]; !math.IsNaN(x) && !math.IsNaN(y) {
			steps, returns = append(steps, x), append(returns, y)
		}
	}
	if len(steps) == 0 {
		if a.y == usualAxes.y {
			return nil, nil, fmt.Errorf("%s: no episode has ended in this run", path)
		}
		return nil, nil, fmt.Errorf("%s: no row has both %s and %s", path, a.x, a.y)
	}
	return steps, returns, nil
}

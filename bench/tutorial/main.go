// Tutorial trains A3C in VizdoomBasic-v1 by its preset and draws the curve that A3C's tutorials for Doom show: the mean
// reward of the last hundred episodes over the episodes of each of three workers, as it is, and divided by 100, after which they
// call 0.5 optimal.
//
//	covey gym setup doom && make curve-doom
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"gonum.org/v1/plot/plotter"

	"covey/bench/compare"
	"covey/internal/chart"
	"covey/metrics"
)

const workers = 3 // of the preset

func main() {
	covey := flag.String("covey", "./covey", "the built covey command")
	seconds := flag.Float64("seconds", 300, "duration of the run")
	table := flag.String("table", "docs/results/pixels/VizdoomBasic-v1-tutorial.csv", "`file` for the run's progress")
	picture := flag.String("picture", "docs/img/doom.png", "`file` for the curve")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, *covey, *seconds, *table)
	if err == nil {
		err = drawCurve(*table, *picture)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tutorial:", err)
		os.Exit(1)
	}
	fmt.Println(*picture)
}

// run trains and keeps the run's progress in a file.
func run(ctx context.Context, covey string, seconds float64, table string) (err error) {
	if covey, err = filepath.Abs(covey); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	folder := filepath.Join(dir, "run")
	args := []string{"train", "VizdoomBasic-v1", "--algo", "a3c", "--seed", "1", "--json", "--quiet", "--out", folder, "--steps", "0",
		"--seconds", fmt.Sprint(seconds), "--eval-every", "0", "--set", "log_every=2000", "--set", "a3c.anneal_steps=2000000",
		"--set", fmt.Sprintf("a3c.workers=%d", workers)}
	limit := time.Duration(2*seconds)*time.Second + compare.Patience
	if _, err := (compare.Job{Program: covey, Args: args, Limit: limit}).Run(ctx, &struct{}{}); err != nil { // its table says more
		return err
	}
	text, err := os.ReadFile(filepath.Join(folder, "progress.csv"))
	if err != nil {
		return err
	}
	return os.WriteFile(table, text, 0o644)
}

// drawCurve draws a run's progress.
func drawCurve(table, picture string) error {
	rows, err := metrics.ReadColumns(table, "episodes", "train_return_mean_100")
	if err != nil {
		return err
	}
	line := func(scale float64) chart.Line {
		var l chart.Line
		l.Name = fmt.Sprintf("A3C, %d workers", workers)
		for _, row := range rows {
			if episodes, reward := row[0], row[1]; !math.IsNaN(reward) { // as it is before the first episode's end
				l.Middle = append(l.Middle, plotter.XY{X: episodes / workers, Y: scale * reward})
			}
		}
		return l
	}
	const axis = "episodes of each worker"
	return chart.Draw(picture,
		chart.Panel{Title: "mean reward of 100 episodes", X: axis, Y: "return", Lines: []chart.Line{line(1)}},
		chart.Panel{Title: "the same, divided by 100", X: axis, Y: "return", Lines: []chart.Line{line(0.01)}})
}

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
	"path/filepath"
	"time"

	"gonum.org/v1/plot/plotter"

	"covey/bench/compare"
	"covey/internal/chart"
	"covey/metrics"
)

const workers = 3 // of the preset

// options are what was asked for.
type options struct {
	covey          string
	seconds        float64
	table, picture string
}

func main() { os.Exit(compare.Main("tutorial", parse, run)) }

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("tutorial", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.Float64Var(&o.seconds, "seconds", 300, "duration of the run")
	flags.StringVar(&o.table, "table", "docs/results/pixels/VizdoomBasic-v1-tutorial.csv", "`file` for the run's progress")
	flags.StringVar(&o.picture, "picture", "docs/img/doom.png", "`file` for the curve")
	err = compare.ParseFlags(flags, args)
	return o, err
}

func run(ctx context.Context, o options) error {
	if err := o.train(ctx); err != nil {
		return err
	}
	if err := drawCurve(o.table, o.picture); err != nil {
		return err
	}
	fmt.Println(o.picture)
	return nil
}

// train makes the run and keeps its progress in a file.
func (o *options) train(ctx context.Context) (err error) {
	covey, err := filepath.Abs(o.covey)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	folder := filepath.Join(dir, "run")
	args := []string{"train", "VizdoomBasic-v1", "--algo", "a3c", "--seed", "1", "--json", "--quiet", "--out", folder, "--steps", "0",
		"--seconds", fmt.Sprint(o.seconds), "--eval-every", "0", "--set", "log_every=2000", "--set", "a3c.anneal_steps=2000000",
		"--set", fmt.Sprintf("a3c.workers=%d", workers)}
	limit := time.Duration(2*o.seconds)*time.Second + compare.Patience
	if _, err := (compare.Job{Program: covey, Args: args, Limit: limit}).Run(ctx, &struct{}{}); err != nil { // its table says more
		return err
	}
	text, err := os.ReadFile(filepath.Join(folder, "progress.csv"))
	if err != nil {
		return err
	}
	return os.WriteFile(o.table, text, 0o644)
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

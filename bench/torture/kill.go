package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/train"
)

// mostKills is how often one run is killed at most.
const mostKills = 4

// kills kills runs at random instants of their life, resumes them, some of them to be killed again, and compares how
// they end with how one ends that was left alone.
func kills(ctx context.Context, o *options) (rows []row, err error) {
	for i := range victims {
		v := &victims[i]
		w, err := o.whole(ctx, v)
		if err != nil {
			return nil, err
		}
		same, count, writing := 0, 0, 0
		for trial := range o.trials {
			dir := filepath.Join(o.work, "killed")
			equal, killed, during, err := o.killOne(ctx, v, w, dir)
			if err != nil {
				return nil, fmt.Errorf("%s, trial %d: %w", v.name, trial, err)
			}
			count, writing = count+killed, writing+during
			if equal {
				same++
			} else if err := os.Rename(dir, fmt.Sprintf("%s-%d-%d", dir, i, trial)); err != nil { // to be looked at
				return nil, err
			}
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
			compare.Progress("%s: %d of %d end as the one that was left alone, after %d kills, %d of them while a checkpoint was written",
				v.name, same, trial+1, count, writing)
		}
		rows = append(rows, row{
			What: fmt.Sprintf("%s: killed at random instants (%d kills, %d of them while a checkpoint was written) and resumed: same parameters and table as the whole run",
				v.name, count, writing),
			Want: fmt.Sprintf("%d of %d", o.trials, o.trials), Got: fmt.Sprintf("%d of %d", same, o.trials), Passed: same == o.trials,
		})
	}
	return rows, nil
}

// killOne kills one run and resumes it, until it comes to its end. It says whether that is the whole one's, and
// how often it was killed, and how often of these while a checkpoint was written.
func (o *options) killOne(ctx context.Context, v *victim, w *whole, dir string) (equal bool, killed, during int, err error) {
	for again := true; again && killed < mostKills; again = o.rng.Float64() < 0.3 {
		p, err := o.start(ctx, v.goOn(dir)...)
		if err != nil {
			return false, 0, 0, err
		}
		time.Sleep(time.Duration(o.rng.Float64() * float64(w.took)))
		if err := p.kill(); err != nil {
			return false, 0, 0, err
		}
		if finished(dir) {
			break
		}
		killed++
		aside, err := filepath.Glob(filepath.Join(dir, train.CheckpointFolder, ".*"))
		if err != nil {
			return false, 0, 0, err
		}
		if len(aside) > 0 {
			during++
		}
	}
	if !finished(dir) {
		if _, err := o.call(ctx, v.goOn(dir)...); err != nil {
			return false, killed, during, err
		}
	}
	got, err := outcome(dir)
	return strings.TrimSpace(got) == strings.TrimSpace(w.outcome), killed, during, err
}

// finished says whether the run has left its result.
func finished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, train.ResultFile))
	return err == nil
}

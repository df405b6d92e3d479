package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/bench/stats"
	"covey/train"
)

// long are runs that go on until their time is up, with the settings of a user.
var long = []victim{
	{"A3C, CartPole", []string{"CartPole-v1", "--algo", "a3c", "--set", "a3c.anneal_steps=1000000000000"}},
	{"SAC, Pendulum, a replay of 1 M", []string{"Pendulum-v1", "--algo", "sac", "--set", "sac.replay=1000000"}},
}

// mostCost is the share of its steps per second that a run may lose.
const mostCost = 0.02

// costs measures steps per second with checkpoints at the default interval and without, one after the other, in turn
// the one and the other first.
func costs(ctx context.Context, o *options) (rows []row, err error) {
	for _, v := range long {
		var lost, within []float64
		for pair := range o.pairs {
			var speed [2]float64 // with, without
			for i := range 2 {
				without := (i + pair) % 2
				compare.Progress("%s: pair %d, checkpoints: %v", v.name, pair+1, without == 0)
				r, err := o.timed(ctx, &v, without == 1)
				if err != nil {
					return nil, err
				}
				speed[without] = float64(r.EnvSteps) / r.WallS
				if without == 0 {
					within = append(within, 1-speed[0]/r.StepsPerS)
				}
			}
			lost = append(lost, 1-speed[0]/speed[1])
		}
		median := stats.Median(lost)
		rows = append(rows, row{
			What: fmt.Sprintf("%s: steps/s lost to checkpoints every 30 s (median of %d pairs of %v, from %.2f to %.2f %%; waiting for them alone: %.3f %%)",
				v.name, o.pairs, o.length, 100*slices.Min(lost), 100*slices.Max(lost), 100*slices.Max(within)),
			Want: fmt.Sprintf("≤ %g %%", 100*mostCost), Got: fmt.Sprintf("%.2f %%", 100*median), Passed: median <= mostCost,
		})
	}
	return rows, nil
}

// timed runs a long run for the time of a pair's half.
func (o *options) timed(ctx context.Context, v *victim, without bool) (*train.Result, error) {
	dir := filepath.Join(o.work, "timed")
	args := append([]string{"train", "--out", dir, "--quiet", "--json", "--steps", "0", "--seconds", fmt.Sprint(o.length.Seconds()),
		"--eval-every", "0", "--set", "eval.episodes=1", "--set", "solve_at=null"}, v.args...)
	if without {
		args = append(args, "--set", "checkpoint.seconds=0")
	}
	said, err := o.call(ctx, args...)
	if err != nil {
		return nil, err
	}
	r := new(train.Result)
	return r, errors.Join(json.Unmarshal([]byte(said), r), os.RemoveAll(dir))
}

// mostGrowth is how much more memory a run may take at its end than at its beginning.
const mostGrowth = 0.05

// memories watches how much memory runs of both kinds take, side by side.
func memories(ctx context.Context, o *options) (rows []row, err error) {
	samples := make([][]float64, len(long)) // megabytes
	var all []*process
	defer func() {
		for _, p := range all {
			err = errors.Join(err, p.kill())
		}
	}()
	for i, v := range long {
		args := append([]string{"train", "--out", filepath.Join(o.work, fmt.Sprintf("memory%d", i)), "--quiet", "--steps", "0",
			"--seconds", fmt.Sprint(2 * o.memory.Seconds()), "--set", "solve_at=null"}, v.args...)
		if strings.HasPrefix(v.name, "SAC") {
			args = append(args, "--set", "sac.replay=100000") // full within seconds
		}
		p, err := o.start(ctx, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	every := max(o.memory/500, 100*time.Millisecond)
	for began := time.Now(); time.Since(began) < o.memory; time.Sleep(every) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, p := range all {
			mb, err := resident(p.Process.Pid)
			if err != nil {
				return nil, fmt.Errorf("%s: %w: %s", long[i].name, err, strings.TrimSpace(p.said.String()))
			}
			samples[i] = append(samples[i], mb)
		}
		compare.Progress("memory: %v of %v", time.Since(began).Round(time.Second), o.memory)
	}
	for i, x := range samples {
		n := len(x) / 10
		first, last := stats.Mean(x[n:2*n]), stats.Mean(x[len(x)-n:])
		growth := last/first - 1
		rows = append(rows, row{
			What: fmt.Sprintf("%s: resident memory over %v, in the last tenth against the second (%.1f and %.1f MB, at most %.1f)",
				strings.TrimSuffix(long[i].name, ", a replay of 1 M"), o.memory, last, first, slices.Max(x)),
			Want: fmt.Sprintf("≤ +%g %%", 100*mostGrowth), Got: fmt.Sprintf("%+.1f %%", 100*growth), Passed: growth <= mostGrowth,
		})
	}
	return rows, nil
}

// resident is how much of a process lies in memory, in megabytes.
func resident(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(text, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, errors.New("the process has ended")
	}
	kilobytes, err := strconv.ParseFloat(string(fields[0]), 64)
	return kilobytes / 1024, err
}

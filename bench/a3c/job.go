package main

import (
	"context"
	"errors"
	"time"

	"covey/bench/compare"
)

// result is what the programs print.
type result struct {
	StepsPerS     float64 `json:"steps_per_s"`
	Solved        bool    `json:"solved"`
	SolvedAtS     float64 `json:"solved_at_s"`
	SolvedAtSteps int     `json:"solved_at_steps"`
}

// runAll runs the jobs side by side and adds up their speeds.
func runAll(ctx context.Context, jobs []compare.Job) (stepsPerS float64, err error) {
	type answer struct {
		result
		err error
	}
	answers := make(chan answer)
	for _, j := range jobs {
		go func() {
			var r result
			_, err := j.Run(ctx, &r)
			answers <- answer{r, err}
		}()
	}
	for range jobs {
		a := <-answers
		stepsPerS += a.StepsPerS
		err = errors.Join(err, a.err)
	}
	return stepsPerS, err
}

func (r *row) fail(err error) {
	if r.Err == "" {
		r.Err = err.Error()
	}
}

func (r *row) measureSpeed(ctx context.Context, seed uint64) {
	jobs := r.speed(seed)
	r.Command = jobs[0].Line()
	speed, err := runAll(ctx, jobs)
	if err != nil {
		r.fail(err)
		return
	}
	r.StepsPerS = append(r.StepsPerS, speed)
}

func (r *row) measureSolve(ctx context.Context, seed uint64) {
	j := r.solve(seed)
	if r.python {
		j.Watch = time.Second / 2
		r.Command = j.Line()
	}
	var got result
	seen, err := j.Run(ctx, &got)
	if err != nil {
		r.fail(err)
		return
	}
	if r.python {
		r.StepsPerS = append(r.StepsPerS, got.StepsPerS)
		r.PeakBytes = max(r.PeakBytes, seen.PeakBytes)
	}
	r.Solves = append(r.Solves, solving{Seed: seed, Solved: got.Solved, Seconds: got.SolvedAtS, Steps: got.SolvedAtSteps, ProcessS: seen.Seconds})
}

// measureMemory runs once more, with so close a watch that a run of a tenth of a second is seen, and slowed.
func (r *row) measureMemory(ctx context.Context) {
	j := r.solve(1)
	j.Watch = time.Millisecond
	seen, err := j.Run(ctx, new(result))
	if err != nil {
		r.fail(err)
		return
	}
	r.PeakBytes = seen.PeakBytes
}

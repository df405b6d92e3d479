package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// job is one run of a program that prints its result as JSON.
type job struct {
	dir     string // where it runs
	program string
	args    []string
	env     []string      // beside the environment of this process
	watch   time.Duration // between two looks at its memory; 0: never
}

// result is what the programs print, and what is seen from outside.
type result struct {
	StepsPerS     float64 `json:"steps_per_s"`
	Solved        bool    `json:"solved"`
	SolvedAtS     float64 `json:"solved_at_s"`
	SolvedAtSteps int     `json:"solved_at_steps"`

	processS  float64
	peakBytes uint64
}

// A peer that has not solved the environment after this long is not waited for.
const patience = 5 * time.Minute

// handicaps are variables that make OpenBLAS, and so NumPy, slower than it is.
var handicaps = []string{"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS"}

func environment(extra []string) []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(handicaps, name)
	})
	return append(kept, extra...)
}

// run runs the job to its end.
func (j job) run(ctx context.Context) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, j.program, j.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = j.dir, &stdout, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // its own children end with it
	cmd.WaitDelay = 5 * time.Second
	start := time.Now()
	cmd.Env = append(environment(j.env), fmt.Sprintf("COVEY_BENCH_START=%d", start.UnixNano()))
	var r result
	if err := cmd.Start(); err != nil {
		return r, err
	}
	peak := watchMemory(cmd.Process.Pid, j.watch)
	err := cmd.Wait()
	r.processS = time.Since(start).Seconds()
	r.peakBytes = peak()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return r, fmt.Errorf("not done after %v", patience)
	case err != nil:
		return r, fmt.Errorf("%w: %s", err, lastLine(stderr.Bytes()))
	}
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		return r, fmt.Errorf("its result: %w", err)
	}
	return r, nil
}

func lastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}

// line is the job as one would type it, with nothing of this machine in it.
func (j job) line() string {
	return strings.Join(slices.Concat(j.env, []string{filepath.Base(j.program)}, j.args), " ")
}

// runAll runs the jobs side by side and adds up their speeds.
func runAll(ctx context.Context, jobs []job) (stepsPerS float64, err error) {
	type answer struct {
		result
		err error
	}
	answers := make(chan answer)
	for _, j := range jobs {
		go func() {
			r, err := j.run(ctx)
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
	r.Command = jobs[0].line()
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
		j.watch = time.Second / 2
		r.Command = j.line()
	}
	got, err := j.run(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	if r.python {
		r.StepsPerS = append(r.StepsPerS, got.StepsPerS)
		r.PeakBytes = max(r.PeakBytes, got.peakBytes)
	}
	r.Solves = append(r.Solves, solving{Seed: seed, Solved: got.Solved, Seconds: got.SolvedAtS, Steps: got.SolvedAtSteps, ProcessS: got.processS})
}

// measureMemory runs once more, with so close a watch that a run of a tenth of a second is seen, and slowed.
func (r *row) measureMemory(ctx context.Context) {
	j := r.solve(1)
	j.watch = time.Millisecond
	got, err := j.run(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	r.PeakBytes = got.peakBytes
}

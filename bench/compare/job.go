package compare

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

// Job is one run of a program that prints its result as JSON.
type Job struct {
	Dir     string // where it runs
	Program string
	Args    []string
	Env     []string      // beside the environment of this process
	Watch   time.Duration // between two looks at its memory; 0: never
	Limit   time.Duration // after which it is not waited for; 0: Patience
}

// Seen is what is seen of a run from outside.
type Seen struct {
	Seconds   float64 // from its start to its end
	PeakBytes uint64  // of all its processes, pages that they share counted once
}

// Patience is how long a run is waited for.
const Patience = 5 * time.Minute

// handicaps are variables that make OpenBLAS, and so NumPy, slower than it is. Jobs run without them.
var handicaps = []string{"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS"}

func environment(extra []string) []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(handicaps, name)
	})
	return append(kept, extra...)
}

// Run runs the job to its end and reads what it printed into result. The program finds the time of its start
// in COVEY_BENCH_START, in nanoseconds since 1970.
func (j Job) Run(ctx context.Context, result any) (Seen, error) {
	limit := j.Limit
	if limit == 0 {
		limit = Patience
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, j.Program, j.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = j.Dir, &stdout, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // its own children end with it
	cmd.WaitDelay = 5 * time.Second
	start := time.Now()
	cmd.Env = append(environment(j.Env), fmt.Sprintf("COVEY_BENCH_START=%d", start.UnixNano()))
	var s Seen
	if err := cmd.Start(); err != nil {
		return s, err
	}
	peak := watchMemory(cmd.Process.Pid, j.Watch)
	err := cmd.Wait()
	s.Seconds = time.Since(start).Seconds()
	s.PeakBytes = peak()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return s, fmt.Errorf("not done after %v", limit)
	case err != nil:
		return s, fmt.Errorf("%w: %s", err, lastLine(stderr.Bytes()))
	}
	if err := json.Unmarshal(stdout.Bytes(), result); err != nil {
		return s, fmt.Errorf("its result: %w", err)
	}
	return s, nil
}

func lastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}

// Line is the job as one would type it, with nothing of this machine in it.
func (j Job) Line() string {
	return strings.Join(slices.Concat(j.Env, []string{filepath.Base(j.Program)}, j.Args), " ")
}

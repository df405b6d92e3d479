package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"covey/bench/compare"
)

// compile builds RLtools' SAC for a size.
func (t *tools) compile(ctx context.Context, s size, steps int) error {
	args := []string{"-std=c++17", "-Ofast", "-march=native",
		fmt.Sprintf("-DWANT_HIDDEN=%d", s.Hidden), fmt.Sprintf("-DWANT_BATCH=%d", s.Batch), fmt.Sprintf("-DWANT_STEPS=%d", steps),
		"-DRL_TOOLS_BACKEND_ENABLE_OPENBLAS", "-DRL_TOOLS_DISABLE_HDF5", "-DRL_TOOLS_DISABLE_TENSORBOARD",
		"-I" + filepath.Join(t.rltools, "include"), filepath.Join(t.dir, "peers", "rltools.cpp"), "-o", t.rltoolsProgram(s)}
	args = append(append(args, strings.Fields(t.blas)...), "-lpthread")
	if out, err := exec.CommandContext(ctx, "g++", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile RLtools (-blas says where OpenBLAS is): %w\n%s", err, out)
	}
	return nil
}

func (t *tools) rltoolsProgram(s size) string {
	return filepath.Join(t.dir, fmt.Sprintf("rltools-%d", s.Hidden))
}

// errNoRLtools is why there are no figures of RLtools.
var errNoRLtools = errors.New("not here: RLTOOLS names no folder with its source")

// runRLtools trains once, with OpenBLAS's fastest kernels for AVX-512 on one thread.
func (t *tools) runRLtools(ctx context.Context, s size, seed int) (peer, compare.Seen, string, error) {
	var got peer
	if t.rltools == "" {
		return got, compare.Seen{}, "", errNoRLtools
	}
	env := []string{"OMP_NUM_THREADS=1"}
	if compare.HasAVX512() {
		env = append(env, "OPENBLAS_CORETYPE=SkylakeX")
	}
	j := compare.Job{Dir: t.dir, Program: t.rltoolsProgram(s), Args: []string{strconv.Itoa(seed)}, Env: env}
	seen, err := j.Run(ctx, &got)
	return got, seen, j.Line(), err
}

func (t *tools) rltoolsLoop(r *report) *source {
	row := &updating{Name: rltoolsName, Cores: 1, Size: large, Loop: true}
	r.Updates = append(r.Updates, row)
	return failing(&source{name: "RLtools", rounds: t.rounds, kind: needsRLtools,
		run: func(ctx context.Context, round int) error {
			got, _, command, err := t.runRLtools(ctx, large, round)
			row.Command = command
			row.Seconds = append(row.Seconds, got.LoopS...)
			return err
		}}, &row.Err)
}

func (t *tools) rltoolsWhole(r *report) *source {
	row := &whole{Name: "RLtools", Cores: 1}
	r.Whole = append(r.Whole, row)
	return failing(&source{name: "RLtools 10,000 steps", rounds: t.rounds, kind: needsRLtools,
		run: func(ctx context.Context, round int) error {
			got, seen, command, err := t.runRLtools(ctx, small, round)
			if err != nil {
				return err
			}
			row.Command = command
			row.Seconds, row.Returns = append(row.Seconds, seen.Seconds), append(row.Returns, got.Return)
			return nil
		}}, &row.Err)
}

const rltoolsName = "RLtools loop"

// What was measured of RLtools 9acdf5c with OpenBLAS's SkylakeX kernels where the peak was that high.
const (
	knownUpdate = 2.95e-3 // seconds at the large size
	knownPeak   = 287     // GFLOP/s, one core
)

// estimate gives RLtools' row, where its source is missing, the time that was measured elsewhere, scaled by the
// peaks of both machines.
func (r *report) estimate(o options) {
	if o.rltools != "" || r.PeakGFLOPS == 0 {
		return
	}
	for _, row := range r.Updates {
		if row.Name == rltoolsName && row.Err == errNoRLtools.Error() {
			row.Err = ""
			row.Seconds = []float64{knownUpdate * knownPeak / r.PeakGFLOPS}
			row.Note = fmt.Sprintf("estimate, its source is not here: %.2f ms, measured where the peak is %d GFLOP/s, × %d/%.0f",
				1e3*knownUpdate, knownPeak, knownPeak, r.PeakGFLOPS)
		}
	}
}

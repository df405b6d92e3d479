package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/bench/stats"
)

//go:embed peers/sac.py peers/zoo.py peers/rltools.cpp
var programs embed.FS

// size is that of the networks' two hidden layers and of the batch.
type size struct{ Hidden, Batch int }

func (s size) String() string { return fmt.Sprintf("%d-%d, %d", s.Hidden, s.Hidden, s.Batch) }

// The sizes that are compared.
var (
	large = size{256, 256}
	small = size{64, 100}
)

// megaflop is the least that one update needs with observations of 3 and actions of 1: its products alone.
var megaflop = map[size]float64{large: 546, small: 14.0}

// updating is a line of the table of updates.
type updating struct {
	Name    string
	Cores   int // 0: as many as it takes
	Size    size
	Loop    bool      // acting and sampling are in the time
	Seconds []float64 // of one update
	Note    string    // where the figure comes from if it was not measured here
	Command string
	Err     string
}

// whole is a line of the table of whole runs of 10,000 steps.
type whole struct {
	Name    string
	Cores   int
	Seconds []float64 // from the process's start to its end
	Returns []float64 // mean of 100 evaluation episodes, by seed
	Command string
	Err     string
}

// solving is a line of the table of runs until solved.
type solving struct {
	Name    string
	Cores   int
	Seconds []float64 // since the process's start, of the seeds that solved it
	Steps   []float64 // environment steps until then
	Seeds   int
	Command string
	Err     string
}

// source is what measures one row or several.
type source struct {
	name   string
	rounds int
	kind   string // what prepare must make
	run    func(ctx context.Context, round int) error
	fail   func(error)
	failed bool
}

// What sources need.
const (
	needsKernel  = "kernel benchmarks"
	needsUpdate  = "update benchmarks"
	needsCovey   = "covey"
	needsPython  = "Python"
	needsRLtools = "RLtools"
)

// tools are what the sources use.
type tools struct {
	options
	dir    string // of this comparison; removed in the end
	python string
}

// failing makes a source's failure the rows'.
func failing(s *source, rows ...*string) *source {
	s.fail = func(err error) {
		s.failed = true
		for _, row := range rows {
			*row = err.Error()
		}
	}
	return s
}

// sources are the rows that were asked for; what they measure goes to the report.
func (t *tools) sources(r *report) []*source {
	peak := failing(&source{name: "peak", rounds: t.rounds, kind: needsKernel,
		run: func(ctx context.Context, _ int) error {
			all, err := t.benchmark(ctx, "kernel", "^BenchmarkPeak$", "0.2s")
			for _, b := range all {
				r.PeakGFLOPS = max(r.PeakGFLOPS, slices.Max(b.Values["GFLOP/s"]))
			}
			return err
		}}, &r.PeakErr)
	sources := []*source{peak}
	add := func(s *source) {
		named := func(beginning string) bool { return strings.HasPrefix(s.name, beginning) }
		if t.options.rows == nil || slices.ContainsFunc(t.options.rows, named) {
			sources = append(sources, s)
		}
	}
	for _, s := range []size{large, small} {
		for _, cores := range []int{1, 2} {
			add(t.update(r, s, cores))
		}
	}
	for _, cores := range []int{1, 2} {
		add(t.loop(r, cores))
	}
	add(t.torch(r, 1))
	add(t.torch(r, 2))
	add(t.zoo(r, "SB3", 1))
	add(t.zoo(r, "SBX", 1))
	add(t.zoo(r, "SBX", 0))
	add(t.rltoolsLoop(r))
	for _, cores := range []int{1, 2} {
		add(t.tenThousand(r, cores))
	}
	add(t.rltoolsWhole(r))
	for _, cores := range []int{1, 2} {
		add(t.solve(r, cores))
	}
	add(failing(&source{name: "replay", rounds: 1, run: func(context.Context, int) error {
		r.Memory = measureReplay()
		return nil
	}}))
	return sources
}

// prepare builds and installs what the sources need.
func (t *tools) prepare(ctx context.Context, sources []*source) error {
	if err := os.CopyFS(t.dir, programs); err != nil {
		return err
	}
	needs := func(kind string) bool {
		return slices.ContainsFunc(sources, func(s *source) bool { return s.kind == kind })
	}
	for kind, folder := range map[string]string{needsKernel: "internal/kernel", needsUpdate: "algo/sac"} {
		if !needs(kind) {
			continue
		}
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", filepath.Join(t.dir, filepath.Base(folder)+".test"), "covey/"+folder)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build the %s: %w\n%s", kind, err, out)
		}
	}
	if needs(needsCovey) {
		if _, err := os.Stat(t.covey); err != nil {
			return fmt.Errorf("-covey: %w (make build makes ./covey)", err)
		}
	}
	if needs(needsRLtools) && t.rltools != "" {
		if err := errors.Join(t.compile(ctx, large, loopSteps), t.compile(ctx, small, 10_000)); err != nil {
			return err
		}
	}
	if !needs(needsPython) {
		return nil
	}
	var err error
	t.python, err = compare.Python(ctx)
	return err
}

// benchmark runs benchmarks of a test program once.
func (t *tools) benchmark(ctx context.Context, program, pattern, benchtime string) ([]*compare.Benchmark, error) {
	return compare.GoBench(ctx, t.dir, filepath.Join(t.dir, program+".test"), "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", benchtime)
}

// update measures covey's update alone, by the algorithm's own benchmark.
func (t *tools) update(r *report, s size, cores int) *source {
	row := &updating{Name: "covey update", Cores: cores, Size: s}
	r.Updates = append(r.Updates, row)
	pattern := fmt.Sprintf("^BenchmarkUpdate$/^%d-%dx%d$/^cores=%d$", s.Hidden, s.Hidden, s.Batch, cores)
	row.Command = fmt.Sprintf("go test -run '^$' -bench '%s' ./algo/sac", pattern)
	return failing(&source{name: row.Name, rounds: t.rounds, kind: needsUpdate,
		run: func(ctx context.Context, _ int) error {
			all, err := t.benchmark(ctx, "sac", pattern, t.benchtime)
			if err != nil {
				return err
			}
			row.Seconds = append(row.Seconds, stats.Median(all[0].Values["ns/op"])/1e9)
			return nil
		}}, &row.Err)
}

// trained is what covey train prints.
type trained struct {
	EnvSteps      float64 `json:"env_steps"`
	Updates       float64 `json:"updates"`
	StepsPerS     float64 `json:"steps_per_s"`
	Solved        bool    `json:"solved"`
	SolvedAtS     float64 `json:"solved_at_s"`
	SolvedAtSteps float64 `json:"solved_at_steps"`
	Eval          struct {
		Mean float64 `json:"mean"`
	} `json:"eval"`
}

// train is a run of covey's SAC on so many cores.
func (t *tools) train(cores int, seed int, folder string, args ...string) compare.Job {
	common := []string{"train", "Pendulum-v1", "--algo", "sac", "--json", "--quiet", "--seed", strconv.Itoa(seed),
		"--out", fmt.Sprintf("runs/%s-%d-%d", folder, cores, seed)}
	return compare.Job{Dir: t.dir, Program: t.covey, Args: append(common, args...), Env: []string{fmt.Sprintf("GOMAXPROCS=%d", cores)}}
}

// settings are those that all who are compared have in common.
func settings(s size, steps int, rate float64) []string {
	args := []string{"--preset", "none", "--eval-every", "0", "--steps", strconv.Itoa(steps)}
	for _, set := range []string{
		fmt.Sprintf("network.hidden=[%d,%d]", s.Hidden, s.Hidden), fmt.Sprintf("batch=%d", s.Batch), fmt.Sprintf("warmup=%d", s.Batch),
		fmt.Sprintf("replay=%d", steps), fmt.Sprintf("learning_rate=%g", rate),
	} {
		args = append(args, "--set", "sac."+set)
	}
	return args
}

// Environment steps of a measurement of the loop at the large size.
const loopSteps = 1500

// loop measures covey's whole loop: acting, sampling and an update at each step.
func (t *tools) loop(r *report, cores int) *source {
	row := &updating{Name: "covey loop", Cores: cores, Size: large, Loop: true}
	r.Updates = append(r.Updates, row)
	return failing(&source{name: row.Name, rounds: t.rounds, kind: needsCovey,
		run: func(ctx context.Context, round int) error {
			j := t.train(cores, round, "loop", settings(large, loopSteps, 3e-4)...)
			row.Command = j.Line()
			var got trained
			if _, err := j.Run(ctx, &got); err != nil {
				return err
			}
			row.Seconds = append(row.Seconds, got.EnvSteps/got.StepsPerS/got.Updates)
			return nil
		}}, &row.Err)
}

// tenThousand runs covey for 10,000 steps at the small size, from the start of the process to its end.
func (t *tools) tenThousand(r *report, cores int) *source {
	row := &whole{Name: "covey", Cores: cores}
	r.Whole = append(r.Whole, row)
	return failing(&source{name: "covey 10,000 steps", rounds: t.rounds, kind: needsCovey,
		run: func(ctx context.Context, round int) error {
			j := t.train(cores, round, "whole", settings(small, 10_000, 1e-3)...)
			row.Command = j.Line()
			var got trained
			seen, err := j.Run(ctx, &got)
			if err != nil {
				return err
			}
			row.Seconds, row.Returns = append(row.Seconds, seen.Seconds), append(row.Returns, got.Eval.Mean)
			return nil
		}}, &row.Err)
}

// solve trains by the preset until an evaluation, made every 1,000 steps, reaches −150.
func (t *tools) solve(r *report, cores int) *source {
	row := &solving{Name: "covey, preset", Cores: cores}
	r.Solving = append(r.Solving, row)
	return failing(&source{name: "covey until solved", rounds: t.seeds, kind: needsCovey,
		run: func(ctx context.Context, round int) error {
			j := t.train(cores, round, "solve", "--until-solved", "--eval-every", "1000", "--set", "solve_at=-150", "--steps", "100000")
			row.Command = j.Line()
			var got trained
			if _, err := j.Run(ctx, &got); err != nil {
				return err
			}
			row.Seeds++
			if got.Solved {
				row.Seconds, row.Steps = append(row.Seconds, got.SolvedAtS), append(row.Steps, got.SolvedAtSteps)
			}
			return nil
		}}, &row.Err)
}

// peer is what the peers print: seconds of each measurement.
type peer struct {
	UpdateS []float64 `json:"update_s"`
	LoopS   []float64 `json:"loop_s"`
	Return  float64   `json:"return"`
}

// pythonPeer is a peer in Python, which measures its update and its loop in one process.
func (t *tools) pythonPeer(r *report, name string, cores int, env, args []string) *source {
	update := &updating{Name: name + " update", Cores: cores, Size: large}
	loop := &updating{Name: name + " loop", Cores: cores, Size: large, Loop: true}
	r.Updates = append(r.Updates, update, loop)
	return failing(&source{name: name, rounds: t.peers, kind: needsPython,
		run: func(ctx context.Context, round int) error {
			j := compare.Job{Dir: t.dir, Program: t.python, Env: env, Args: append(slices.Clone(args), "--seed", strconv.Itoa(round), "--updates", strconv.Itoa(t.options.updates)), Limit: 10 * time.Minute}
			update.Command, loop.Command = j.Line(), j.Line()
			var got peer
			if _, err := j.Run(ctx, &got); err != nil {
				return err
			}
			update.Seconds, loop.Seconds = append(update.Seconds, got.UpdateS...), append(loop.Seconds, got.LoopS...)
			return nil
		}}, &update.Err, &loop.Err)
}

func (t *tools) torch(r *report, threads int) *source {
	n := strconv.Itoa(threads)
	return t.pythonPeer(r, "PyTorch", threads, []string{"OMP_NUM_THREADS=" + n}, []string{"peers/sac.py", "--threads", n})
}

// zoo is SB3 or SBX; cores is 1, or 0 for all that XLA takes.
func (t *tools) zoo(r *report, name string, cores int) *source {
	return t.pythonPeer(r, name, cores, []string{"OMP_NUM_THREADS=1"}, []string{"peers/zoo.py", strings.ToLower(name), "--cores", strconv.Itoa(cores)})
}

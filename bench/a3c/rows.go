package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"covey/bench/compare"
)

//go:embed reference/a3c.c peers/a3c.py peers/sb3.py
var sources embed.FS

// row is a line of the table: something that learns CartPole-v1, how it is run, and what came out.
type row struct {
	Name    string // what runs
	Workers int    // processes or goroutines that learn at once
	Envs    int    // environments per worker

	python bool                            // takes tens of seconds, and tells its speed while it solves
	speed  func(seed uint64) []compare.Job // jobs that run side by side, whose speeds add up; nil: see solve
	solve  func(seed uint64) compare.Job   // trains until solved; nil: does not learn

	Command   string    // of one run
	StepsPerS []float64 // environment steps a second, training only
	Solves    []solving
	PeakBytes uint64 // of a run, all its processes, pages that they share counted once
	Err       string // the first failure
}

// solving is one attempt to solve the environment.
type solving struct {
	Seed     uint64
	Solved   bool
	Seconds  float64 // since the process started, until the mean of the last 100 training returns was 475
	Steps    int     // environment steps until then
	ProcessS float64 // the whole process, from its start to its end, as seen from here
}

func (r *row) title() string { return fmt.Sprintf("%s, %d × %d", r.Name, r.Workers, r.Envs) }

// tools are what the rows need: built programs and folders.
type tools struct {
	dir    string // of this comparison; removed in the end
	covey  string
	c      string // the compiled reference
	python string
}

// The updates' orders, the default first.
var orders = []string{"ordered", "async", "sync"}

// Environments per worker: the paper's, the preset's, and where the products are large.
var envsPerWorker = []int{1, 4, 16}

// rows lists the rows that were asked for, and prepares what they need.
func (t *tools) rows(ctx context.Context, o options) ([]*row, error) {
	var rows []*row
	for _, workers := range o.workers {
		for _, envs := range envsPerWorker {
			for _, order := range orders {
				rows = append(rows, t.coveyRow(order, workers, envs, o.steps))
			}
		}
	}
	for _, workers := range o.workers {
		for _, mode := range []string{"act", "recompute", "keep"} {
			rows = append(rows, t.referenceRow(mode, workers, o.steps))
		}
	}
	for _, workers := range o.workers {
		rows = append(rows, t.torchRow(workers))
	}
	for _, name := range []string{"SB3 A2C", "SB3 PPO", "SBX PPO"} {
		rows = append(rows, t.zooRow(name))
	}
	rows = slices.DeleteFunc(rows, func(r *row) bool {
		named := func(beginning string) bool { return strings.HasPrefix(r.Name, beginning) }
		return o.rows != nil && !slices.ContainsFunc(o.rows, named)
	})
	if len(rows) == 0 {
		return nil, fmt.Errorf("-rows %s: no row's name begins so", strings.Join(o.rows, ","))
	}
	return rows, t.prepare(ctx, rows)
}

// prepare compiles the reference and makes the Python environment, where a row needs them.
func (t *tools) prepare(ctx context.Context, rows []*row) error {
	if err := os.CopyFS(t.dir, sources); err != nil {
		return err
	}
	needs := func(beginning string) bool {
		return slices.ContainsFunc(rows, func(r *row) bool { return strings.HasPrefix(r.Name, beginning) })
	}
	if needs("covey") {
		if _, err := os.Stat(t.covey); err != nil {
			return fmt.Errorf("-covey: %w (make build makes ./covey)", err)
		}
	}
	if needs("C ") {
		if err := t.compile(ctx); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(rows, func(r *row) bool { return r.python }) {
		var err error
		if t.python, err = compare.Python(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compile builds the C reference and lets it check its gradient.
func (t *tools) compile(ctx context.Context) error {
	source := filepath.Join(t.dir, "reference", "a3c.c")
	t.c = filepath.Join(t.dir, "reference", "a3c")
	build := exec.CommandContext(ctx, "gcc", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", source, "-o", t.c, "-lm")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the C reference: %w\n%s", err, out)
	}
	if out, err := exec.CommandContext(ctx, t.c, "check").CombinedOutput(); err != nil {
		return fmt.Errorf("the C reference finds its own gradient wrong: %w\n%s", err, out)
	}
	return nil
}

// coveyRow is covey by its preset for CartPole-v1, with other workers, environments and order.
func (t *tools) coveyRow(order string, workers, envs, steps int) *row {
	runs := 0
	run := func(seed uint64, args ...string) compare.Job {
		runs++
		common := []string{"train", "CartPole-v1", "--json", "--quiet", "--update", order, "--workers", strconv.Itoa(workers),
			"--set", "a3c.envs=" + strconv.Itoa(envs), "--seed", strconv.FormatUint(seed, 10),
			"--out", fmt.Sprintf("runs/%s-%d-%d-%d", order, workers, envs, runs)}
		return compare.Job{Dir: t.dir, Program: t.covey, Args: append(common, args...)}
	}
	return &row{Name: "covey " + order, Workers: workers, Envs: envs,
		speed: func(seed uint64) []compare.Job {
			return []compare.Job{run(seed, "--eval-every", "0", "--steps", strconv.Itoa(steps))}
		},
		solve: func(seed uint64) compare.Job { return run(seed, "--until-solved") },
	}
}

// referenceRow is the C reference, once per worker: its processes share nothing.
func (t *tools) referenceRow(mode string, workers, steps int) *row {
	run := func(seed uint64, args ...string) compare.Job {
		return compare.Job{Dir: t.dir, Program: t.c, Args: append([]string{mode, "-seed", strconv.FormatUint(seed, 10)}, args...)}
	}
	names := map[string]string{"act": "C acting only", "recompute": "C running forward twice", "keep": "C keeping activations"}
	r := &row{Name: names[mode], Workers: workers, Envs: 1,
		speed: func(seed uint64) []compare.Job {
			var jobs []compare.Job
			for w := range workers {
				jobs = append(jobs, run(seed*100+uint64(w), "-steps", strconv.Itoa(steps)))
			}
			return jobs
		},
	}
	if mode != "act" && workers == 1 {
		r.solve = func(seed uint64) compare.Job { return run(seed, "-until-solved") }
	}
	return r
}

// oneThread is what the peers are given for each process: with more, PyTorch is slower on networks this
// small, and several times slower where anything else runs.
var oneThread = []string{"OMP_NUM_THREADS=1"}

// torchRow is A3C in PyTorch, a process per worker.
func (t *tools) torchRow(workers int) *row {
	return &row{Name: "PyTorch A3C", Workers: workers, Envs: 1, python: true,
		solve: func(seed uint64) compare.Job {
			return compare.Job{Dir: t.dir, Program: t.python, Env: oneThread, Args: []string{"peers/a3c.py",
				"--until-solved", "--workers", strconv.Itoa(workers), "--seed", strconv.FormatUint(seed, 10)}}
		},
	}
}

// zooRow is an algorithm of Stable-Baselines3 or SBX with the settings of the zoo.
func (t *tools) zooRow(name string) *row {
	return &row{Name: name, Workers: 1, Envs: 8, python: true,
		solve: func(seed uint64) compare.Job {
			return compare.Job{Dir: t.dir, Program: t.python, Env: oneThread, Args: []string{"peers/sb3.py",
				strings.ReplaceAll(strings.ToLower(name), " ", "-"), "--until-solved", "--seed", strconv.FormatUint(seed, 10)}}
		},
	}
}

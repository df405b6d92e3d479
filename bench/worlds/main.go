// Worlds measures how fast covey learns in environments that are not its own, and in pixels: environment steps a second
// of whole runs by the presets, with acting, learning and the environments on all cores, in turns with what Python's users
// would run. What starts once is not in it: the first quarter of each run's time is left out, as the peers warm up.
//
//	covey gym setup atari doom mujoco && make bench-worlds
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/bench/stats"
	"covey/metrics"
)

var (
	//go:embed sac.py
	sbx string
	//go:embed a3c.py
	pytorch string
)

// world is a preset, and its peers.
type world struct {
	env, algo, variant string
	note               string
	every              int // steps between two looks at the clock
	peers              []*peer

	rates []float64 // steps/s of each round
	peak  uint64    // bytes of covey and its children
}

// peer is a program that prints the steps per second with the same network and settings.
type peer struct {
	name, program string
	args          []string

	rates []float64
}

func worlds() []*world {
	return []*world{
		{env: "HalfCheetah-v5", algo: "sac", note: "an update per step", every: 50, peers: []*peer{{name: "SBX", program: sbx}}},
		{env: "ALE/Pong-v5", algo: "a3c", variant: "nosticky", note: "42×42, four convolutions and an LSTM, two workers of four games", every: 500, peers: []*peer{
			{name: "PyTorch A3C, two processes of four games", program: pytorch, args: []string{"--games", "4"}},
			{name: "of one game, as is usual", program: pytorch},
		}},
		{env: "VizdoomBasic-v1", algo: "a3c", note: "160×120 shown at 84×84, three workers", every: 500},
		{env: "MinAtar/Breakout-v1", algo: "a3c", note: "16 filters, two workers", every: 10_000},
	}
}

// options are what was asked for.
type options struct {
	covey   string
	rows    string
	rounds  int
	seconds float64
}

func main() { os.Exit(compare.Main("worlds", parse, run)) }

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("worlds", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&o.rows, "rows", "", "beginning of the `name` of the environments to run (default all)")
	flags.IntVar(&o.rounds, "rounds", 3, "measurements of each; the table has their medians")
	flags.Float64Var(&o.seconds, "seconds", 20, "duration of one measurement")
	err = compare.ParseFlags(flags, args)
	return o, err
}

func run(ctx context.Context, o options) (err error) {
	if o.rounds < 1 || o.seconds <= 0 {
		return fmt.Errorf("-rounds %d, -seconds %v", o.rounds, o.seconds)
	}
	if o.covey, err = filepath.Abs(o.covey); err != nil {
		return err
	}
	var rows []*world
	for _, w := range worlds() {
		if strings.HasPrefix(w.env, o.rows) {
			rows = append(rows, w)
		}
	}
	python := ""
	if slices.ContainsFunc(rows, func(w *world) bool { return w.peers != nil }) {
		if python, err = compare.Python(ctx); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	machine := compare.ThisMachine(ctx, o.covey)
	for round := 1; round <= o.rounds; round++ {
		for _, w := range rows {
			compare.Progress("round %d of %d: %s, covey", round, o.rounds, w.env)
			if err := w.covey(ctx, o, filepath.Join(dir, fmt.Sprint(round), w.env), round); err != nil {
				return fmt.Errorf("%s, covey: %w", w.env, err)
			}
			for _, p := range w.peers {
				compare.Progress("round %d of %d: %s, %s", round, o.rounds, w.env, p.name)
				if err := p.run(ctx, python, o.seconds, round); err != nil {
					return fmt.Errorf("%s, %s: %w", w.env, p.name, err)
				}
			}
		}
	}
	compare.Progress("")
	fmt.Printf("%s. Medians of %d rounds of %g s.\n\n%s", machine, o.rounds, o.seconds, table(rows))
	return nil
}

// covey runs the preset for a while, without evaluations on the way.
func (w *world) covey(ctx context.Context, o options, folder string, seed int) error {
	args := []string{"train", w.env, "--algo", w.algo}
	if w.variant != "" {
		args = append(args, "--preset", w.variant)
	}
	args = append(args, "--seed", fmt.Sprint(seed), "--out", folder, "--quiet", "--json", "--steps", "0", "--seconds", fmt.Sprint(o.seconds),
		"--eval-every", "0", "--set", "eval.episodes=1", "--set", "solve_at=null", "--set", fmt.Sprintf("log_every=%d", w.every))
	switch w.algo {
	case "a3c":
		args = append(args, "--set", "a3c.anneal_steps=1000000000")
	case "sac":
		args = append(args, "--set", "sac.warmup=1000")
	}
	seen, err := compare.Job{Program: o.covey, Args: args, Watch: 100 * time.Millisecond}.Run(ctx, &struct{}{}) // its table says more
	if err != nil {
		return err
	}
	rows, err := metrics.ReadColumns(filepath.Join(folder, "progress.csv"), "env_steps", "wall_s")
	if err != nil {
		return err
	}
	r, err := rate(rows, o.seconds/4)
	w.rates, w.peak = append(w.rates, r), max(w.peak, seen.PeakBytes)
	return err
}

// rate is the steps a second between the first row of a run's table, of steps and seconds, that is later than that many seconds
// and the last one: the end of a run may add one after it, of a segment's remainder.
func rate(rows [][]float64, after float64) (float64, error) {
	first := slices.IndexFunc(rows, func(row []float64) bool { return row[1] >= after })
	last := len(rows) - 2
	if first < 0 || last <= first {
		return 0, fmt.Errorf("the run was too short: fewer than three rows after %g s", after)
	}
	a, b := rows[first], rows[last]
	return (b[0] - a[0]) / (b[1] - a[1]), nil
}

// run measures it once.
func (p *peer) run(ctx context.Context, python string, seconds float64, seed int) error {
	var r struct {
		Rate float64 `json:"steps_per_s"`
	}
	args := append([]string{"-c", p.program, "--seed", fmt.Sprint(seed), "--seconds", fmt.Sprint(seconds)}, p.args...)
	_, err := compare.Job{Program: python, Args: args}.Run(ctx, &r)
	p.rates = append(p.rates, r.Rate)
	return err
}

func table(rows []*world) string {
	lines := [][]string{{"environment", "algorithm", "", "covey, steps/s", "memory with Python's processes, MB", "peer", "its steps/s", "covey is faster ×"}}
	for _, w := range rows {
		own := stats.Median(w.rates)
		line := []string{w.env, w.algo, w.note, fmt.Sprintf("%.0f", own), fmt.Sprintf("%.0f", float64(w.peak)/1e6)}
		if w.peers == nil {
			lines = append(lines, append(line, "–", "–", "–"))
		}
		for _, p := range w.peers {
			other := stats.Median(p.rates)
			lines = append(lines, append(line, p.name, fmt.Sprintf("%.0f", other), fmt.Sprintf("%.2f", own/other)))
			line = []string{"", "", "", "", ""}
		}
	}
	var b strings.Builder
	compare.WriteTable(&b, lines)
	return b.String()
}

// A3c sets covey beside others on CartPole-v1, in one run on one machine, and prints one table: a C
// reference that only does the work (reference/a3c.c), PyTorch with the same settings, and
// Stable-Baselines3 and SBX with the RL zoo's.
//
// Speeds are compared in rounds: each round runs every row once, so that what else the machine does
// falls on all of them. Peers get their own pinned Python packages, the number of threads that is fastest
// for them, and none of the variables that slow OpenBLAS down.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"covey/bench/compare"
)

// options are what was asked for.
type options struct {
	covey     string // the built command
	rows      []string
	workers   []int
	rounds    int
	steps     int // environment steps of one measurement of speed
	seeds     int // of covey and the C reference
	peerSeeds int // of the Python peers, whose every seed takes 10–40 s
	out       string
}

func main() { os.Exit(compare.Main("a3c", parse, run)) }

func parse(args []string) (options, error) {
	var o options
	var rows, workers string
	var short bool
	flags := flag.NewFlagSet("a3c", flag.ContinueOnError)
	flags.StringVar(&o.covey, "covey", "./covey", "the built covey command")
	flags.StringVar(&rows, "rows", "", "comma-separated beginnings of the names of rows to run, such as `covey,C` (default all)")
	flags.StringVar(&workers, "workers", "", "comma-separated numbers of workers (default 1, 2, 4, 8, 16 as far as there are cores)")
	flags.IntVar(&o.rounds, "rounds", 5, "measurements of speed per row")
	flags.IntVar(&o.steps, "steps", 2_000_000, "environment steps of a measurement of speed")
	flags.IntVar(&o.seeds, "seeds", 10, "seeds that covey and the C reference solve")
	flags.IntVar(&o.peerSeeds, "peer-seeds", 5, "seeds that the Python peers solve")
	flags.StringVar(&o.out, "out", "", "`folder` for the results as JSON, CSV and Markdown")
	flags.BoolVar(&short, "short", false, "a few minutes: 3 rounds of 500,000 steps, 5 seeds, 1 for peers; its figures are printed, never kept")
	if err := compare.ParseFlags(flags, args); err != nil {
		return o, err
	}
	if short {
		o.rounds, o.steps, o.seeds, o.peerSeeds = 3, 500_000, 5, 1
		o.out = ""
	}
	if rows != "" {
		o.rows = strings.Split(rows, ",")
	}
	if workers == "" {
		for w := 1; w <= min(16, runtime.NumCPU()); w *= 2 {
			o.workers = append(o.workers, w)
		}
	} else {
		for text := range strings.SplitSeq(workers, ",") {
			w, err := strconv.Atoi(text)
			if err != nil || w < 1 {
				return o, fmt.Errorf("-workers: %q is not a number of workers", text)
			}
			o.workers = append(o.workers, w)
		}
	}
	if o.rounds < 1 || o.steps < 1 || o.seeds < 1 || o.peerSeeds < 1 {
		return o, errors.New("-rounds, -steps, -seeds and -peer-seeds start at 1")
	}
	covey, err := filepath.Abs(o.covey)
	o.covey = covey
	return o, err
}

// run runs all rows and prints the table. Rows that fail are named at the end, as the error.
func run(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t := tools{dir: dir, covey: o.covey}
	rows, err := t.rows(ctx, o)
	if err != nil {
		return err
	}
	r := report{Machine: compare.ThisMachine(ctx, o.covey), Rows: rows, Rounds: o.rounds, Steps: o.steps, Seeds: o.seeds, PeerSeeds: o.peerSeeds}
	measure(ctx, rows, o)
	fmt.Print(r.markdown())
	if o.out != "" {
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	var failed []error
	for _, row := range rows {
		if row.Err != "" {
			failed = append(failed, fmt.Errorf("%s: %s", row.title(), row.Err))
		}
	}
	return errors.Join(failed...)
}

// measure fills the rows: speeds in rounds, then the solving, then the memory.
func measure(ctx context.Context, rows []*row, o options) {
	for round := range o.rounds {
		for _, row := range rows {
			if row.speed == nil {
				continue
			}
			compare.Progress("round %d of %d: %s", round+1, o.rounds, row.title())
			row.measureSpeed(ctx, uint64(round+1))
		}
	}
	for _, row := range rows {
		if row.solve == nil {
			continue
		}
		seeds := o.seeds
		if row.python {
			seeds = o.peerSeeds
		}
		for seed := range seeds {
			compare.Progress("seed %d of %d: %s", seed+1, seeds, row.title())
			row.measureSolve(ctx, uint64(seed+1))
		}
		if !row.python { // those were watched all along
			row.measureMemory(ctx)
		}
	}
	compare.Progress("")
}

// Cheetah sets the speed of covey's SAC on Gymnasium's HalfCheetah-v5 beside SBX's, in turns: both with the paper's
// settings, one update per step, on all cores.
//
//	make bench-cheetah
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"covey/bench/compare"
	"covey/bench/stats"
)

//go:embed sbx.py
var peer string

func main() {
	covey := flag.String("covey", "./covey", "the built covey command")
	rounds := flag.Int("rounds", 3, "measurements of each; the table has their medians")
	steps := flag.Int("steps", 500, "environment steps of one measurement of SBX, of which each round has three; covey makes four times as many at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *covey, *rounds, *steps); err != nil {
		fmt.Fprintln(os.Stderr, "cheetah:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, covey string, rounds, steps int) error {
	if rounds < 1 || steps < 1 {
		return fmt.Errorf("-rounds %d, -steps %d: both start at 1", rounds, steps)
	}
	covey, err := filepath.Abs(covey)
	if err != nil {
		return err
	}
	python, err := compare.Python(ctx)
	if err != nil {
		return err
	}
	machine := compare.ThisMachine(ctx, covey)
	var own, sbx []float64 // environment steps a second
	for seed := 1; seed <= rounds; seed++ {
		compare.Progress("round %d of %d: covey", seed, rounds)
		rate, err := coveys(ctx, covey, seed, 4*steps)
		if err != nil {
			return fmt.Errorf("covey: %w", err)
		}
		own = append(own, rate)
		compare.Progress("round %d of %d: SBX", seed, rounds)
		rates, err := sbxs(ctx, python, seed, steps)
		if err != nil {
			return fmt.Errorf("SBX: %w", err)
		}
		sbx = append(sbx, stats.Median(rates))
	}
	compare.Progress("")
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Medians of %d rounds.\n\n", machine, rounds)
	compare.WriteTable(&b, [][]string{
		{"SAC on HalfCheetah-v5", "steps/s", "covey is faster ×"},
		{"covey", compare.Count(stats.Median(own)), "–"},
		{"SBX", compare.Count(stats.Median(sbx)), fmt.Sprintf("%.2f", stats.Median(own)/stats.Median(sbx))},
	})
	fmt.Print(b.String())
	return nil
}

// warmup is how many steps come before the first update, which are not counted, but in covey's time.
const warmup = 1000

// coveys is the speed of a run of so many updates.
func coveys(ctx context.Context, covey string, seed, updates int) (rate float64, err error) {
	dir, err := os.MkdirTemp("", "covey-bench-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var r struct {
		WallS float64 `json:"wall_s"`
	}
	job := compare.Job{Program: covey, Args: []string{
		"train", "HalfCheetah-v5", "--algo", "sac", "--steps", fmt.Sprint(warmup + updates), "--seed", fmt.Sprint(seed), "--out", filepath.Join(dir, "run"),
		"--quiet", "--json", "--eval-every", "0", "--set", "eval.episodes=1", "--set", fmt.Sprintf("sac.warmup=%d", warmup),
	}}
	if _, err := job.Run(ctx, &r); err != nil {
		return 0, err
	}
	return float64(updates) / r.WallS, nil
}

// sbxs are the speeds of the blocks of a run.
func sbxs(ctx context.Context, python string, seed, steps int) ([]float64, error) {
	var r struct{ Seconds []float64 }
	job := compare.Job{Program: python, Args: []string{"-c", peer, "--seed", fmt.Sprint(seed), "--steps", fmt.Sprint(steps)}}
	if _, err := job.Run(ctx, &r); err != nil {
		return nil, err
	}
	rates := make([]float64, len(r.Seconds))
	for i, s := range r.Seconds {
		rates[i] = 1 / s
	}
	return rates, nil
}

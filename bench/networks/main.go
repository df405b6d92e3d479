// Networks sets covey's networks beside the same ones in PyTorch, on one core, and both beside what the core's fused
// multiply-adds can do at most: a forward pass of one row, and a pass of training on 20 rows, forwards and backwards.
//
//	go run ./bench/networks [-rounds 5]
//
// Both run in turns, so that what else the machine does falls on both. Of each turn the median counts, and the table
// shows the best of the turns, since anything else can only have slowed them down.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"covey/bench/compare"
)

func main() { os.Exit(compare.Main("networks", parse, run)) }

func parse(args []string) (rounds int, err error) {
	flags := flag.NewFlagSet("networks", flag.ContinueOnError)
	flags.IntVar(&rounds, "rounds", 5, "measurements of each")
	err = compare.ParseFlags(flags, args)
	return rounds, err
}

func run(ctx context.Context, rounds int) error {
	python, err := compare.Python(ctx)
	if err != nil {
		return err
	}
	var all results
	for round := range rounds {
		compare.Progress("round %d of %d", round+1, rounds)
		if err := all.measure(ctx); err != nil {
			return err
		}
		peers := map[string]float64{}
		job := compare.Job{Dir: ".", Program: python, Args: []string{"bench/networks/peers/torch_networks.py"}}
		if _, err := job.Run(ctx, &peers); err != nil {
			return fmt.Errorf("PyTorch: %w", err)
		}
		for name, us := range peers {
			all.seen(name).peer = least(all.seen(name).peer, us)
		}
	}
	compare.Progress("")
	fmt.Printf("%s\n\n%s", compare.ThisMachine(ctx, ""), all.table())
	return nil
}

// results are the best that were seen.
type results struct {
	rows []*result
	peak float64 // GFLOP/s
}

// result is a network's forward pass or training.
type result struct {
	name     string
	own      float64 // µs
	peer     float64 // µs; 0: not known
	gflops   float64
	measured bool
}

func (r *results) seen(name string) *result {
	for _, x := range r.rows {
		if x.name == name {
			return x
		}
	}
	r.rows = append(r.rows, &result{name: name})
	return r.rows[len(r.rows)-1]
}

// least is the smaller of two figures, of which the first may be missing.
func least(before, now float64) float64 {
	if before == 0 {
		return now
	}
	return min(before, now)
}

// measure runs covey's benchmarks once.
func (r *results) measure(ctx context.Context) error {
	for _, args := range [][]string{
		{"-bench", "^BenchmarkPeak$", "-benchtime", "0.05s", "-count", "5", "./internal/kernel"},
		{"-bench", "^BenchmarkNetworks$", "-benchtime", "0.5s", "./nn"},
	} {
		all, err := compare.GoBench(ctx, "", "go", append([]string{"test", "-run", "^$"}, args...)...)
		if err == nil {
			err = r.read(all)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *results) read(all []*compare.Benchmark) error {
	for _, b := range all {
		gflops := b.Values["GFLOP/s"]
		if len(gflops) == 0 {
			return fmt.Errorf("benchmark %s gives no GFLOP/s", b.Name)
		}
		if strings.HasPrefix(b.Name, "Peak/") {
			r.peak = max(r.peak, slices.Max(gflops))
			continue
		}
		median := b.Values["median-ns/op"]
		if len(median) == 0 {
			return fmt.Errorf("benchmark %s gives no median", b.Name)
		}
		x := r.seen(strings.ReplaceAll(strings.TrimPrefix(b.Name, "Networks/"), "_", " "))
		x.own, x.gflops, x.measured = least(x.own, median[0]/1000), max(x.gflops, gflops[0]), true
	}
	return nil
}

// table is in the order of covey's benchmarks.
func (r *results) table() string {
	lines := [][]string{{"network", "covey, µs", "PyTorch, µs", "ratio", "GFLOP/s", "of the core's peak"}}
	for _, x := range r.rows {
		if !x.measured {
			continue
		}
		peer, ratio := "", ""
		if x.peer > 0 {
			peer, ratio = fmt.Sprintf("%.1f", x.peer), fmt.Sprintf("%.1f", x.peer/x.own)
		}
		lines = append(lines, []string{x.name, fmt.Sprintf("%.1f", x.own), peer, ratio, fmt.Sprintf("%.0f", x.gflops), fmt.Sprintf("%.0f %%", 100*x.gflops/r.peak)})
	}
	var b strings.Builder
	compare.WriteTable(&b, lines)
	return b.String()
}

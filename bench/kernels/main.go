// Kernels runs the kernels' benchmarks and sets each beside the fused multiply-add peak of its SIMD level,
// measured in the same run: a ratio says more than a rate on a machine that one does not know.
//
//	go run ./bench/kernels [-count 5] [-bench MatMul] [-benchtime 0.2s]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"covey/bench/compare"
	"covey/bench/stats"
)

func main() {
	count := flag.Int("count", 5, "measurements; the table shows medians")
	pattern := flag.String("bench", ".", "`pattern` of the benchmarks; the peak is measured in any case")
	benchtime := flag.String("benchtime", "0.2s", "duration of one measurement")
	flag.Parse()
	all, err := compare.GoBench(context.Background(), "", "go", "test", "-run", "^$", "-bench", "^BenchmarkPeak$|"+*pattern,
		"-benchtime", *benchtime, "-count", strconv.Itoa(*count), "./internal/kernel")
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
	fmt.Print(table(all))
}

// table shows the medians, and how near they come to the peak of their level: the best that was seen of
// it, since anything else that the machine did can only have lowered it.
func table(all []*compare.Benchmark) string {
	peak := map[string]float64{}
	for _, b := range all {
		if level, ok := strings.CutPrefix(b.Name, "Peak/"); ok {
			for _, rate := range b.Values["GFLOP/s"] {
				peak[level] = max(peak[level], rate)
			}
		}
	}
	lines := [][]string{{"kernel", "level", "µs", "GFLOP/s", "of peak"}}
	for _, b := range all {
		name, level := b.Name, ""
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			name, level = name[:i], name[i+1:]
		}
		line := []string{name, level, fmt.Sprintf("%.3f", stats.Median(b.Values["ns/op"])/1000), "", ""}
		if rates := b.Values["GFLOP/s"]; len(rates) > 0 { // there are none where the kernel is no product
			line[3] = fmt.Sprintf("%.1f", stats.Median(rates))
			if p := peak[level]; p > 0 {
				line[4] = fmt.Sprintf("%.0f %%", 100*stats.Median(rates)/p)
			}
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	compare.WriteTable(&b, lines)
	return b.String()
}

// Kernels runs the kernels' benchmarks and sets each beside the fused multiply-add peak of its SIMD level,
// measured in the same run: a ratio says more than a rate on a machine that one does not know.
//
//	go run ./bench/kernels [-count 5] [-bench MatMul] [-benchtime 0.2s]
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"covey/bench/stats"
)

func main() {
	count := flag.Int("count", 5, "measurements; the table shows medians")
	pattern := flag.String("bench", ".", "`pattern` of the benchmarks; the peak is measured in any case")
	benchtime := flag.String("benchtime", "0.2s", "duration of one measurement")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *pattern, *benchtime, *count); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, pattern, benchtime string, count int) error {
	test := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkPeak$|"+pattern,
		"-benchtime", benchtime, "-count", strconv.Itoa(count), "./internal/kernel")
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	rows, err := read(out)
	if err := errors.Join(err, test.Wait()); err != nil {
		return err
	}
	return table(w, rows)
}

// measured is one benchmark at one level.
type measured struct {
	name, level string
	ns, gflops  []float64 // one per count; gflops is empty where the kernel is no product
}

// read collects the lines of go test -bench, in their order.
func read(r io.Reader) ([]*measured, error) {
	var rows []*measured
	byName := map[string]*measured{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		m := byName[words[0]]
		if m == nil {
			m = &measured{}
			m.name, m.level = split(words[0])
			byName[words[0]] = m
			rows = append(rows, m)
		}
		for i := 2; i+1 < len(words); i += 2 {
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			switch words[i+1] {
			case "ns/op":
				m.ns = append(m.ns, value)
			case "GFLOP/s":
				m.gflops = append(m.gflops, value)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no benchmark ran")
	}
	return rows, nil
}

// split takes "BenchmarkMatMul/20x128x128/avx2-2" apart: what ran, and at which level.
func split(benchmark string) (name, level string) {
	name = strings.TrimPrefix(benchmark, "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i >= 0 { // GOMAXPROCS, which go test appends
		name = name[:i]
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name, level = name[:i], name[i+1:]
	}
	return name, level
}

// table prints the medians, and how near they come to the peak of their level: the best that was seen of
// it, since anything else that the machine did can only have lowered it.
func table(w io.Writer, rows []*measured) error {
	peak := map[string]float64{}
	for _, m := range rows {
		if m.name == "Peak" && len(m.gflops) > 0 {
			peak[m.level] = slices.Max(m.gflops)
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "kernel\tlevel\tµs\tGFLOP/s\tof peak\t")
	for _, m := range rows {
		fmt.Fprintf(out, "%s\t%s\t%.3f\t", m.name, m.level, stats.Median(m.ns)/1000)
		if len(m.gflops) == 0 {
			fmt.Fprint(out, "\t\t\n")
			continue
		}
		fmt.Fprintf(out, "%.1f\t", stats.Median(m.gflops))
		if p := peak[m.level]; p > 0 {
			fmt.Fprintf(out, "%.0f %%", 100*stats.Median(m.gflops)/p)
		}
		fmt.Fprint(out, "\t\n")
	}
	return out.Flush()
}

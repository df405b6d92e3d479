// Kernels runs the kernels' benchmarks and sets each beside the fused multiply-add peak of its SIMD level,
// measured in the same run: a ratio says more than a rate on a machine that one does not know.
//
//	go run ./bench/kernels [-count 5] [-bench MatMul] [-benchtime 0.2s]
package main

import (
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

	"covey/bench/compare"
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
	all, err := compare.ReadBenchmarks(r)
	if err == nil && len(all) == 0 {
		err = errors.New("no benchmark ran")
	}
	var rows []*measured
	for _, b := range all {
		m := &measured{name: b.Name, ns: b.Values["ns/op"], gflops: b.Values["GFLOP/s"]}
		if i := strings.LastIndexByte(b.Name, '/'); i >= 0 {
			m.name, m.level = b.Name[:i], b.Name[i+1:]
		}
		rows = append(rows, m)
	}
	return rows, err
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

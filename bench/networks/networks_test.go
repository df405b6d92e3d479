package main

import (
	"strings"
	"testing"

	"covey/bench/compare"
)

func benchmarks(t *testing.T, out string) []*compare.Benchmark {
	t.Helper()
	all, err := compare.ReadBenchmarks(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTableKeepsTheBestOfEach(t *testing.T) {
	var r results
	r.seen("Nature/train").peer = least(0, 900)
	r.seen("Nature/train").peer = least(900, 800)
	for _, out := range []string{`
BenchmarkPeak/avx2-2   	 10	 100 ns/op	 90.0 GFLOP/s
BenchmarkPeak/avx512-2 	 10	 100 ns/op	 100.0 GFLOP/s
BenchmarkNetworks/Nature/train-2 	 10	 900000 ns/op	 50.0 GFLOP/s	 400000 median-ns/op
BenchmarkNetworks/LSTM_256/forward-2 	 10	 9000 ns/op	 25.0 GFLOP/s	 2000 median-ns/op
`, `
BenchmarkPeak/avx512-2 	 10	 100 ns/op	 80.0 GFLOP/s
BenchmarkNetworks/Nature/train-2 	 10	 900000 ns/op	 75.0 GFLOP/s	 200000 median-ns/op
`} {
		if err := r.read(benchmarks(t, out)); err != nil {
			t.Fatal(err)
		}
	}
	text := r.table()
	for _, want := range []string{"Nature/train", "200.0", "800.0", "4.0", "75 %", "LSTM 256/forward", "25 %"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, bad := range []string{"BenchmarkPeak/avx2-2   	 10	 100 ns/op\n", "BenchmarkNetworks/Nature/train-2   	 10	 100 ns/op	 3 GFLOP/s\n"} {
		if err := r.read(benchmarks(t, bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

package main

import (
	"slices"
	"strings"
	"testing"

	"covey/bench/compare"
)

func TestTableSetsEachLevelBesideItsPeak(t *testing.T) {
	const output = `goos: linux
cpu: x
BenchmarkPeak/avx2-16   	 10	 100 ns/op	 100.0 GFLOP/s
BenchmarkPeak/avx2-16   	 10	 100 ns/op	 200.0 GFLOP/s
BenchmarkPeak/avx2-16   	 10	 100 ns/op	 120.0 GFLOP/s
BenchmarkPeak/avx512-16 	 10	 100 ns/op	 240.0 GFLOP/s
BenchmarkMatMul/1x128x4/avx2-16   	 10	 1500 ns/op	 60.0 GFLOP/s	 0 B/op	 0 allocs/op
BenchmarkMatMul/1x128x4/avx512-16 	 10	 1500 ns/op	 60.0 GFLOP/s
BenchmarkMatMul/1x128x4/generic-16 	 10	 1500 ns/op	 3.0 GFLOP/s
BenchmarkExp/avx2-16 	 10	 2500 ns/op
PASS
`
	all, err := compare.ReadBenchmarks(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	text := table(all)
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"| kernel | level | µs | GFLOP/s | of peak |",
		"| --- | ---: | ---: | ---: | ---: |",
		"| Peak | avx2 | 0.100 | 120.0 | 60 % |",
		"| Peak | avx512 | 0.100 | 240.0 | 100 % |",
		"| MatMul/1x128x4 | avx2 | 1.500 | 60.0 | 30 % |",
		"| MatMul/1x128x4 | avx512 | 1.500 | 60.0 | 25 % |",
		"| MatMul/1x128x4 | generic | 1.500 | 3.0 | |",
		"| Exp | avx2 | 2.500 | | |",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s", text)
	}
}

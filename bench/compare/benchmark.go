package compare

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Benchmark is a benchmark of Go's, by its measurements.
type Benchmark struct {
	Name   string               // without "Benchmark" and without the GOMAXPROCS that go test appends
	Values map[string][]float64 // by unit, such as ns/op; one for each line
}

// ReadBenchmarks collects what go test -bench prints, in its order.
func ReadBenchmarks(r io.Reader) ([]*Benchmark, error) {
	var all []*Benchmark
	byName := map[string]*Benchmark{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		b := byName[words[0]]
		if b == nil {
			b = &Benchmark{Name: benchmarkName(words[0]), Values: map[string][]float64{}}
			byName[words[0]] = b
			all = append(all, b)
		}
		for i := 2; i+1 < len(words); i += 2 {
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			b.Values[words[i+1]] = append(b.Values[words[i+1]], value)
		}
	}
	return all, lines.Err()
}

// benchmarkName takes "BenchmarkMatMul/20x128x128/avx2-2" apart.
func benchmarkName(printed string) string {
	name := strings.TrimPrefix(printed, "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	return name
}

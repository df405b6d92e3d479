package compare

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// Benchmark is a benchmark of Go's, by its measurements.
type Benchmark struct {
	Name   string               // without "Benchmark" and without the GOMAXPROCS that go test appends
	Values map[string][]float64 // by unit, such as ns/op; one for each line
}

// GoBench runs a command such as go test -bench in a folder, and reads what it prints.
func GoBench(ctx context.Context, dir, program string, args ...string) ([]*Benchmark, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	line := Job{Program: program, Args: args}.Line()
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", line, err, bytes.TrimSpace(append(stderr.Bytes(), stdout.Bytes()...)))
	}
	all, err := ReadBenchmarks(&stdout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", line, err)
	}
	return all, nil
}

// ReadBenchmarks collects what go test -bench prints, in its order. That nothing was measured is an error.
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
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no benchmark ran")
	}
	return all, nil
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

package minatar

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
	"covey/internal/pyenv/pyenvtest"
)

func BenchmarkStep(b *testing.B) {
	for _, game := range titles {
		b.Run(game.name, func(b *testing.B) {
			envtest.BenchmarkStep(b, func() env.Environment { return mustNew(b, game.id(1)) })
		})
	}
}

// BenchmarkOriginal measures the same steps in the authors' package, within Python.
func BenchmarkOriginal(b *testing.B) {
	for _, game := range titles {
		b.Run(game.name, func(b *testing.B) {
			python := pyenvtest.Interpreter(b)
			for b.Loop() {
				out, err := exec.Command(python, "testdata/speed.py", originalNames[game.name]).Output()
				if err != nil {
					b.Fatal(err)
				}
				ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(ns, "ns/op")
			}
		})
	}
}

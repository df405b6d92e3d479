package minatar

import (
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
)

// BenchmarkStep measures one step with a random action; an episode that ends is reset, as Batch does it.
func BenchmarkStep(b *testing.B) {
	for _, game := range titles {
		b.Run(game.name, func(b *testing.B) {
			e := mustNew(b, game.id(1))
			spec := e.Spec()
			obs := env.MakeValues(spec.Observation, spec.Observation.Size())
			choices := make([]float32, 1024)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range choices {
				choices[i] = float32(rng.IntN(spec.Action.N[0]))
			}
			if err := e.Reset(1, obs); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := uint64(0)
			for b.Loop() {
				at := i % 1024
				out, err := e.Step(choices[at:at+1], obs)
				if err != nil {
					b.Fatal(err)
				}
				i++
				if out.Terminated {
					if err := e.Reset(i, obs); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkOriginal measures the same in the authors' package, within Python.
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

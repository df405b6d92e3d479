package dist

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchmarked are the heads of a classic-control policy, of an Atari one and of a MuJoCo one.
func benchmarked() []subject {
	return []subject{categorical("Categorical(2)", 1, 2), categorical("Categorical(18)", 1, 18), gaussian(6)}
}

func BenchmarkSample(b *testing.B) {
	for _, s := range benchmarked() {
		for _, rows := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("%s/%d", s.name, rows), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 1))
				in, d := s.batch(rng, rows), s.new()
				logProbs := make([]float32, rows)
				b.ReportAllocs()
				for b.Loop() {
					d.Sample(in.actions, logProbs, in.params, rng)
				}
			})
		}
	}
}

// Acting wants no log-probabilities.
func BenchmarkAct(b *testing.B) {
	for _, s := range benchmarked() {
		for _, rows := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("%s/%d", s.name, rows), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 1))
				in, d := s.batch(rng, rows), s.new()
				b.ReportAllocs()
				for b.Loop() {
					d.Sample(in.actions, nil, in.params, rng)
				}
			})
		}
	}
}

func BenchmarkPolicyGradient(b *testing.B) {
	for _, s := range benchmarked() {
		for _, rows := range []int{20, 80} {
			b.Run(fmt.Sprintf("%s/%d", s.name, rows), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 1))
				in, d := s.batch(rng, rows), s.new()
				gradient := widened(rows, d.Params(), 0)
				b.ReportAllocs()
				for b.Loop() {
					d.PolicyGradient(gradient, in.params, in.actions, in.advantages, 0.01, 0.05)
				}
			})
		}
	}
}

//go:build !purego

package kernel

import (
	"testing"

	"covey/internal/kernel/peak"
)

// BenchmarkPeak is what the ratios of the other benchmarks refer to.
func BenchmarkPeak(b *testing.B) {
	const rounds = 100_000
	for l := avx2; l <= bestLevel(); l++ {
		b.Run(l.String(), func(b *testing.B) {
			flops := 0.0
			for b.Loop() {
				if l == avx2 {
					flops += peak.AVX2(rounds)
				} else {
					flops += peak.AVX512(rounds)
				}
			}
			b.ReportMetric(flops/1e9/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}

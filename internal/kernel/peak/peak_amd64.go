//go:build !purego

package peak

// flopsPerRound is what one round of 12 fused multiply-adds of a lane counts as.
const flopsPerRound = 2 * 12

// AVX2 does rounds of 12 independent 256-bit multiply-adds in registers and returns their number of
// floating-point operations. The CPU must have AVX2 and FMA.
func AVX2(rounds int) float64 {
	fmaAVX2(rounds)
	return flopsPerRound * 8 * float64(rounds)
}

// AVX512 does the same with 512 bits. The CPU must have AVX-512 F.
func AVX512(rounds int) float64 {
	fmaAVX512(rounds)
	return flopsPerRound * 16 * float64(rounds)
}

package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakSums is enough independent sums for two pipes of five cycles' latency.
const peakSums = 12

// peak emits fused multiply-adds in registers and nothing else: the yardstick of the benchmarks.
func peak(a *asm) {
	a.begin("fma"+a.level, "(rounds int)", "does rounds × 12 × lanes multiply-adds.")
	rounds := a.param("rounds")
	x, y := a.zeroed(), a.zeroed()
	sums := make([]reg.VecVirtual, peakSums)
	for i := range sums {
		sums[i] = a.zeroed()
	}
	a.Label("round")
	for _, s := range sums {
		a.VFMADD231PS(x, y, s)
	}
	a.DECQ(rounds)
	a.JNZ(operand.LabelRef("round"))
	a.end()
}

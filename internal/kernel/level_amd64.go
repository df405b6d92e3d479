//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// bestLevel is the highest level that the CPU and the operating system support.
func bestLevel() simdLevel {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasBMI2:
		return generic
	case x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ && x.HasAVX512BW:
		return avx512
	}
	return avx2
}

//go:build !purego

package kernel

func lstmCellVector(gates, before, cell, squashed, hidden []float32) {
	if level == avx512 {
		lstmCellAVX512(len(before), &gates[0], &before[0], &cell[0], &squashed[0], &hidden[0])
	} else {
		lstmCellAVX2(len(before), &gates[0], &before[0], &cell[0], &squashed[0], &hidden[0])
	}
}

func lstmGradVector(dgates, gates, before, squashed, dhidden, dcell []float32) {
	if level == avx512 {
		lstmGradAVX512(len(before), &dgates[0], &gates[0], &before[0], &squashed[0], &dhidden[0], &dcell[0])
	} else {
		lstmGradAVX2(len(before), &dgates[0], &gates[0], &before[0], &squashed[0], &dhidden[0], &dcell[0])
	}
}

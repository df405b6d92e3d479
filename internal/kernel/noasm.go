//go:build !amd64 || purego

package kernel

// This build has no assembly: the level is generic, and nothing below is ever called.

func bestLevel() simdLevel { return generic }

const noAssembly = "kernel: this build has no assembly"

func (s *Scratch) matMulVector(y, x, w Mat, bias []float32, act Activation) { panic(noAssembly) }
func matMulAddVector(y, x, w Mat)                                           { panic(noAssembly) }
func (s *Scratch) matMulBTVector(dx, dy, w Mat)                             { panic(noAssembly) }
func (s *Scratch) matMulATVector(dw, x, dy Mat)                             { panic(noAssembly) }
func convVector(y, x Images, v Window, w Mat, bias []float32, act Activation, accumulate bool) {
	panic(noAssembly)
}
func convWeightsVector(dw Mat, x, dy Images, v Window, accumulate bool)        { panic(noAssembly) }
func convInputVector(dx, dy Images, v Window, wt Mat)                          { panic(noAssembly) }
func transposeVector(y, x Mat)                                                 { panic(noAssembly) }
func fromBytesVector(y Mat, x []uint8, stride int, scale float32)              { panic(noAssembly) }
func maxPoolVector(y, x Images, p poolLine)                                    { panic(noAssembly) }
func maxPoolGradVector(dx, x, dy Images, p poolLine)                           { panic(noAssembly) }
func lstmCellVector(gates, before, cell, squashed, hidden []float32)           { panic(noAssembly) }
func lstmGradVector(dgates, gates, before, squashed, dhidden, dcell []float32) { panic(noAssembly) }
func dotVector(x, y []float32) float32                                         { panic(noAssembly) }
func axpyVector(y []float32, a float32, x []float32)                           { panic(noAssembly) }
func scaleVector(y []float32, a float32)                                       { panic(noAssembly) }
func addVector(y, x []float32)                                                 { panic(noAssembly) }
func columnSumsVector(y []float32, x Mat, accumulate bool)                     { panic(noAssembly) }
func reluVector(y, x []float32)                                                { panic(noAssembly) }
func tanhVector(y, x []float32)                                                { panic(noAssembly) }
func reluGradVector(dx, y []float32)                                           { panic(noAssembly) }
func tanhGradVector(dx, y []float32)                                           { panic(noAssembly) }
func expVector(y, x []float32)                                                 { panic(noAssembly) }
func logVector(y, x []float32)                                                 { panic(noAssembly) }
func softplusVector(y, x []float32)                                            { panic(noAssembly) }
func adamVector(p, grad, m, v []float32, s AdamStep)                           { panic(noAssembly) }
func rmsPropVector(p, grad, v []float32, s RMSPropStep)                        { panic(noAssembly) }
func polyakVector(y, x []float32, tau float32)                                 { panic(noAssembly) }

//go:build !amd64 || purego

package kernel

// preparedRow is never ready: plain Go has nothing to prepare.
type preparedRow struct{ ready bool }

func prepareRow(Mat, []float32, Activation) preparedRow { return preparedRow{} }

func (*preparedRow) run(y, x []float32) { panic(noAssembly) }

// Package args holds the argument blocks of the matrix kernels. It stands apart so that the
// generator, which asks it for the fields' offsets, needs none of the code that it generates.
package args

// Tile is what a product kernel works on: blocks of rows of Y = X·W, one below the other, each as high as
// the kernel's name says. Strides and offsets are in bytes. The offsets are apart from the pointers so that
// no pointer ever points past its array, which the garbage collector does not forgive.
type Tile struct {
	K      int      // summed index
	Blocks int      // at least 1
	X      *float32 // X's element (i, k) is at X + XAt + i*XRow + k*XCol, so X may be a transpose
	XAt    int
	XRow   int
	XCol   int
	W      *float32 // W's element (k, j) is at W + WAt + k*WRow + 4*j
	WAt    int
	WRow   int
	Y      *float32 // Y's element (i, j) is at Y + YAt + i*YRow + 4*j
	YAt    int
	YRow   int
	Bias   *float32 // nil: none; otherwise its element j is at Bias + WAt + 4*j
	Flags  int
	Tail   int // columns in the last vector, 1 … lanes

	// What follows serves windows of images, whose elements do not lie at one stride; it is 0 elsewhere, and only
	// the tiles of more than 8 columns read it.
	Runs  int // further runs of K summed elements
	XRun  int // bytes from one run to the next in X
	WSkip int // bytes that the next run is further in W than K*WRow
	XSkip int // bytes that the next block is further in X than its rows
	YSkip int // bytes that the next block is further in Y than its rows
}

// What Tile.Flags asks for, after the bias.
const (
	Accumulate = 1 << iota // add to Y
	ReLU                   // then max(0, ·)
)

// Transpose is what the transposition works on: Y[j, i] = X[i, j], i < Rows, j < Cols. Strides are in bytes.
type Transpose struct {
	Y          *float32
	YRow       int
	X          *float32
	XRow       int
	Rows, Cols int // at least 1
}

// Pool is what the kernels of max-pooling work on: a line of windows. Strides and offsets are in bytes.
type Pool struct {
	X        *float32 // the first window begins at X + XAt
	DX       *float32 // gradient of X, laid out as X is
	XAt      int
	XLine    int // from a line of X to the next
	XRight   int // from a window to the next
	Pixel    int // from a pixel to the next
	Y        *float32
	YAt      int
	Pixels   int // windows, at least 1
	Channels int
	Height   int // of a window, at least 1
	Width    int
}

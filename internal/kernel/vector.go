package kernel

// chunk is the number of elements that one call of an assembly kernel takes at most: assembly
// cannot be preempted, and the garbage collector must not wait for it.
const chunk = 16384

// lanes is the number of partial sums of Dot and SumSquares.
const lanes = 64

// Dot is Σ x_i·y_i. x, y: [n].
func Dot(x, y []float32) float32 {
	sameLength("Dot", len(x), len(y))
	return float32(dot(x, y))
}

// SumSquares is Σ x_i². Each chunk is summed in float32, so a square above 3.4e38 is +Inf. x: [n].
func SumSquares(x []float32) float64 {
	return dot(x, x)
}

// dot adds the chunks' sums in index order.
func dot(x, y []float32) float64 {
	var sum float64
	for len(x) > 0 {
		n := min(len(x), chunk)
		if level == generic {
			sum += float64(dotPlain(x[:n], y[:n]))
		} else {
			sum += float64(dotVector(x[:n], y[:n]))
		}
		x, y = x[n:], y[n:]
	}
	return sum
}

// dotPlain sums one chunk in 64 lanes, i mod 64, in four groups of 16: the groups are added as
// (0+1)+(2+3), the 16 lanes of what is left by halves.
func dotPlain(x, y []float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] += float32(v * y[i])
	}
	for i := range 16 {
		lane[i] = (lane[i] + lane[16+i]) + (lane[32+i] + lane[48+i])
	}
	return addHalves(lane[:16])
}

// Axpy adds a multiple: y += a·x. y, x: [n].
func Axpy(y []float32, a float32, x []float32) {
	sameLength("Axpy", len(y), len(x))
	if level == generic {
		axpyPlain(y, a, x)
		return
	}
	axpyVector(y, a, x)
}

func axpyPlain(y []float32, a float32, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(a * v)
	}
}

// Scale multiplies: y *= a. y: [n].
func Scale(y []float32, a float32) {
	if level == generic {
		scalePlain(y, a)
		return
	}
	scaleVector(y, a)
}

func scalePlain(y []float32, a float32) {
	for i := range y {
		y[i] *= a
	}
}

// Add adds: y += x. y, x: [n].
func Add(y, x []float32) {
	sameLength("Add", len(y), len(x))
	if level == generic {
		addPlain(y, x)
		return
	}
	addVector(y, x)
}

func addPlain(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v
	}
}

// ColumnSums writes or, where it accumulates, adds to y the sums of x's columns, in row order from
// zero. y: [n], x: [m, n].
func ColumnSums(y []float32, x Mat, accumulate bool) {
	x.check("ColumnSums")
	sameLength("ColumnSums", len(y), x.Cols)
	if len(y) == 0 {
		return
	}
	if level == generic {
		columnSumsPlain(y, x, accumulate)
		return
	}
	columnSumsVector(y, x, accumulate)
}

func columnSumsPlain(y []float32, x Mat, accumulate bool) {
	for j := range y {
		var sum float32
		for i := range x.Rows {
			sum += x.X[i*x.Stride+j]
		}
		if accumulate {
			sum += y[j]
		}
		y[j] = sum
	}
}

// Polyak moves y towards x: y += τ·(x − y). y, x: [n].
func Polyak(y, x []float32, tau float32) {
	sameLength("Polyak", len(y), len(x))
	if level == generic {
		polyakPlain(y, x, tau)
		return
	}
	polyakVector(y, x, tau)
}

func polyakPlain(y, x []float32, tau float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(tau * (v - y[i]))
	}
}

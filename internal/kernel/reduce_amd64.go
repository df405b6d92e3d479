//go:build !purego

package kernel

// dotVector sums one chunk.
func dotVector(x, y []float32) float32 {
	if level == avx512 {
		return dotAVX512(len(x), &x[0], &y[0])
	}
	return dotAVX2(len(x), &x[0], &y[0])
}

// columnSumsVector goes through all rows for some columns at a time, as many as keep a call short.
func columnSumsVector(y []float32, x Mat, accumulate bool) {
	add := 0
	if accumulate {
		add = 1
	}
	columns := max(128, callLimit/4/(x.Rows+1)&^127)
	for j := 0; j < len(y); j += columns {
		n := min(columns, len(y)-j)
		var from *float32
		if x.Rows > 0 {
			from = &x.X[j]
		}
		if level == avx512 {
			columnSumsAVX512(x.Rows, n, &y[j], from, 4*x.Stride, add)
		} else {
			columnSumsAVX2(x.Rows, n, &y[j], from, 4*x.Stride, add)
		}
	}
}

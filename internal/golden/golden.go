// Package golden compares results with what stands in testdata: float32 with numbers that PyTorch computed once, in float64,
// beside the script that made them; and the bits of runs with those of earlier revisions.
package golden

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// Read reads n cases from a file.
func Read[T any](t *testing.T, path string, n int) []T {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != n {
		t.Fatalf("%s: %d cases, want %d", path, len(cases), n)
	}
	return cases
}

// Near wants each value within 2e-5 of the golden one, relative to the largest: sums of a few dozen
// float32 products.
func Near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	top := 0.0
	for _, w := range want {
		top = max(top, math.Abs(w))
	}
	if len(got) != len(want) {
		t.Fatalf("%d values of %s, want %d", len(got), what, len(want))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= 2e-5*top) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], w)
		}
	}
}

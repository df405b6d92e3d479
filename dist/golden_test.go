package dist

import (
	"math"
	"testing"

	"covey/internal/golden"
	"covey/internal/kernel"
)

// goldenCase is what testdata/golden.py had PyTorch compute in float64.
type goldenCase struct {
	Name, Kind string
	Sizes      []int
	Rows       int
	Params     []float32
	Actions    []float32
	Advantages []float32
	Beta       float32
	Scale      float32
	LogProb    []float64 `json:"log_prob"`
	Entropy    []float64
	PolicyLoss float64 `json:"policy_loss"`
	EntropySum float64 `json:"entropy_sum"`
	Gradient   []float64
}

// TestGolden compares with PyTorch. float32 keeps 6e-8 of the largest number in a sum; a handful of operations and an
// exponential that is exact to 2 ulps make that less than 1e-6 of it, however large the batch.
func TestGolden(t *testing.T) {
	const tolerance = 1e-6
	for _, c := range golden.Read[goldenCase](t, "testdata/golden.json", 9) {
		t.Run(c.Name, func(t *testing.T) {
			var d Distribution
			switch {
			case c.Kind == "gaussian":
				d = NewGaussian(c.Sizes[0])
			case len(c.Sizes) == 1:
				d = NewCategorical(c.Sizes[0])
			default:
				d = NewMultiCategorical(c.Sizes)
			}
			params := kernel.Matrix(c.Params, c.Rows, d.Params())
			gradient := kernel.Matrix(make([]float32, len(c.Params)), c.Rows, d.Params())
			logProbs := make([]float32, c.Rows)

			d.LogProb(logProbs, params, c.Actions)
			compare(t, "log-probability", float64s(logProbs), c.LogProb, tolerance)
			loss := d.PolicyGradient(gradient, params, c.Actions, c.Advantages, c.Beta, c.Scale)
			for i := range gradient.X {
				if c.Kind == "gaussian" && beyond(params.X, i, c.Sizes[0]) { // where clamp has no gradient
					gradient.X[i] = 0
				}
			}
			compare(t, "gradient", float64s(gradient.X), c.Gradient, tolerance)
			largest := float64(c.Rows) * maxAbs(c.LogProb)
			if math.Abs(loss.Policy-c.PolicyLoss) > tolerance*largest {
				t.Errorf("policy loss %v, want %v", loss.Policy, c.PolicyLoss)
			}
			if math.Abs(loss.Entropy-c.EntropySum) > tolerance*float64(c.Rows)*(1+maxAbs(c.Entropy)) {
				t.Errorf("entropy %v, want %v", loss.Entropy, c.EntropySum)
			}
		})
	}
}

// beyond says whether element i of rows of [mean n | log-std n] is a log-std beyond its bounds.
func beyond(params []float32, i, n int) bool {
	return i%(2*n) >= n && (params[i] < MinLogStd || params[i] > MaxLogStd)
}

// compare allows an error of tolerance times the largest wanted value, and at least of tolerance.
func compare(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values of %s, want %d", len(got), what, len(want))
	}
	var worst float64
	allowed := tolerance * max(1, maxAbs(want))
	for i := range got {
		difference := math.Abs(got[i] - want[i])
		worst = max(worst, difference)
		if !(difference <= allowed) {
			t.Errorf("%s %d is %v, PyTorch's %v", what, i, got[i], want[i])
		}
	}
	t.Logf("%s: largest difference %.1e, allowed %.1e", what, worst, allowed)
}

func maxAbs(x []float64) (m float64) {
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

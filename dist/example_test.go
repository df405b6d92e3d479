package dist_test

import (
	"fmt"

	"covey/dist"
	"covey/internal/kernel"
)

// A policy that plays its first action three times in four took the second, which turned out well: the
// step against the gradient lowers the first logit and raises the second.
func ExampleCategorical_PolicyGradient() {
	policy := dist.NewCategorical(2)
	logits := kernel.Matrix([]float32{1.0986123, 0}, 1, 2) // ln 3, 0
	gradient := kernel.Matrix(make([]float32, 2), 1, 2)

	loss := policy.PolicyGradient(gradient, logits, []float32{1}, []float32{2}, 0, 1)
	fmt.Printf("loss %.3f, entropy %.3f, gradient %.2f\n", loss.Policy, loss.Entropy, gradient.X)
	// Output: loss 2.773, entropy 0.562, gradient [1.50 -1.50]
}

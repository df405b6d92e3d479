// Package dist turns what a network puts out into actions: categorical, several categoricals at once,
// and diagonal Gaussian, each with samples, log-probabilities, entropy and the gradient of the
// policy-gradient loss; the squashed Gaussian with its reparameterised gradient; and what acts without
// chance.
//
// A distribution reads its parameters in the rows of a matrix, which may be a few columns of a wider
// network output, and works on all rows of a call at once. A row's numbers do not depend on the rows
// beside it: alone and in a batch, they are the same bits.
//
// A distribution owns its working memory, which grows to the largest batch that it has seen and then
// stays. It belongs to one goroutine.
//
// What is not a number stays visible: parameters that hold NaN give NaN log-probabilities, losses and
// gradients, and actions that an environment can still take (an index in range) or NaN itself
// (a Gaussian), so that an alarm has something to see and nothing crashes before it does.
package dist

import (
	"fmt"
	"math/rand/v2"

	"covey/internal/kernel"
)

// Sampler turns each row of params into an action: what acting needs of a distribution.
type Sampler interface {
	// Params is the number of parameters in a row.
	Params() int
	// Actions is the number of elements in an action.
	Actions() int
	// Sample draws an action for each row and writes its log-probability, for a [Distribution] the same
	// bits as its LogProb. Rows draw from rng in order, so a batch takes what its rows would
	// have taken one after another.
	//
	// actions: [rows, Actions]; logProbs: [rows], nil: not wanted; params: [rows, Params].
	Sample(actions, logProbs []float32, params kernel.Mat, rng *rand.Rand)
	// Mode writes the most probable action of each row; of equals, the first.
	//
	// actions: [rows, Actions]; params: [rows, Params].
	Mode(actions []float32, params kernel.Mat)
}

// Distribution is a family of distributions over actions, one member for each row of params, that learns
// by the policy gradient.
type Distribution interface {
	Sampler
	// LogProb writes log π(a) of each row's action.
	//
	// logProbs: [rows]; params: [rows, Params]; actions: [rows, Actions].
	LogProb(logProbs []float32, params kernel.Mat, actions []float32)
	// PolicyGradient writes to dparams the gradient, by params, of
	//
	//	scale · Σ_rows (−A log π(a) − β H(π))
	//
	// where advantages A are constants, and returns the sums without scale and β.
	//
	// dparams, params: [rows, Params], not overlapping; actions: [rows, Actions]; advantages: [rows].
	PolicyGradient(dparams, params kernel.Mat, actions, advantages []float32, beta, scale float32) Loss
}

// Loss holds the parts of the policy loss, summed over rows.
type Loss struct {
	Policy  float64 // Σ −A log π(a)
	Entropy float64 // Σ H(π), in nats; of a Gaussian it may be negative
}

// check panics unless params is [rows, d.Params] for actions [rows, d.Actions] and each of perRow [rows].
func check(method string, d Sampler, params kernel.Mat, actions, perRow []float32) {
	if params.Cols != d.Params() || len(actions) != params.Rows*d.Actions() || len(perRow) != params.Rows {
		panic(fmt.Sprintf("dist.%s: parameters [%d,%d] with %d action elements and %d values, want [rows,%d], [rows,%d], [rows]",
			method, params.Rows, params.Cols, len(actions), len(perRow), d.Params(), d.Actions()))
	}
}

// checkSample panics unless params is [rows, d.Params] for actions [rows, d.Actions], and logProbs, where
// wanted, [rows].
func checkSample(d Sampler, params kernel.Mat, actions, logProbs []float32) {
	if params.Cols != d.Params() || len(actions) != params.Rows*d.Actions() || logProbs != nil && len(logProbs) != params.Rows {
		panic(fmt.Sprintf("dist.Sample: parameters [%d,%d] with %d action elements and %d log-probabilities, want [rows,%d], [rows,%d], [rows]",
			params.Rows, params.Cols, len(actions), len(logProbs), d.Params(), d.Actions()))
	}
}

// checkActions panics unless params is [rows, d.Params] for actions [rows, d.Actions].
func checkActions(method string, d Sampler, params kernel.Mat, actions []float32) {
	if params.Cols != d.Params() || len(actions) != params.Rows*d.Actions() {
		panic(fmt.Sprintf("dist.%s: parameters [%d,%d] with %d action elements, want [rows,%d], [rows,%d]",
			method, params.Rows, params.Cols, len(actions), d.Params(), d.Actions()))
	}
}

// checkSame panics unless gradient has the shape of params.
func checkSame(gradient, params kernel.Mat) {
	if gradient.Rows != params.Rows || gradient.Cols != params.Cols {
		panic(fmt.Sprintf("dist.PolicyGradient: gradient [%d,%d] of parameters [%d,%d]",
			gradient.Rows, gradient.Cols, params.Rows, params.Cols))
	}
}

// grown returns x with length n, newly made where its capacity does not do.
func grown(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

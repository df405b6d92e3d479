package dist

import (
	"fmt"
	"math/rand/v2"

	"covey/internal/kernel"
)

// Categorical is one choice among n, or several independent choices. A row's parameters are the logits
// of the first choice, then those of the second, and so on; they need not be normalised. An action is
// one index for each choice, from 0.
//
// A logit of −∞ rules an index out: it is never drawn, adds nothing to the entropy and gets no
// gradient. A choice in which all logits are −∞, or one is NaN or +∞, has no distribution: its
// log-probabilities are NaN, and its index is 0.
type Categorical struct {
	sizes []int // options of each choice
	width int   // Σ sizes

	// Of the latest call. weigh leaves the first two short of normalise: shifted logits and their
	// exponentials, the largest of each choice 0 and 1.
	logProbs, probs []float32 // [rows, width]
	sums, logSums   []float32 // [rows, choices]: Σ exp of the shifted logits, and its logarithm
}

var _ Distribution = (*Categorical)(nil)

// NewCategorical returns the distribution of one choice among n > 0.
func NewCategorical(n int) *Categorical { return NewMultiCategorical([]int{n}) }

// NewMultiCategorical returns the distribution of independent choices among n[0], n[1], … > 0 options.
// Their probabilities multiply: log π and H are sums over the choices.
func NewMultiCategorical(n []int) *Categorical {
	d := &Categorical{sizes: append([]int(nil), n...)}
	for _, size := range n {
		if size <= 0 {
			panic(fmt.Sprintf("dist.NewMultiCategorical: choices among %v options, want each > 0", n))
		}
		d.width += size
	}
	return d
}

// Params is the number of logits in a row.
func (d *Categorical) Params() int { return d.width }

// Actions is the number of choices.
func (d *Categorical) Actions() int { return len(d.sizes) }

// Sample implements [Distribution]. Each choice takes one uniform number from rng.
func (d *Categorical) Sample(actions, logProbs []float32, params kernel.Mat, rng *rand.Rand) {
	checkSample(d, params, actions, logProbs)
	d.weigh(params)
	choice, start := 0, 0
	for range params.Rows {
		for _, size := range d.sizes {
			actions[choice] = float32(pick(d.probs[start:start+size], rng.Float64()))
			choice, start = choice+1, start+size
		}
	}
	if logProbs != nil {
		d.normalise(params.Rows)
		d.gather(logProbs, actions)
	}
}

// pick returns the index at which the running sum of weights passes u, in [0,1), of their total. Where
// rounding leaves the sum short, it is the last index that is possible at all; 0 if none is.
func pick(weights []float32, u float64) int {
	var total, sum float64
	for _, w := range weights {
		total += float64(w)
	}
	u *= total
	last := 0
	for j, w := range weights {
		if w > 0 {
			last = j
		}
		if sum += float64(w); u < sum {
			return j
		}
	}
	return last
}

// Mode implements [Distribution].
func (d *Categorical) Mode(actions []float32, params kernel.Mat) {
	if params.Cols != d.width || len(actions) != params.Rows*len(d.sizes) {
		panic(fmt.Sprintf("dist.Mode: %d action elements for parameters [%d,%d], want [rows,%d] for [rows,%d]",
			len(actions), params.Rows, params.Cols, len(d.sizes), d.width))
	}
	choice := 0
	for i := range params.Rows {
		logits := params.Row(i)
		for _, size := range d.sizes {
			best := 0
			for j, z := range logits[:size] {
				if z > logits[best] {
					best = j
				}
			}
			actions[choice] = float32(best)
			choice, logits = choice+1, logits[size:]
		}
	}
}

// LogProb implements [Distribution].
func (d *Categorical) LogProb(logProbs []float32, params kernel.Mat, actions []float32) {
	check("LogProb", d, params, actions, logProbs)
	d.weigh(params)
	d.normalise(params.Rows)
	d.gather(logProbs, actions)
}

// gather sums the log-probabilities of the options that each row's action names.
func (d *Categorical) gather(logProbs, actions []float32) {
	choice, start := 0, 0
	for i := range logProbs {
		var sum float32
		for _, size := range d.sizes {
			sum += d.logProbs[start+index(actions[choice], size)]
			choice, start = choice+1, start+size
		}
		logProbs[i] = sum
	}
}

// PolicyGradient implements [Distribution]. Of L = −A log π(a) − β H(π), in each choice,
//
//	∂L/∂logit_j = A (π_j − 1[j=a]) + β π_j (log π_j + H)    H = −Σ_j π_j log π_j
func (d *Categorical) PolicyGradient(dparams, params kernel.Mat, actions, advantages []float32, beta, scale float32) Loss {
	check("PolicyGradient", d, params, actions, advantages)
	checkSame(dparams, params)
	d.weigh(params)
	d.normalise(params.Rows)
	var loss Loss
	choice, start := 0, 0
	for i, advantage := range advantages {
		dlogits := dparams.Row(i)
		for _, size := range d.sizes {
			logProbs, probs := d.logProbs[start:start+size], d.probs[start:start+size]
			action := index(actions[choice], size)
			entropy := choiceGradient(dlogits[:size], logProbs, probs, action, advantage, beta, scale)
			loss.Policy -= float64(advantage) * float64(logProbs[action])
			loss.Entropy += float64(entropy)
			choice, start, dlogits = choice+1, start+size, dlogits[size:]
		}
	}
	return loss
}

// choiceGradient writes scale times the gradient of one choice, and returns its entropy.
func choiceGradient(dlogits, logProbs, probs []float32, action int, advantage, beta, scale float32) (entropy float32) {
	for j, p := range probs {
		if p != 0 { // 0 log 0 is 0
			entropy -= float32(p * logProbs[j])
		}
	}
	for j, p := range probs {
		var d float32
		if p != 0 {
			d = float32(p * (advantage + float32(beta*(logProbs[j]+entropy))))
		}
		if j == action {
			d -= advantage
		}
		dlogits[j] = scale * d
	}
	return entropy
}

// weigh fills d.logProbs with the logits, of which each choice's largest is moved to 0, and d.probs
// with their exponentials. To draw takes no more.
func (d *Categorical) weigh(params kernel.Mat) {
	d.logProbs, d.probs = grown(d.logProbs, params.Rows*d.width), grown(d.probs, params.Rows*d.width)
	start := 0
	for i := range params.Rows {
		logits := params.Row(i)
		for _, size := range d.sizes {
			top := logits[0]
			for _, z := range logits[1:size] {
				top = max(top, z) // NaN if one is
			}
			for j, z := range logits[:size] {
				d.logProbs[start+j] = z - top
			}
			start, logits = start+size, logits[size:]
		}
	}
	kernel.Exp(d.probs, d.logProbs)
}

// normalise turns what weigh left into log softmax and softmax. It takes one logarithm of all sums at
// once, because a vector of them costs what one alone does.
func (d *Categorical) normalise(rows int) {
	choices := rows * len(d.sizes)
	d.sums, d.logSums = grown(d.sums, choices), grown(d.logSums, choices)
	choice, start := 0, 0
	for range rows {
		for _, size := range d.sizes {
			var sum float32
			for _, weight := range d.probs[start : start+size] {
				sum += weight
			}
			d.sums[choice] = sum
			choice, start = choice+1, start+size
		}
	}
	kernel.Log(d.logSums, d.sums)
	choice, start = 0, 0
	for range rows {
		for _, size := range d.sizes {
			logProbs, probs := d.logProbs[start:start+size], d.probs[start:start+size]
			logSum, inverse := d.logSums[choice], 1/d.sums[choice]
			for j := range probs {
				logProbs[j] -= logSum
				probs[j] *= inverse
			}
			choice, start = choice+1, start+size
		}
	}
}

// index is the option that an action element names, which must be one of size.
func index(action float32, size int) int {
	if !(action >= 0 && action < float32(size)) {
		panic(fmt.Sprintf("dist: action %v, want an index below %d", action, size))
	}
	return int(action)
}

package dist

import (
	"fmt"
	"math/rand/v2"

	"covey/internal/kernel"
)

// Bounds on the log of a Gaussian's standard deviation, as commonly chosen (Haarnoja et al. 2018,
// arXiv:1801.01290, code): a deviation between 2e-9 and 7.4.
const (
	MinLogStd = -20
	MaxLogStd = 2
)

// Gaussian is a normal distribution of n independent elements, unbounded. A row's parameters are
// [mean n | log-std n], whether a network computes the log-std from the observation or holds it as a
// free vector. An action that was sampled is stored, and its probability taken, before anyone clips it to an
// environment's bounds.
//
// A log-std counts as [MinLogStd] below it and [MaxLogStd] above. Beyond a bound its gradient is the one at the bound where
// that leads back, and else zero: what a step has carried out of the bounds can come back. NaN stays NaN.
type Gaussian struct {
	n int

	logStd, std []float32 // [rows, n], bounded, of the latest call
}

var _ Distribution = (*Gaussian)(nil)

// NewGaussian returns the distribution of n > 0 elements.
func NewGaussian(n int) *Gaussian {
	if n <= 0 {
		panic(fmt.Sprintf("dist.NewGaussian: %d elements, want > 0", n))
	}
	return &Gaussian{n: n}
}

// Params is 2n: the means, then the log-stds.
func (d *Gaussian) Params() int { return 2 * d.n }

// Actions is n.
func (d *Gaussian) Actions() int { return d.n }

// Sample implements [Distribution]. Each element takes one normal number from rng.
func (d *Gaussian) Sample(actions, logProbs []float32, params kernel.Mat, rng *rand.Rand) {
	checkSample(d, params, actions, logProbs)
	d.deviations(params)
	for i := range params.Rows {
		mean := params.Row(i)[:d.n]
		std, action := d.std[i*d.n:(i+1)*d.n], actions[i*d.n:(i+1)*d.n]
		for j, mu := range mean {
			action[j] = mu + float32(std[j]*float32(rng.NormFloat64()))
		}
		if logProbs != nil {
			logProbs[i] = float32(d.logProb(i, mean, action))
		}
	}
}

// Transform writes the actions that noise, standard normal and [rows, n], makes of each row: a = μ + σ ε.
func (d *Gaussian) Transform(actions []float32, params kernel.Mat, noise []float32) {
	checkSample(d, params, actions, nil)
	if len(noise) != len(actions) {
		panic(fmt.Sprintf("dist.Transform: %d numbers of noise for %d action elements", len(noise), len(actions)))
	}
	d.deviations(params)
	for i := range params.Rows {
		for j, mu := range params.Row(i)[:d.n] {
			at := i*d.n + j
			actions[at] = mu + float32(d.std[at]*noise[at])
		}
	}
}

// Mode implements [Distribution]: the mean.
func (d *Gaussian) Mode(actions []float32, params kernel.Mat) {
	if params.Cols != 2*d.n || len(actions) != params.Rows*d.n {
		panic(fmt.Sprintf("dist.Mode: %d action elements for parameters [%d,%d], want [rows,%d] for [rows,%d]",
			len(actions), params.Rows, params.Cols, d.n, 2*d.n))
	}
	for i := range params.Rows {
		copy(actions[i*d.n:(i+1)*d.n], params.Row(i))
	}
}

// LogProb implements [Distribution]:
//
//	log π(a) = Σ_j −½ z_j² − log σ_j − ½ log 2π    z_j = (a_j − μ_j)/σ_j
func (d *Gaussian) LogProb(logProbs []float32, params kernel.Mat, actions []float32) {
	check("LogProb", d, params, actions, logProbs)
	d.deviations(params)
	for i := range logProbs {
		logProbs[i] = float32(d.logProb(i, params.Row(i)[:d.n], actions[i*d.n:(i+1)*d.n]))
	}
}

// halfLog2Pi is ½ log 2π.
const halfLog2Pi = 0.918938533204672741780329736405617640

// logProb is that of row i, whose deviations stand in d. It is summed in float64, so that what a
// float32 of it loses does not grow with n.
func (d *Gaussian) logProb(i int, mean, action []float32) (sum float64) {
	logStd, std := d.logStd[i*d.n:(i+1)*d.n], d.std[i*d.n:(i+1)*d.n]
	for j, mu := range mean {
		z := (float64(action[j]) - float64(mu)) / float64(std[j])
		sum -= float64(0.5*z*z) + float64(logStd[j]) + halfLog2Pi
	}
	return sum
}

// PolicyGradient implements [Distribution]. Of L = −A log π(a) − β H(π), with z = (a − μ)/σ,
//
//	∂L/∂μ = −A z/σ    ∂L/∂log σ = −A (z² − 1) − β    H = Σ_j log σ_j + ½ log 2πe
func (d *Gaussian) PolicyGradient(dparams, params kernel.Mat, actions, advantages []float32, beta, scale float32) Loss {
	check("PolicyGradient", d, params, actions, advantages)
	checkSame(dparams, params)
	d.deviations(params)
	var loss Loss
	for i, advantage := range advantages {
		mean, rawLogStd := params.Row(i)[:d.n], params.Row(i)[d.n:]
		dmean, dlogStd := dparams.Row(i)[:d.n], dparams.Row(i)[d.n:]
		action := actions[i*d.n : (i+1)*d.n]
		logStd, std := d.logStd[i*d.n:(i+1)*d.n], d.std[i*d.n:(i+1)*d.n]
		for j, mu := range mean {
			z := (action[j] - mu) / std[j]
			dmean[j] = -scale * advantage * z / std[j]
			slope := -scale * (float32(advantage*(float32(z*z)-1)) + beta)
			if rawLogStd[j] < MinLogStd && slope > 0 || rawLogStd[j] > MaxLogStd && slope < 0 {
				slope = 0 // a descent would lead further out
			}
			dlogStd[j] = slope
			loss.Entropy += float64(logStd[j]) + halfLog2Pi + 0.5
		}
		loss.Policy -= float64(float64(advantage) * d.logProb(i, mean, action))
	}
	return loss
}

// deviations fills d.logStd with the bounded log-stds of all rows, and d.std with their exponentials.
func (d *Gaussian) deviations(params kernel.Mat) {
	d.logStd, d.std = grown(d.logStd, params.Rows*d.n), grown(d.std, params.Rows*d.n)
	for i := range params.Rows {
		bounded := d.logStd[i*d.n : (i+1)*d.n]
		for j, s := range params.Row(i)[d.n:] {
			if s < MinLogStd {
				s = MinLogStd
			} else if s > MaxLogStd {
				s = MaxLogStd
			}
			bounded[j] = s
		}
	}
	kernel.Exp(d.std, d.logStd)
}

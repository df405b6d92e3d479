package dist

import (
	"fmt"
	"math"
	"math/rand/v2"

	"covey/internal/kernel"
)

// LogStdBound says how a squashed Gaussian keeps the log of its standard deviation within reason.
type LogStdBound string

// The bounds. Clamped, a log-std beyond them has no gradient and may be stuck there; mapped, it always
// has one, and deviations end at 0.007 instead of 2e-9.
const (
	ClampLogStd LogStdBound = "clamp" // to [MinLogStd, MaxLogStd] = [−20, 2] (Haarnoja et al. 2018, code)
	MapLogStd   LogStdBound = "tanh"  // log σ = −5 + 3.5 (1 + tanh x) ∈ [−5, 2]
)

// The range onto which MapLogStd maps, as centre and half width.
const (
	mapCenter = -1.5
	mapHalf   = 3.5
)

// SquashedGaussian is tanh of a normal distribution of n independent elements: a = tanh(u), u = μ + σε, in
// (−1, 1). A row's parameters are [mean n | log-std n]. It learns by the reparameterised gradient, not by
// the policy gradient: from an action in float32 u cannot be had back.
//
// What [SquashedGaussian.Transform] computed stays for [SquashedGaussian.Gradient].
type SquashedGaussian struct {
	n     int
	bound LogStdBound

	noise, u  []float32 // [rows, n]: ε and u of the latest Transform
	squashed  []float32 // [rows, n]: tanh u
	logSlope  []float32 // [rows, n]: ln(1 − tanh² u)
	std       []float32 // [rows, n]
	logStd    []float32 // [rows, n], bounded
	boundedBy []float32 // [rows, n]: ∂ log σ/∂x
	slope     []float32 // [rows, n]: 1 − tanh² u, of the latest Gradient
}

var _ Sampler = (*SquashedGaussian)(nil)

// NewSquashedGaussian returns the distribution of n > 0 elements.
func NewSquashedGaussian(n int, bound LogStdBound) *SquashedGaussian {
	if n <= 0 || bound != ClampLogStd && bound != MapLogStd {
		panic(fmt.Sprintf("dist.NewSquashedGaussian: %d elements, bound %q; want > 0, %s or %s", n, bound, ClampLogStd, MapLogStd))
	}
	return &SquashedGaussian{n: n, bound: bound}
}

// Params is 2n: the means, then the log-stds.
func (d *SquashedGaussian) Params() int { return 2 * d.n }

// Actions is n.
func (d *SquashedGaussian) Actions() int { return d.n }

// Sample implements [Sampler]. Each element takes one normal number from rng.
func (d *SquashedGaussian) Sample(actions, logProbs []float32, params kernel.Mat, rng *rand.Rand) {
	d.noise = grown(d.noise, params.Rows*d.n)
	for i := range d.noise {
		d.noise[i] = float32(rng.NormFloat64())
	}
	d.Transform(actions, logProbs, params, d.noise)
}

// Mode implements [Sampler] with tanh μ, which is what SAC calls greedy: the median, and not the most
// probable action, which near the bounds would be a bound itself.
func (d *SquashedGaussian) Mode(actions []float32, params kernel.Mat) {
	checkActions("Mode", d, params, actions)
	for i := range params.Rows {
		copy(actions[i*d.n:(i+1)*d.n], params.Row(i))
	}
	kernel.Tanh.Apply(actions, actions)
}

// Transform makes actions of noise, drawn from the standard normal distribution, and takes their
// log-probabilities:
//
//	a = tanh u    u = μ + σε
//	log π(a) = Σ_j −½ ε_j² − log σ_j − ½ log 2π − log(1 − a_j²)
//	log(1 − tanh² u) = 2 (log 2 − |u| − softplus(−2|u|))
//
// The last form holds where tanh u rounds to ±1 (Haarnoja et al. 2018, arXiv:1812.05905, appendix C, in the form
// that is even in u).
//
// actions, noise: [rows, Actions]; logProbs: [rows], nil: not wanted; params: [rows, Params].
func (d *SquashedGaussian) Transform(actions, logProbs []float32, params kernel.Mat, noise []float32) {
	checkSample(d, params, actions, logProbs)
	if len(noise) != len(actions) {
		panic(fmt.Sprintf("dist.Transform: %d numbers of noise for %d action elements", len(noise), len(actions)))
	}
	d.deviations(params)
	n := len(actions)
	d.noise, d.u, d.squashed = grown(d.noise, n), grown(d.u, n), grown(d.squashed, n)
	copy(d.noise, noise)
	for i := range params.Rows {
		for j, mean := range params.Row(i)[:d.n] {
			k := i*d.n + j
			d.u[k] = mean + float32(d.std[k]*d.noise[k])
		}
	}
	kernel.Tanh.Apply(d.squashed, d.u)
	copy(actions, d.squashed)
	if logProbs == nil {
		return
	}
	d.slopes()
	for i := range logProbs {
		var sum float64 // so that what a float32 of it loses does not grow with n
		for k := i * d.n; k < (i+1)*d.n; k++ {
			e := float64(d.noise[k])
			sum -= float64(0.5*e*e) + float64(d.logStd[k]) + halfLog2Pi + float64(d.logSlope[k])
		}
		logProbs[i] = float32(sum)
	}
}

// slopes fills d.logSlope for the latest u.
func (d *SquashedGaussian) slopes() {
	d.logSlope = grown(d.logSlope, len(d.u))
	for k, u := range d.u {
		d.logSlope[k] = -2 * abs(u)
	}
	kernel.Softplus(d.logSlope, d.logSlope)
	for k, u := range d.u {
		d.logSlope[k] = 2 * (math.Ln2 - abs(u) - d.logSlope[k])
	}
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// Gradient writes to dparams the gradient of a loss L through the latest Transform, which must have taken
// log-probabilities, its noise held constant. dactions is ∂L/∂a, [rows, Actions]; logProbWeight is
// ∂L/∂ log π(a), the same for all rows; dparams: [rows, Params].
//
//	∂L/∂μ     = ∂L/∂a (1 − a²) + w·2a        of log π: −∂/∂u log(1 − tanh² u) = 2 tanh u
//	∂L/∂log σ = ∂L/∂μ · σε − w
func (d *SquashedGaussian) Gradient(dparams kernel.Mat, dactions []float32, logProbWeight float32) {
	if dparams.Cols != d.Params() || len(dactions) != dparams.Rows*d.n || len(dactions) != len(d.logSlope) {
		panic(fmt.Sprintf("dist.Gradient: gradient [%d,%d] of %d action elements after a Transform of %d",
			dparams.Rows, dparams.Cols, len(dactions), len(d.logSlope)))
	}
	d.slope = grown(d.slope, len(d.logSlope))
	kernel.Exp(d.slope, d.logSlope)
	w := logProbWeight
	for i := range dparams.Rows {
		dmean, dlogStd := dparams.Row(i)[:d.n], dparams.Row(i)[d.n:]
		for j := range dmean {
			k := i*d.n + j
			du := float32(dactions[k]*d.slope[k]) + float32(2*w*d.squashed[k])
			dmean[j] = du
			dlogStd[j] = (float32(du*float32(d.std[k]*d.noise[k])) - w) * d.boundedBy[k]
		}
	}
}

// deviations fills the bounded log-stds of all rows, their exponentials and what the bound does to
// their gradients. NaN stays NaN.
func (d *SquashedGaussian) deviations(params kernel.Mat) {
	n := params.Rows * d.n
	d.logStd, d.std, d.boundedBy = grown(d.logStd, n), grown(d.std, n), grown(d.boundedBy, n)
	for i := range params.Rows {
		copy(d.logStd[i*d.n:(i+1)*d.n], params.Row(i)[d.n:])
	}
	if d.bound == MapLogStd {
		kernel.Tanh.Apply(d.logStd, d.logStd)
		for k, t := range d.logStd {
			d.logStd[k] = mapCenter + float32(mapHalf*t)
			d.boundedBy[k] = mapHalf * (1 - float32(t*t))
		}
	} else {
		for k, s := range d.logStd {
			d.boundedBy[k] = 1
			if s < MinLogStd {
				d.logStd[k], d.boundedBy[k] = MinLogStd, 0
			} else if s > MaxLogStd {
				d.logStd[k], d.boundedBy[k] = MaxLogStd, 0
			}
		}
	}
	kernel.Exp(d.std, d.logStd)
}

package dist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/internal/kernel"
)

var (
	nan      = float32(math.NaN())
	infinity = float32(math.Inf(1))
)

// bits makes NaNs comparable.
func bits(x []float32) string {
	s := make([]string, len(x))
	for i, v := range x {
		s[i] = fmt.Sprintf("%08x", math.Float32bits(v))
	}
	return strings.Join(s, " ")
}

// A row alone and in a batch gives the same bits, and draws the same numbers.
func TestRowAloneEqualsRowInBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, s := range subjects() {
		for _, rows := range []int{0, 1, 2, 7, 33} {
			t.Run(fmt.Sprintf("%s/%d", s.name, rows), func(t *testing.T) {
				b := s.batch(rng, rows)
				together, alone := s.new(), s.new()
				n := together.Actions()
				actions, modes := make([]float32, rows*n), make([]float32, rows*n)
				sampled, logProbs := make([]float32, rows), make([]float32, rows)
				gradient := widened(rows, together.Params(), 0)
				togetherRNG, aloneRNG := rand.New(rand.NewPCG(4, 4)), rand.New(rand.NewPCG(4, 4))
				together.Sample(actions, sampled, b.params, togetherRNG)
				together.Mode(modes, b.params)
				together.LogProb(logProbs, b.params, b.actions)
				loss := together.PolicyGradient(gradient, b.params, b.actions, b.advantages, 0.1, 0.3)

				var sum Loss
				for i := range rows {
					one := b.rowAlone(i)
					action, mode := make([]float32, n), make([]float32, n)
					oneSampled, oneLogProb := make([]float32, 1), make([]float32, 1)
					oneGradient := kernel.Matrix(make([]float32, together.Params()), 1, together.Params())
					alone.Sample(action, oneSampled, one.params, aloneRNG)
					alone.Mode(mode, one.params)
					alone.LogProb(oneLogProb, one.params, one.actions)
					oneLoss := alone.PolicyGradient(oneGradient, one.params, one.actions, one.advantages, 0.1, 0.3)
					sum.Policy += oneLoss.Policy
					sum.Entropy += oneLoss.Entropy
					for _, c := range []struct {
						what          string
						alone, inside []float32
					}{
						{"sample", action, actions[i*n : (i+1)*n]},
						{"its log-probability", oneSampled, sampled[i : i+1]},
						{"mode", mode, modes[i*n : (i+1)*n]},
						{"log-probability", oneLogProb, logProbs[i : i+1]},
						{"gradient", oneGradient.X, gradient.Row(i)},
					} {
						if bits(c.alone) != bits(c.inside) {
							t.Fatalf("row %d: %s alone %v, in the batch %v", i, c.what, c.alone, c.inside)
						}
					}
				}
				if math.Abs(loss.Policy-sum.Policy) > 1e-9 || math.Abs(loss.Entropy-sum.Entropy) > 1e-9 {
					t.Errorf("loss %+v, of the rows alone %+v", loss, sum)
				}
			})
		}
	}
}

// What Sample says of its action is what LogProb says of it, so an on-policy ratio is exactly 1.
func TestSampledLogProbIsLogProb(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, s := range subjects() {
		b := s.batch(rng, 100)
		d := s.new()
		actions, sampled, again := make([]float32, 100*d.Actions()), make([]float32, 100), make([]float32, 100)
		d.Sample(actions, sampled, b.params, rng)
		d.LogProb(again, b.params, actions)
		if bits(sampled) != bits(again) {
			t.Errorf("%s: sampled with %v, evaluated as %v", s.name, sampled, again)
		}
	}
}

// Not wanting the log-probabilities changes neither the action nor what is drawn from the stream.
func TestSampleWithoutLogProbs(t *testing.T) {
	for _, s := range subjects() {
		b := s.batch(rand.New(rand.NewPCG(13, 13)), 30)
		d := s.new()
		with, without := make([]float32, 30*d.Actions()), make([]float32, 30*d.Actions())
		withRNG, withoutRNG := rand.New(rand.NewPCG(14, 14)), rand.New(rand.NewPCG(14, 14))
		d.Sample(with, make([]float32, 30), b.params, withRNG)
		d.Sample(without, nil, b.params, withoutRNG)
		if bits(with) != bits(without) || withRNG.Uint64() != withoutRNG.Uint64() {
			t.Errorf("%s: drew %v with log-probabilities, %v without", s.name, with, without)
		}
	}
}

func TestCategoricalFrequencies(t *testing.T) {
	const draws = 200_000
	probs := [][]float64{{0.5, 0.25, 0.125, 0.125}, {0.9, 0.1}}
	var logits []float32
	for _, choice := range probs {
		for _, p := range choice {
			logits = append(logits, float32(math.Log(p))+3)
		}
	}
	d := NewMultiCategorical([]int{4, 2})
	params := kernel.Matrix(logits, 1, 6)
	rng := rand.New(rand.NewPCG(6, 6))
	counts := [2][4]float64{}
	action, logProb := make([]float32, 2), make([]float32, 1)
	both := 0.0
	for range draws {
		d.Sample(action, logProb, params, rng)
		counts[0][int(action[0])]++
		counts[1][int(action[1])]++
		if action[0] == 0 && action[1] == 1 {
			both++
		}
	}
	within := func(what string, count, p float64) {
		if deviation := math.Sqrt(draws * p * (1 - p)); math.Abs(count-draws*p) > 4*deviation {
			t.Errorf("%s drawn %v times of %d, want %v ± %.0f", what, count, draws, draws*p, deviation)
		}
	}
	for i, choice := range probs {
		for j, p := range choice {
			within(fmt.Sprintf("choice %d option %d", i, j), counts[i][j], p)
		}
	}
	within("0 and 1 together", both, 0.5*0.1)
}

func TestGaussianMoments(t *testing.T) {
	const draws = 200_000
	d := NewGaussian(2)
	params := kernel.Matrix([]float32{3, -1, float32(math.Log(0.5)), float32(math.Log(2))}, 1, 4)
	rng := rand.New(rand.NewPCG(7, 7))
	var sum, squares [2]float64
	var product float64
	action, logProb := make([]float32, 2), make([]float32, 1)
	for range draws {
		d.Sample(action, logProb, params, rng)
		x, y := (float64(action[0])-3)/0.5, (float64(action[1])+1)/2
		sum[0], sum[1] = sum[0]+x, sum[1]+y
		squares[0], squares[1] = squares[0]+x*x, squares[1]+y*y
		product += x * y
	}
	for name, c := range map[string][2]float64{ // of a standard normal: mean, and its deviation
		"mean 0": {sum[0], 1}, "mean 1": {sum[1], 1}, "product": {product, 1},
		"variance 0": {squares[0] - draws, math.Sqrt2}, "variance 1": {squares[1] - draws, math.Sqrt2},
	} {
		if z := c[0] / (c[1] * math.Sqrt(draws)); math.Abs(z) > 4 {
			t.Errorf("%s is %.1f deviations off", name, z)
		}
	}
}

func TestPick(t *testing.T) {
	almostOne := math.Nextafter(1, 0)
	for _, c := range []struct {
		probs []float32
		u     float64
		want  int
	}{
		{[]float32{0.25, 0.5, 0.25}, 0, 0},
		{[]float32{0.25, 0.5, 0.25}, 0.25, 1}, // the first option owns [0, 0.25)
		{[]float32{0.25, 0.5, 0.25}, 0.75, 2},
		{[]float32{0.25, 0.5, 0.25}, almostOne, 2},
		{[]float32{0, 0, 1}, 0, 2},
		{[]float32{0, 1, 0}, almostOne, 1},
		{[]float32{0.3, 0.6, 0}, almostOne, 1}, // the last that is possible
		{[]float32{1, 0.5, 0.5}, 0.6, 1},       // weights need not sum to 1
		{[]float32{nan, nan}, 0.5, 0},
		{[]float32{1}, almostOne, 0},
	} {
		if got := pick(c.probs, c.u); got != c.want {
			t.Errorf("pick(%v, %v) = %d, want %d", c.probs, c.u, got, c.want)
		}
	}
}

func TestRuledOutOptions(t *testing.T) {
	d := NewCategorical(4)
	params := kernel.Matrix([]float32{-infinity, 1, -infinity, 0}, 1, 4)
	rng := rand.New(rand.NewPCG(8, 8))
	action, logProb := make([]float32, 1), make([]float32, 1)
	for range 10_000 {
		d.Sample(action, logProb, params, rng)
		if action[0] != 1 && action[0] != 3 {
			t.Fatalf("drew %v, which a logit of −∞ rules out", action)
		}
	}
	// What is left is the distribution of the two others.
	gradient, small := kernel.Matrix(make([]float32, 4), 1, 4), kernel.Matrix(make([]float32, 2), 1, 2)
	masked := d.PolicyGradient(gradient, params, []float32{3}, []float32{2}, 0.5, 1)
	want := NewCategorical(2).PolicyGradient(small, kernel.Matrix([]float32{1, 0}, 1, 2), []float32{1}, []float32{2}, 0.5, 1)
	if masked != want || bits(gradient.X) != bits([]float32{0, small.X[0], 0, small.X[1]}) {
		t.Errorf("with two options ruled out %+v %v, of the two alone %+v %v", masked, gradient.X, want, small.X)
	}
}

func TestHugeLogits(t *testing.T) {
	d := NewCategorical(3)
	for _, logits := range [][]float32{{1e30, -1e30, 0}, {-1e30, -2e30, -3e30}, {math.MaxFloat32, 0, -math.MaxFloat32}, {500, 0, -500}} {
		params, gradient := kernel.Matrix(logits, 1, 3), kernel.Matrix(make([]float32, 3), 1, 3)
		action, logProb := make([]float32, 1), make([]float32, 1)
		d.Sample(action, logProb, params, rand.New(rand.NewPCG(9, 9)))
		if action[0] != 0 || logProb[0] != 0 {
			t.Errorf("%v: drew %v with log-probability %v, want 0 with 0", logits, action, logProb)
		}
		loss := d.PolicyGradient(gradient, params, []float32{0}, []float32{1}, 0.1, 1)
		if loss != (Loss{}) || gradient.X[0] != 0 || gradient.X[1] != 0 || gradient.X[2] != 0 {
			t.Errorf("%v: certain, yet loss %+v, gradient %v", logits, loss, gradient.X)
		}
	}
}

func TestNaNIsSeen(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(10, 10))
			for column := range s.new().Params() {
				b := s.batch(rng, 3)
				b.params.Row(1)[column] = nan
				d := s.new()
				actions, logProbs := make([]float32, 3*d.Actions()), make([]float32, 3)
				gradient := kernel.Matrix(make([]float32, 3*d.Params()), 3, d.Params())
				d.Sample(actions, logProbs, b.params, rng)
				if logProbs[1] == logProbs[1] || logProbs[0] != logProbs[0] || logProbs[2] != logProbs[2] {
					t.Errorf("NaN in column %d of row 1: log-probabilities %v of samples", column, logProbs)
				}
				d.LogProb(logProbs, b.params, b.actions)
				if logProbs[1] == logProbs[1] {
					t.Errorf("NaN in column %d of row 1: log-probabilities %v", column, logProbs)
				}
				loss := d.PolicyGradient(gradient, b.params, b.actions, b.advantages, 0.1, 1)
				if g := gradient.Row(1)[column]; g == g || loss.Policy == loss.Policy {
					t.Errorf("NaN in column %d of row 1: gradient %v, loss %+v", column, g, loss)
				}
				d.Mode(actions, b.params) // must not panic
			}
		})
	}
}

func TestDegenerateLogitsStayInRange(t *testing.T) {
	d := NewCategorical(2)
	action, logProb := make([]float32, 1), make([]float32, 1)
	for _, logits := range [][]float32{{nan, nan}, {0, nan}, {infinity, 0}, {infinity, infinity}, {-infinity, -infinity}} {
		for range 20 {
			d.Sample(action, logProb, kernel.Matrix(logits, 1, 2), rand.New(rand.NewPCG(11, 11)))
			if action[0] != 0 || logProb[0] == logProb[0] {
				t.Fatalf("%v: action %v with log-probability %v, want 0 with NaN", logits, action, logProb)
			}
		}
	}
}

func TestModeIsTheFirstOfTheMostProbable(t *testing.T) {
	actions := make([]float32, 4)
	NewMultiCategorical([]int{3, 2}).Mode(actions, kernel.Matrix([]float32{1, 5, 2, 0, 0, -3, -2, -2, -1, 7}, 2, 5))
	if bits(actions) != bits([]float32{1, 0, 1, 1}) {
		t.Errorf("modes %v, want [1 0 1 1]", actions)
	}
	NewGaussian(2).Mode(actions, kernel.Matrix([]float32{1, 2, 0, 0, 3, 4, 1, 1}, 2, 4))
	if bits(actions) != bits([]float32{1, 2, 3, 4}) {
		t.Errorf("modes %v, want the means [1 2 3 4]", actions)
	}
}

func TestMisusePanics(t *testing.T) {
	d := NewCategorical(3)
	m := func(rows, cols int) kernel.Mat { return kernel.Matrix(make([]float32, rows*cols), rows, cols) }
	f := func(n int) []float32 { return make([]float32, n) }
	for want, call := range map[string]func(){
		"dist.Sample: parameters [2,4]":             func() { d.Sample(f(2), f(2), m(2, 4), nil) },
		"dist.LogProb: parameters [2,3] with 3":     func() { d.LogProb(f(2), m(2, 3), f(3)) },
		"dist.Mode: 1 action":                       func() { d.Mode(f(1), m(2, 3)) },
		"gradient [3,3] of parameters [2,3]":        func() { d.PolicyGradient(m(3, 3), m(2, 3), f(2), f(2), 0, 1) },
		"dist: action 3, want an index below 3":     func() { d.LogProb(f(1), m(1, 3), []float32{3}) },
		"dist: action NaN":                          func() { d.LogProb(f(1), m(1, 3), []float32{nan}) },
		"dist.NewGaussian: 0 elements":              func() { NewGaussian(0) },
		"dist.NewMultiCategorical: choices among [": func() { NewMultiCategorical([]int{2, 0}) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q in it", got, want)
				}
			}()
			call()
		})
	}
}

func TestNoAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for _, s := range subjects() {
		b := s.batch(rng, 20)
		d := s.new()
		gradient := widened(20, d.Params(), 0)
		actions, logProbs := make([]float32, 20*d.Actions()), make([]float32, 20)
		if n := testing.AllocsPerRun(50, func() {
			d.Sample(actions, logProbs, b.params, rng)
			d.Mode(actions, b.params)
			d.LogProb(logProbs, b.params, b.actions)
			d.PolicyGradient(gradient, b.params, b.actions, b.advantages, 0.1, 1)
		}); n != 0 {
			t.Errorf("%s: %v allocations per call, want none", s.name, n)
		}
	}
}

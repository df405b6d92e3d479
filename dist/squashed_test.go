package dist

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"

	"covey/internal/kernel"
)

// TestSquashedGolden compares actions, log-probabilities and gradients with PyTorch's.
func TestSquashedGolden(t *testing.T) {
	const tolerance = 2e-6
	data, err := os.ReadFile("testdata/squashed.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Bound           string
		N, Rows               int
		Params, Noise, Slopes []float32
		Weight                float32
		Actions, Gradient     []float64
		LogProbs              []float64 `json:"log_probs"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 6 {
		t.Fatalf("%d cases, want 6", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			d := NewSquashedGaussian(c.N, LogStdBound(c.Bound))
			params := kernel.Matrix(c.Params, c.Rows, d.Params())
			actions, logProbs := make([]float32, c.Rows*c.N), make([]float32, c.Rows)
			gradient := kernel.Matrix(make([]float32, len(c.Params)), c.Rows, d.Params())
			d.Transform(actions, logProbs, params, c.Noise)
			d.Gradient(gradient, c.Slopes, c.Weight)
			compare(t, "action", float64s(actions), c.Actions, tolerance)
			compare(t, "log-probability", float64s(logProbs), c.LogProbs, tolerance)
			compare(t, "gradient", float64s(gradient.X), c.Gradient, tolerance)
		})
	}
}

// bigExp is eˣ to 300 bits: the Taylor series at x/2⁴⁰, squared 40 times.
func bigExp(x *big.Float) *big.Float {
	number := func(f float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(f) }
	y := number(0).SetMantExp(x, -40)
	sum, term := number(1), number(1)
	for k := 1.0; k < 20; k++ {
		term.Quo(term.Mul(term, y), number(k))
		sum.Add(sum, term)
	}
	for range 40 {
		sum.Mul(sum, sum)
	}
	return sum
}

// TestLogProbFarIntoTheTails holds the log-probability against the density
//
//	(1/σ√2π) exp(−½ε²) / (1 − tanh² u)    1 − tanh² u = 4/(eᵘ + e⁻ᵘ)²
//
// computed with 400 bits, at u up to ±4000, where tanh u has long been ±1.
func TestLogProbFarIntoTheTails(t *testing.T) {
	const precision = 400
	number := func(x float32) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(float64(x)) }
	d := NewSquashedGaussian(1, ClampLogStd)
	for _, mean := range []float32{0, 1e-4, 0.3, -2, 5, -9, 12, -17, 20, 43, -44, 88, -90, 400, -4000} {
		for _, logStd := range []float32{-20, -5, -1, 0, 2} {
			for _, noise := range []float32{0, 0.7, -3, 6} {
				action, logProb := make([]float32, 1), make([]float32, 1)
				d.Transform(action, logProb, kernel.Matrix([]float32{mean, logStd}, 1, 2), []float32{noise})
				u := number(d.u[0])
				cosh := new(big.Float).Add(bigExp(u), bigExp(new(big.Float).Neg(u)))
				// exp(log π) σ√2π exp(½ε²) · 4/(eᵘ+e⁻ᵘ)² is 1, and its distance from 1 is the error of log π
				ratio := bigExp(number(logProb[0]))
				ratio.Mul(ratio, bigExp(number(logStd)))
				ratio.Mul(ratio, number(float32(math.Sqrt(2*math.Pi))))
				half := number(noise)
				half.Mul(half, half)
				ratio.Mul(ratio, bigExp(half.SetMantExp(half, -1)))
				ratio.Mul(ratio, number(4))
				ratio.Quo(ratio, cosh.Mul(cosh, cosh))
				off, _ := new(big.Float).Sub(ratio, number(1)).Float64()
				// one rounding each of 2|u|, log σ and the sum
				largest := 4 + 4*math.Abs(float64(d.u[0])) + math.Abs(float64(logStd)) + float64(noise*noise)
				if !(math.Abs(off) <= 1.5e-7*largest) {
					t.Errorf("mean %v, log σ %v, ε %v: log π = %v is off by %.2g", mean, logStd, noise, logProb[0], off)
				}
			}
		}
	}
}

// TestSquashedDensityIntegratesToOne: over all actions, for each bound of the log-std.
func TestSquashedDensityIntegratesToOne(t *testing.T) {
	for _, bound := range []LogStdBound{ClampLogStd, MapLogStd} {
		const rows = 20_001
		d := NewSquashedGaussian(1, bound)
		params := kernel.Mat{X: []float32{0.4, 0.2}, Rows: rows, Cols: 2} // the same row, rows times
		noise, actions, logProbs := make([]float32, rows), make([]float32, rows), make([]float32, rows)
		for i := range noise {
			noise[i] = -8 + 16*float32(i)/(rows-1)
		}
		params.X, params.Stride = repeat(params.X, rows), 2
		d.Transform(actions, logProbs, params, noise)
		sum := 0.0
		for i := 1; i < rows; i++ { // trapezia over a
			width := float64(actions[i]) - float64(actions[i-1])
			sum += width * (math.Exp(float64(logProbs[i])) + math.Exp(float64(logProbs[i-1]))) / 2
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Errorf("%s: the density integrates to %v", bound, sum)
		}
	}
}

func repeat(row []float32, rows int) (all []float32) {
	for range rows {
		all = append(all, row...)
	}
	return all
}

// TestSquashedGradientIsTheDerivative holds Gradient against central differences of the loss in float64.
func TestSquashedGradientIsTheDerivative(t *testing.T) {
	const rows, n, w, h = 30, 3, 0.4, 1e-6
	rng := rand.New(rand.NewPCG(8, 8))
	for _, bound := range []LogStdBound{ClampLogStd, MapLogStd} {
		params := widened(rows, 2*n, 77)
		noise, slopes := make([]float32, rows*n), make([]float32, rows*n)
		for i := range rows {
			for j := range params.Row(i) {
				params.Row(i)[j] = float32(1.5 * rng.NormFloat64())
			}
		}
		for k := range noise {
			noise[k], slopes[k] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
		}
		d := NewSquashedGaussian(n, bound)
		gradient := widened(rows, 2*n, 55)
		d.Transform(make([]float32, rows*n), make([]float32, rows), params, noise)
		d.Gradient(gradient, slopes, w)
		checkGuards(t, gradient, 55)
		for i := range rows {
			row := float64s(params.Row(i))
			loss := func() (sum float64) {
				for j := range n {
					logStd := math.Min(math.Max(row[n+j], MinLogStd), MaxLogStd)
					if bound == MapLogStd {
						logStd = -5 + 3.5*(1+math.Tanh(row[n+j]))
					}
					e := float64(noise[i*n+j])
					u := row[j] + math.Exp(logStd)*e
					sum += float64(slopes[i*n+j])*math.Tanh(u) + w*(-e*e/2-logStd-math.Log(math.Sqrt(2*math.Pi))+2*math.Log(math.Cosh(u)))
				}
				return sum
			}
			for j, x := range row {
				row[j] = x + h
				above := loss()
				row[j] = x - h
				below := loss()
				row[j] = x
				want := (above - below) / (2 * h)
				if got := float64(gradient.Row(i)[j]); math.Abs(got-want) > 3e-6*(1+math.Abs(want)) {
					t.Errorf("%s: row %d, parameter %d: gradient %v, slope %v", bound, i, j, got, want)
				}
			}
		}
	}
}

// TestSquashedRowAlone: alone and in a batch, a row has the same bits, with and without log-probabilities.
func TestSquashedRowAlone(t *testing.T) {
	const rows, n = 33, 2
	rng := rand.New(rand.NewPCG(9, 9))
	for _, bound := range []LogStdBound{ClampLogStd, MapLogStd} {
		params := widened(rows, 2*n, 0)
		for k := range params.X {
			params.X[k] = float32(2 * rng.NormFloat64())
		}
		all, one := NewSquashedGaussian(n, bound), NewSquashedGaussian(n, bound)
		actions, logProbs, silent := make([]float32, rows*n), make([]float32, rows), make([]float32, rows*n)
		together, alone := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
		all.Sample(actions, logProbs, params, together)
		one.Sample(silent, nil, params, rand.New(rand.NewPCG(1, 1)))
		if bits(actions) != bits(silent) {
			t.Errorf("%s: other actions without log-probabilities", bound)
		}
		gradient := kernel.Matrix(make([]float32, rows*2*n), rows, 2*n)
		all.Gradient(gradient, actions, 0.2)
		for i := range rows {
			row := kernel.Matrix(params.Row(i), 1, 2*n)
			action, logProb, g := make([]float32, n), make([]float32, 1), kernel.Matrix(make([]float32, 2*n), 1, 2*n)
			one.Sample(action, logProb, row, alone)
			one.Gradient(g, action, 0.2)
			if bits(action) != bits(actions[i*n:(i+1)*n]) || bits(logProb) != bits(logProbs[i:i+1]) || bits(g.X) != bits(gradient.Row(i)) {
				t.Fatalf("%s: row %d alone differs", bound, i)
			}
		}
	}
}

func TestSquashedModeIsTanhOfTheMean(t *testing.T) {
	d := NewSquashedGaussian(2, ClampLogStd)
	actions := make([]float32, 4)
	d.Mode(actions, kernel.Matrix([]float32{0, 0.5, 9, 9, -30, 2, 0, 0}, 2, 4))
	for i, mean := range []float64{0, 0.5, -30, 2} {
		if math.Abs(float64(actions[i])-math.Tanh(mean)) > 1e-7 {
			t.Errorf("mode %v of mean %v", actions[i], mean)
		}
	}
}

// TestSquashedShowsNaN: an alarm sees it in actions, log-probabilities and gradients.
func TestSquashedShowsNaN(t *testing.T) {
	for column := range 2 {
		params := kernel.Matrix([]float32{0.1, 0.2}, 1, 2)
		params.X[column] = nan
		d := NewSquashedGaussian(1, ClampLogStd)
		action, logProb, g := make([]float32, 1), make([]float32, 1), kernel.Matrix(make([]float32, 2), 1, 2)
		d.Transform(action, logProb, params, []float32{0.5})
		d.Gradient(g, []float32{1}, 1)
		if action[0] == action[0] || logProb[0] == logProb[0] || g.X[0] == g.X[0] {
			t.Errorf("NaN in column %d: action %v, log-probability %v, gradient %v", column, action, logProb, g.X)
		}
	}
}

func TestDeterministicSamplers(t *testing.T) {
	params := kernel.Mat{X: []float32{0.3, -2, 40, 7, 1, 1, -1, 7, nan, nan, 3, 7}, Rows: 3, Cols: 3, Stride: 4}
	for name, c := range map[string]struct {
		d    Sampler
		want []float64
	}{
		"squash": {NewSquash(3), []float64{math.Tanh(0.3), math.Tanh(-2), 1, math.Tanh(1), math.Tanh(1), math.Tanh(-1), math.NaN(), math.NaN(), math.Tanh(3)}},
		"greedy": {NewGreedy(3), []float64{2, 0, 2}},
	} {
		modes, samples := make([]float32, 3*c.d.Actions()), make([]float32, 3*c.d.Actions())
		logProbs := []float32{5, 5, 5}
		c.d.Mode(modes, params)
		c.d.Sample(samples, logProbs, params, nil)
		for i, want := range c.want {
			same := math.Abs(float64(modes[i])-want) < 1e-7 || math.IsNaN(want) && modes[i] != modes[i]
			if !same || math.Float32bits(modes[i]) != math.Float32bits(samples[i]) {
				t.Errorf("%s: mode %v, sample %v of element %d, want %v", name, modes[i], samples[i], i, want)
			}
		}
		if logProbs[0] != 0 || logProbs[2] != 0 {
			t.Errorf("%s: log-probabilities %v of what is certain", name, logProbs)
		}
	}
}

func TestSquashedAllocatesNothing(t *testing.T) {
	d, rng := NewSquashedGaussian(2, MapLogStd), rand.New(rand.NewPCG(1, 1))
	params, gradient := kernel.Matrix(make([]float32, 40), 10, 4), kernel.Matrix(make([]float32, 40), 10, 4)
	actions, logProbs := make([]float32, 20), make([]float32, 10)
	if n := testing.AllocsPerRun(20, func() {
		d.Sample(actions, logProbs, params, rng)
		d.Gradient(gradient, actions, 0.1)
		d.Mode(actions, params)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSquashed(b *testing.B) {
	d, rng := NewSquashedGaussian(1, ClampLogStd), rand.New(rand.NewPCG(1, 1))
	params, gradient := kernel.Matrix(make([]float32, 512), 256, 2), kernel.Matrix(make([]float32, 512), 256, 2)
	actions, logProbs := make([]float32, 256), make([]float32, 256)
	for b.Loop() {
		d.Sample(actions, logProbs, params, rng)
		d.Gradient(gradient, actions, 0.1)
	}
}

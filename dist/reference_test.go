package dist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/internal/kernel"
)

// subject is a distribution with the same thing written plainly, in float64, for one row.
type subject struct {
	name      string
	new       func() Distribution
	reference func(params, action []float64) (logProb, entropy float64)
	// params draws a row's parameters, and action an action of it.
	params func(rng *rand.Rand) []float32
	action func(rng *rand.Rand) []float32
}

func subjects() []subject {
	return []subject{
		categorical("Categorical(1)", 1, 1),
		categorical("Categorical(2)", 1, 2),
		categorical("Categorical(2), saturated", 40, 2),
		categorical("Categorical(17)", 3, 17),
		categorical("MultiCategorical(3,2,5)", 1, 3, 2, 5),
		categorical("MultiCategorical(2,40)", 2, 2, 40),
		gaussian(1),
		gaussian(6),
	}
}

func categorical(name string, spread float64, sizes ...int) subject {
	return subject{
		name: name,
		new: func() Distribution {
			if len(sizes) == 1 {
				return NewCategorical(sizes[0])
			}
			return NewMultiCategorical(sizes)
		},
		reference: func(params, action []float64) (logProb, entropy float64) {
			for i, n := range sizes {
				var sum float64
				for _, z := range params[:n] {
					sum += math.Exp(z)
				}
				for j, z := range params[:n] {
					l := z - math.Log(sum)
					if j == int(action[i]) {
						logProb += l
					}
					entropy -= math.Exp(l) * l
				}
				params = params[n:]
			}
			return logProb, entropy
		},
		params: func(rng *rand.Rand) (logits []float32) {
			for _, n := range sizes {
				for range n {
					logits = append(logits, float32(spread*rng.NormFloat64()))
				}
			}
			return logits
		},
		action: func(rng *rand.Rand) (action []float32) {
			for _, n := range sizes {
				action = append(action, float32(rng.IntN(n)))
			}
			return action
		},
	}
}

func gaussian(n int) subject {
	return subject{
		name: map[int]string{1: "Gaussian(1)", 6: "Gaussian(6)"}[n],
		new:  func() Distribution { return NewGaussian(n) },
		reference: func(params, action []float64) (logProb, entropy float64) {
			for j := range n {
				logStd := math.Min(math.Max(params[n+j], MinLogStd), MaxLogStd)
				sigma := math.Exp(logStd)
				z := (action[j] - params[j]) / sigma
				density := math.Exp(-z*z/2) / (sigma * math.Sqrt(2*math.Pi))
				logProb += math.Log(density)
				entropy += 0.5 * math.Log(2*math.Pi*math.E*sigma*sigma)
			}
			return logProb, entropy
		},
		params: func(rng *rand.Rand) (params []float32) {
			for range n {
				params = append(params, float32(rng.NormFloat64()))
			}
			for range n {
				params = append(params, 0.5*float32(rng.NormFloat64()))
			}
			params[n+rng.IntN(n)] += float32(4 * rng.IntN(2)) // at times beyond MaxLogStd
			return params
		},
		action: func(rng *rand.Rand) (action []float32) {
			for range n {
				action = append(action, float32(rng.NormFloat64()))
			}
			return action
		},
	}
}

// batch is a random call: parameters in the middle columns of a wider matrix, as a policy's head is.
type batch struct {
	params     kernel.Mat // [rows, Params], stride Params+3
	actions    []float32  // [rows, Actions]
	advantages []float32  // [rows]
}

func (s subject) batch(rng *rand.Rand, rows int) batch {
	d := s.new()
	b := batch{params: widened(rows, d.Params(), float32(rng.NormFloat64()))}
	for i := range rows {
		copy(b.params.Row(i), s.params(rng))
		b.actions = append(b.actions, s.action(rng)...)
		b.advantages = append(b.advantages, float32(rng.NormFloat64()))
	}
	return b
}

// rowAlone is row i of the batch.
func (b batch) rowAlone(i int) batch {
	n := len(b.actions) / b.params.Rows
	return batch{
		params:     kernel.Matrix(append([]float32(nil), b.params.Row(i)...), 1, b.params.Cols),
		actions:    b.actions[i*n : (i+1)*n],
		advantages: b.advantages[i : i+1],
	}
}

// widened is a matrix in columns 1 … cols of one that is 3 columns wider, filled with guard.
func widened(rows, cols int, guard float32) kernel.Mat {
	x := make([]float32, rows*(cols+3)+1)
	for i := range x {
		x[i] = guard
	}
	return kernel.Mat{X: x[1:], Rows: rows, Cols: cols, Stride: cols + 3}
}

// checkGuards fails unless everything outside m's columns is still guard.
func checkGuards(t *testing.T, m kernel.Mat, guard float32) {
	t.Helper()
	for i, x := range m.X {
		if i%m.Stride >= m.Cols && x != guard {
			t.Fatalf("element %d, outside the columns, became %v", i, x)
		}
	}
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = float64(x[i])
	}
	return y
}

func TestLogProbIsTheDensity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			b := s.batch(rng, 50)
			got := make([]float32, 50)
			s.new().LogProb(got, b.params, b.actions)
			for i := range got {
				alone := b.rowAlone(i)
				want, _ := s.reference(float64s(alone.params.X), float64s(alone.actions))
				// A log-probability is exact to an ulp of the largest logit or z² in it.
				if math.Abs(float64(got[i])-want) > 1e-6*(10+math.Abs(want)) {
					t.Fatalf("row %d: %v, the density's logarithm %v", i, got[i], want)
				}
			}
		})
	}
}

// The gradient and the loss, against central differences of the loss written in float64.
func TestPolicyGradientIsTheLossesDerivative(t *testing.T) {
	const beta, scale, h = 0.3, 0.7, 1e-6
	rng := rand.New(rand.NewPCG(2, 2))
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			b := s.batch(rng, 40)
			d := s.new()
			gradient := widened(40, d.Params(), 77)
			got := d.PolicyGradient(gradient, b.params, b.actions, b.advantages, beta, scale)
			checkGuards(t, gradient, 77)

			var want Loss
			for i := range 40 {
				alone := b.rowAlone(i)
				params, action, advantage := float64s(alone.params.X), float64s(alone.actions), float64(b.advantages[i])
				logProb, entropy := s.reference(params, action)
				want.Policy -= advantage * logProb
				want.Entropy += entropy
				loss := func() float64 {
					logProb, entropy := s.reference(params, action)
					return scale * (-advantage*logProb - beta*entropy)
				}
				for j, x := range params {
					if _, normal := d.(*Gaussian); normal && beyond(alone.params.X, j, d.Actions()) {
						continue // no derivative, but what leads back
					}
					params[j] = x + h
					above := loss()
					params[j] = x - h
					below := loss()
					params[j] = x
					slope := (above - below) / (2 * h)
					// 1e-7 is what the difference itself loses; a float32 gradient has 6e-8 of its largest term.
					if g := float64(gradient.Row(i)[j]); math.Abs(g-slope) > 1e-6*math.Abs(slope)+1e-6*(1+math.Abs(advantage)) {
						t.Fatalf("row %d, parameter %d: gradient %v, slope %v", i, j, g, slope)
					}
				}
			}
			if math.Abs(got.Policy-want.Policy) > 1e-5*(1+math.Abs(want.Policy)) || math.Abs(got.Entropy-want.Entropy) > 1e-5*(1+math.Abs(want.Entropy)) {
				t.Errorf("loss %+v, want %+v", got, want)
			}
		})
	}
}

// TestLogStdBeyondItsBounds: its gradient leads back or is 0, and its probabilities are those at the bound.
func TestLogStdBeyondItsBounds(t *testing.T) {
	d := NewGaussian(4)
	params := kernel.Matrix([]float32{0, 0, 0, 0, MinLogStd - 1, MinLogStd, MaxLogStd, MaxLogStd + 1}, 1, 8)
	gradient := kernel.Matrix(make([]float32, 8), 1, 8)
	for beta, want := range map[float32][]float32{1: {-1, -1, -1, 0}, -1: {0, 1, 1, 1}} {
		d.PolicyGradient(gradient, params, make([]float32, 4), []float32{0}, beta, 1)
		if g := gradient.X[4:]; !slices.Equal(g, want) {
			t.Errorf("gradient of the log-stds by −%v·H below, at, at and above the bounds: %v, want %v", beta, g, want)
		}
	}
	logProbs := make([]float32, 2)
	NewGaussian(1).LogProb(logProbs, kernel.Matrix([]float32{0, 50, 0, MaxLogStd}, 2, 2), []float32{1, 1})
	if logProbs[0] != logProbs[1] {
		t.Errorf("a log-std of 50 gives log-probability %v, of %v %v: want the same", logProbs[0], MaxLogStd, logProbs[1])
	}
}

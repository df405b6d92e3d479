package nn

import (
	"math"
	"math/rand/v2"

	"covey/internal/kernel"
)

// initialiser draws the weights of layers.
type initialiser struct {
	fill func(w []float32, in, out int, gain float32, rng *rand.Rand)
	// biases says that biases are drawn like fan_in's weights, as PyTorch does; otherwise they are 0.
	biases  bool
	windows bool      // the fan of a convolution's outputs is counted per element of the window
	free    []float32 // where the free heads start
}

var initialiserNamed = map[string]initialiser{
	"orthogonal": {fill: Orthogonal},
	"glorot":     {fill: Glorot, windows: true},
	"fan_in":     {fill: FanIn, biases: true},
}

func (x initialiser) hidden(w, b []float32, in, out int, act kernel.Activation, rng *rand.Rand) {
	gain := float32(1)
	if act == kernel.ReLU && !x.biases {
		gain = math.Sqrt2
	}
	x.fill(w, in, out, gain, rng)
	x.bias(b, in, rng)
}

// tower draws a tower's convolutions: layers from a window to the filters, except that Glorot counts the windows that see
// an element as its outputs; stacked frames are no more of them than channels are.
func (x initialiser) tower(t *tower, params []float32, rng *rand.Rand) {
	for _, s := range t.stages {
		if s.kind != convolve {
			continue
		}
		out := s.filters
		if x.windows {
			out *= s.window.Height / t.maps[s.from].frames * s.window.Width
		}
		gain := float32(1)
		if !x.biases && (s.act == kernel.ReLU || s.act == kernel.Identity) { // a ReLU follows the latter, or a sum with one
			gain = math.Sqrt2
		}
		x.fill(s.weights(params).X, s.depth, out, gain, rng)
		x.bias(s.biases(params), s.depth, rng)
	}
}

// heads fills the columns of each head with its own gain. w: [in, out].
func (x initialiser) heads(w, b []float32, in, out int, heads []Head, rng *rand.Rand) {
	from := 0
	for _, h := range heads {
		part := make([]float32, in*h.Width)
		x.fill(part, in, h.Width, h.Gain, rng)
		for i := range in {
			copy(w[i*out+from:], part[i*h.Width:(i+1)*h.Width])
		}
		from += h.Width
	}
	x.bias(b, in, rng)
}

func (x initialiser) bias(b []float32, in int, rng *rand.Rand) {
	clear(b)
	if x.biases {
		uniform(b, 1/math.Sqrt(float64(in)), rng)
	}
}

// Glorot draws w [in, out] uniformly from ±gain·√(6/(in+out)) (Glorot and Bengio 2010, eq. 16).
func Glorot(w []float32, in, out int, gain float32, rng *rand.Rand) {
	uniform(w, float64(gain)*math.Sqrt(6/float64(in+out)), rng)
}

// FanIn draws w [in, out] uniformly from ±gain/√in, PyTorch's default for a linear layer.
func FanIn(w []float32, in, _ int, gain float32, rng *rand.Rand) {
	uniform(w, float64(gain)/math.Sqrt(float64(in)), rng)
}

func uniform(w []float32, bound float64, rng *rand.Rand) {
	for i := range w {
		w[i] = float32((2*rng.Float64() - 1) * bound)
	}
}

// Orthogonal fills w [in, out] with gain times a matrix whose rows or columns, whichever are fewer,
// are orthonormal (Saxe et al. 2013).
func Orthogonal(w []float32, in, out int, gain float32, rng *rand.Rand) {
	few, many := min(in, out), max(in, out)
	q := make([]float32, few*many) // [few, many]: orthonormal rows
	for i := range few {
		row := q[i*many : (i+1)*many]
		for {
			for j := range row {
				row[j] = float32(rng.NormFloat64())
			}
			for range 2 { // once more for what rounding left over
				for p := range i {
					prev := q[p*many : (p+1)*many]
					kernel.Axpy(row, -kernel.Dot(row, prev), prev)
				}
				if norm := math.Sqrt(kernel.SumSquares(row)); norm > 0 {
					kernel.Scale(row, float32(1/norm))
				}
			}
			if math.Abs(kernel.SumSquares(row)-1) < 1e-3 {
				break // else the draw lay in the span of the rows before
			}
		}
	}
	for i := range in {
		for j := range out {
			v := q[index(i, j, in, out)]
			w[i*out+j] = gain * v
		}
	}
}

// index is where element (i, j) of the [in, out] matrix lies in its orthonormal rows.
func index(i, j, in, out int) int {
	if in <= out {
		return i*out + j
	}
	return j*in + i
}

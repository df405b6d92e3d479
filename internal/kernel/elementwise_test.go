package kernel

import (
	"fmt"
	"math"
	"testing"
)

// An elementKernel works on each element of its vectors alone, so its exact result is known element by
// element, with the roundings of the vector form.
type elementKernel struct {
	name    string
	vectors int                     // the first ones are written
	run     func(v [][]float32)     // the function under test
	want    func(e []float32)       // the same for one element of each vector; nil: the function itself on one element
	plain   bool                    // whether the plain form rounds as the vector form does
	input   func(x float32) float32 // maps a random number in [−1, 1) to an argument of the last vector; nil: itself
}

var (
	adamStep    = AdamStep{Beta1: 0.9, Beta2: 0.999, Rate: 0.01, Correction2: 3.5, Epsilon: 1e-8}
	rmsPropStep = RMSPropStep{Decay: 0.99, Rate: 0.01, Epsilon: 1e-5}
)

var elementKernels = []elementKernel{
	{"Axpy", 2, func(v [][]float32) { Axpy(v[0], 0.3, v[1]) },
		func(e []float32) { e[0] = fma32(e[1], 0.3, e[0]) }, false, nil},
	{"Scale", 1, func(v [][]float32) { Scale(v[0], 0.3) },
		func(e []float32) { e[0] *= 0.3 }, true, nil},
	{"Add", 2, func(v [][]float32) { Add(v[0], v[1]) },
		func(e []float32) { e[0] += e[1] }, true, nil},
	{"Polyak", 2, func(v [][]float32) { Polyak(v[0], v[1], 0.005) },
		func(e []float32) { e[0] = fma32(0.005, e[1]-e[0], e[0]) }, false, nil},
	{"ReLU", 2, func(v [][]float32) { ReLU.Apply(v[0], v[1]) },
		func(e []float32) { e[0] = max(e[1], 0) }, true, nil},
	{"ReLUGrad", 2, func(v [][]float32) { ReLUGrad(v[0], v[1]) },
		func(e []float32) {
			if !(e[1] > 0) {
				e[0] = 0
			}
		}, true, nil},
	{"TanhGrad", 2, func(v [][]float32) { TanhGrad(v[0], v[1]) },
		func(e []float32) { e[0] *= fma32(-e[1], e[1], 1) }, false, nil},
	{"Adam", 4, func(v [][]float32) { Adam(v[0], v[3], v[1], v[2], adamStep) },
		func(e []float32) {
			s := adamStep
			e[1] = fma32(1-s.Beta1, e[3], s.Beta1*e[1])
			e[2] = fma32(1-s.Beta2, e[3]*e[3], s.Beta2*e[2])
			e[0] -= s.Rate * e[1] / fma32(sqrt(e[2]), s.Correction2, s.Epsilon)
		}, false, nil},
	{"RMSProp", 3, func(v [][]float32) { RMSProp(v[0], v[2], v[1], rmsPropStep) },
		func(e []float32) {
			s := rmsPropStep
			e[1] = fma32(1-s.Decay, e[2]*e[2], s.Decay*e[1])
			e[0] -= s.Rate * e[2] / (sqrt(e[1]) + s.Epsilon)
		}, false, nil},
	{"RMSProp with epsilon inside", 3, func(v [][]float32) {
		s := rmsPropStep
		s.EpsilonInside = true
		RMSProp(v[0], v[2], v[1], s)
	},
		func(e []float32) {
			s := rmsPropStep
			e[1] = fma32(1-s.Decay, e[2]*e[2], s.Decay*e[1])
			e[0] -= s.Rate * e[2] / sqrt(e[1]+s.Epsilon)
		}, false, nil},
	{"Exp", 2, func(v [][]float32) { Exp(v[0], v[1]) }, nil, false, func(x float32) float32 { return 100 * x }},
	{"Log", 2, func(v [][]float32) { Log(v[0], v[1]) }, nil, false, func(x float32) float32 { return x * x }},
	{"Tanh", 2, func(v [][]float32) { Tanh.Apply(v[0], v[1]) }, nil, false, func(x float32) float32 { return 5 * x }},
	{"Softplus", 2, func(v [][]float32) { Softplus(v[0], v[1]) }, nil, false, func(x float32) float32 { return 30 * x }},
}

// arguments is the vectors that a kernel is tested on. Running means are not negative.
func (k elementKernel) arguments(n int) [][]float32 {
	v := make([][]float32, k.vectors)
	for i := range v {
		v[i] = random(uint64(i), n)
		for j, x := range v[i] {
			if i == k.vectors-1 && k.input != nil {
				v[i][j] = k.input(x)
			}
			if k.vectors > 2 && (i == 1 || i == 2) && i < k.vectors-1 {
				v[i][j] = x * x
			}
		}
	}
	return v
}

// results is the vectors after the kernel, computed one element at a time.
func (k elementKernel) results(arguments [][]float32) [][]float32 {
	want := make([][]float32, len(arguments))
	for i, v := range arguments {
		want[i] = append([]float32(nil), v...)
	}
	e, one := make([]float32, k.vectors), make([][]float32, k.vectors)
	for j := range want[0] {
		for i := range want {
			e[i], one[i] = want[i][j], e[i:i+1]
		}
		if k.want != nil {
			k.want(e)
		} else {
			k.run(one)
		}
		for i := range want {
			want[i][j] = e[i]
		}
	}
	return want
}

func TestElementwise(t *testing.T) {
	everyLevel(t, func(t *testing.T) {
		for _, k := range elementKernels {
			all := k.arguments(2*chunk + 65)
			want := k.results(all)
			for _, n := range lengths() {
				if raceBuild && n > 40 {
					break
				}
				for offset := range 16 {
					if n > 70 && offset%5 != 0 {
						continue
					}
					g, v := make([]guarded, k.vectors), make([][]float32, k.vectors)
					for i := range v {
						g[i] = newGuardedCopy(all[i][:n], offset*(i+1))
						v[i] = g[i].x
					}
					k.run(v)
					for i := range v {
						what := fmt.Sprintf("%s of %d, vector %d at offset %d", k.name, n, i, offset*(i+1)%16)
						for j, x := range v[i] {
							if !sameBits(x, want[i][j]) {
								t.Fatalf("%s: element %d is %v, want %v", what, j, x, want[i][j])
							}
						}
						g[i].check(t, what)
					}
				}
			}
		}
	})
}

// TestElementwisePlain holds the plain forms to the vector forms' exact results, to rounding.
func TestElementwisePlain(t *testing.T) {
	useLevel(t, generic)
	for _, k := range elementKernels {
		if k.want == nil {
			continue // held to float64 in TestAccuracy
		}
		v := k.arguments(100)
		want := k.results(v)
		k.run(v)
		for i := range v {
			for j, x := range v[i] {
				w := float64(want[i][j])
				if k.plain && !sameBits(x, want[i][j]) || !(math.Abs(float64(x)-w) <= 1e-6*max(1, math.Abs(w))) {
					t.Fatalf("%s: vector %d, element %d is %v, want %v", k.name, i, j, x, w)
				}
			}
		}
	}
}

func TestElementwiseSpecials(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	zero, tiny := float32(math.Copysign(0, -1)), float32(math.SmallestNonzeroFloat32)
	in := []float32{nan, -nan, inf, -inf, 0, zero, tiny, -tiny, 1, -1, math.MaxFloat32, -math.MaxFloat32}
	run := func(call func(y, x []float32)) []float32 {
		y := make([]float32, len(in))
		for i := range y {
			y[i] = 2
		}
		call(y, in)
		return y
	}
	for l := generic; l <= bestLevel(); l++ {
		useLevel(t, l)
		for name, c := range map[string]struct {
			got, want []float32
		}{
			"ReLU":     {run(ReLU.Apply), []float32{nan, nan, inf, 0, 0, zero, tiny, 0, 1, 0, math.MaxFloat32, 0}},
			"ReLUGrad": {run(ReLUGrad), []float32{0, 0, 2, 0, 0, 0, 2, 0, 2, 0, 2, 0}},
			"Tanh":     {run(Tanh.Apply), []float32{nan, nan, 1, -1, 0, zero, tiny, -tiny, float32(math.Tanh(1)), -float32(math.Tanh(1)), 1, -1}},
			"Exp":      {run(Exp), []float32{nan, nan, inf, 0, 1, 1, 1, 1, math.E, 1 / math.E, inf, 0}},
			"Log": {run(Log), []float32{nan, nan, inf, nan, -inf, -inf, float32(math.Log(float64(tiny))), nan, 0, nan,
				float32(math.Log(math.MaxFloat32)), nan}},
			"Softplus": {run(Softplus), []float32{nan, nan, inf, 0, math.Ln2, math.Ln2, math.Ln2, math.Ln2, 1.3132616, 0.31326166, math.MaxFloat32, 0}},
		} {
			for i, got := range c.got {
				exact := name[0] == 'R' || c.want[i] == 0 || math.IsInf(float64(c.want[i]), 0) || c.want[i] != c.want[i]
				if exact && !sameBits(got, c.want[i]) || !exact && ulps(got, float64(c.want[i])) > 2.5 {
					t.Errorf("%s %s(%v) = %v, want %v", l, name, in[i], got, c.want[i])
				}
			}
		}
	}
}

// ulps is the distance of y from the exact value, in units of the last place of a float32 there.
func ulps(y float32, exact float64) float64 {
	nearest := float32(exact)
	if y == nearest || y != y && nearest != nearest {
		return 0
	}
	if math.IsInf(float64(nearest), 0) || math.IsInf(float64(y), 0) {
		if math.Abs(exact) < math.MaxFloat32*(1+1e-6) && math.Abs(float64(y)) > math.MaxFloat32*(1-1e-6) {
			return 1 // on either side of overflow
		}
		return math.Inf(1)
	}
	size := math.Abs(float64(nearest))
	unit := float64(math.Nextafter32(float32(size), float32(math.Inf(1)))) - size
	return math.Abs(float64(y)-exact) / unit
}

// accuracies is the error that each vector form may have, in units of the last place: what was measured over every
// fifth float32 (TestAccuracy with step = 5; a minute), rounded up.
var accuracies = []struct {
	name  string
	run   func(y, x []float32)
	exact func(x float64) float64
	ulps  float64
}{
	{"Exp", Exp, math.Exp, 1.1},
	{"Log", Log, math.Log, 0.9},
	{"Tanh", Tanh.Apply, math.Tanh, 1.4},
	{"Softplus", Softplus, func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, 2.8},
}

// TestAccuracy goes through the bit patterns of all float32 values in steps. Both SIMD levels must give the same
// bits, and a value in the middle of a vector the same as in its tail.
func TestAccuracy(t *testing.T) {
	step := uint64(9973)
	if raceBuild {
		step = 9999991
	}
	for _, c := range accuracies {
		var x []float32
		for bits := uint64(0); bits < 1<<32; bits += step {
			x = append(x, math.Float32frombits(uint32(bits)))
		}
		first := make([]float32, len(x))
		for l := bestLevel(); ; l-- {
			useLevel(t, l)
			y := make([]float32, len(x))
			c.run(y, x)
			if l == bestLevel() {
				copy(first, y)
			}
			worst, at := 0.0, float32(0)
			for i, v := range y {
				if l != generic && !sameBits(v, first[i]) {
					t.Fatalf("%s(%v) is %v at level %s and %v at %s", c.name, x[i], v, l, first[i], bestLevel())
				}
				if e := ulps(v, c.exact(float64(x[i]))); e > worst {
					worst, at = e, x[i]
				}
			}
			if worst > c.ulps {
				t.Errorf("%s at level %s: %.3f units in the last place at %v, want at most %.1f", c.name, l, worst, at, c.ulps)
			}
			t.Logf("%s at level %s: at most %.3f units in the last place, at %v", c.name, l, worst, at)
			if l == generic {
				break
			}
		}
	}
}

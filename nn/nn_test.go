package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/internal/kernel"
)

// box is an unbounded box of n floats.
func box(n int) env.Space {
	low, high := make([]float32, n), make([]float32, n)
	for i := range low {
		low[i], high[i] = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	return env.NewBox(low, high)
}

// nets are the layouts that every test runs over.
func nets(t testing.TB) map[string]*Net {
	heads := []Head{{Name: "value", Width: 1, Gain: 1}, {Name: "policy", Width: 3, Gain: 0.1}}
	free := append(slices.Clone(heads), Head{Name: "log_std", Width: 2, Free: true, Value: -0.5})
	out := map[string]*Net{}
	for name, c := range map[string]struct {
		cfg   Config
		heads []Head
	}{
		"shared relu":   {Config{Hidden: []int{9, 17}, Activation: "relu", Init: "orthogonal"}, heads},
		"shared tanh":   {Config{Hidden: []int{16, 5}, Activation: "tanh", Init: "glorot"}, free},
		"separate":      {Config{Hidden: []int{7, 12}, Activation: "relu", Separate: true, Init: "fan_in"}, free},
		"linear":        {Config{Activation: "relu", Init: "orthogonal"}, heads},
		"three hidden":  {Config{Hidden: []int{6, 20, 11}, Activation: "tanh", Init: "fan_in"}, heads},
		"one wide head": {Config{Hidden: []int{8}, Activation: "relu", Init: "orthogonal"}, []Head{{Name: "q", Width: 40, Gain: 1}}},
	} {
		n, err := New(box(4), c.cfg, c.heads...)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

// reference is the network written down once more, in float64 and without batches.
func reference(n *Net, params []float64, in []float64) []float64 {
	var out []float64
	for _, t := range n.trunks {
		x := in
		for _, l := range t.layers {
			y := make([]float64, l.out)
			for j := range y {
				y[j] = params[l.bias+j]
				for i := range x {
					y[j] += x[i] * params[l.weight+i*l.out+j]
				}
				switch l.act {
				case kernel.ReLU:
					y[j] = max(y[j], 0)
				case kernel.Tanh:
					y[j] = math.Tanh(y[j])
				}
			}
			x = y
		}
		out = append(out, x...)
	}
	for _, c := range n.free {
		out = append(out, params[c.offset:c.offset+c.width]...)
	}
	return out
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func random(n int, rng *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// fresh returns initialised parameters whose biases are not 0.
func fresh(n *Net, rng *rand.Rand) []float32 {
	params := make([]float32, n.Size)
	n.Init(params, rng)
	for i := range params {
		params[i] += 0.1 * float32(rng.NormFloat64())
	}
	return params
}

func TestForwardIsTheReference(t *testing.T) {
	const rows = 7
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(1, 2))
		params, in, out := fresh(n, rng), random(rows*4, rng), make([]float32, rows*n.Out)
		n.NewPass(rows).Unroll(params, out, nil, env.Values{F: in}, nil, rows, 1)
		for r := range rows {
			want := reference(n, widen(params), widen(in[r*4:r*4+4]))
			for j, w := range want {
				if got := float64(out[r*n.Out+j]); math.Abs(got-w) > 1e-5*(1+math.Abs(w)) {
					t.Errorf("%s: out[%d][%d] = %v, want %v", name, r, j, got, w)
				}
			}
		}
	}
}

// TestBackwardIsTheDerivative holds Backward against central differences of the float64 reference.
func TestBackwardIsTheDerivative(t *testing.T) {
	const rows, h = 5, 1e-6
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(3, 4))
		params, in, dout := fresh(n, rng), random(rows*4, rng), random(rows*n.Out, rng)
		loss := func(params, in []float64) (sum float64) {
			for r := range rows {
				for j, y := range reference(n, params, in[r*4:r*4+4]) {
					sum += y * float64(dout[r*n.Out+j])
				}
			}
			return sum
		}
		p := n.NewPass(rows)
		p.Unroll(params, make([]float32, rows*n.Out), nil, env.Values{F: in}, nil, rows, 1)
		grad, din := random(n.Size, rng), random(rows*4, rng) // Backward overwrites
		p.Backward(params, grad, din, dout, nil, rows, 1)
		check := func(what string, got []float32, at []float64, eval func() float64) {
			for i, g := range got {
				keep := at[i]
				at[i] = keep + h
				up := eval()
				at[i] = keep - h
				down := eval()
				at[i] = keep
				if want := (up - down) / (2 * h); math.Abs(float64(g)-want) > 2e-5*(1+math.Abs(want)) {
					t.Errorf("%s: %s[%d] = %v, want %v", name, what, i, g, want)
				}
			}
		}
		p64, in64 := widen(params), widen(in)
		check("grad", grad, p64, func() float64 { return loss(p64, in64) })
		check("din", din, in64, func() float64 { return loss(p64, in64) })
	}
}

// TestStepsServeBackward: activations left by single steps give the same gradient, bit for bit, as an
// Unroll of all rows, and rows give the same outputs alone and in a batch.
func TestStepsServeBackward(t *testing.T) {
	const steps, streams = 6, 3
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(5, 6))
		params, in := fresh(n, rng), random(steps*streams*4, rng)
		whole, single := n.NewPass(steps*streams), n.NewPass(steps*streams)
		a, b := make([]float32, steps*streams*n.Out), make([]float32, steps*streams*n.Out)
		whole.Unroll(params, a, nil, env.Values{F: in}, nil, steps, streams)
		for i := range steps {
			single.Step(params, b[i*streams*n.Out:(i+1)*streams*n.Out], nil, env.Values{F: in[i*streams*4 : (i+1)*streams*4]}, i, streams)
		}
		if kernel.Level() != "generic" && !slices.Equal(a, b) {
			t.Errorf("%s: outputs of steps differ from those of a batch", name)
		}
		dout := random(len(a), rng)
		ga, gb := make([]float32, n.Size), make([]float32, n.Size)
		whole.Backward(params, ga, nil, dout, nil, steps, streams)
		single.Backward(params, gb, nil, dout, nil, steps, streams)
		if kernel.Level() != "generic" && !slices.Equal(ga, gb) {
			t.Errorf("%s: gradients of steps differ from those of a batch", name)
		}
	}
}

func TestLayoutCoversTheVector(t *testing.T) {
	for name, n := range nets(t) {
		at := 0
		names := map[string]bool{}
		for _, v := range n.Layout {
			if v.Offset != at || names[v.Name] {
				t.Errorf("%s: view %s at %d, want a fresh name at %d", name, v.Name, v.Offset, at)
			}
			names[v.Name] = true
			at += v.Size()
		}
		if at != n.Size {
			t.Errorf("%s: views cover %d of %d parameters", name, at, n.Size)
		}
	}
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range [][2]int{{4, 16}, {16, 4}, {32, 32}, {1, 5}, {5, 1}, {64, 3}} {
		in, out := shape[0], shape[1]
		w := make([]float32, in*out)
		Orthogonal(w, in, out, 2, rand.New(rand.NewPCG(7, 8)))
		few := min(in, out)
		for i := range few {
			for j := range few {
				dot := 0.0
				for k := range max(in, out) {
					if in <= out {
						dot += float64(w[i*out+k]) * float64(w[j*out+k])
					} else {
						dot += float64(w[k*out+i]) * float64(w[k*out+j])
					}
				}
				want := 0.0
				if i == j {
					want = 4
				}
				if math.Abs(dot-want) > 1e-5 {
					t.Errorf("%v: vectors %d and %d have product %v, want %v", shape, i, j, dot, want)
				}
			}
		}
	}
}

func TestInitialisersStayInBounds(t *testing.T) {
	for _, c := range []struct {
		name  string
		fill  func([]float32, int, int, float32, *rand.Rand)
		bound float64
	}{{"glorot", Glorot, 3 * math.Sqrt(6.0/50)}, {"fan_in", FanIn, 3 / math.Sqrt(20)}} {
		w := make([]float32, 20*30)
		c.fill(w, 20, 30, 3, rand.New(rand.NewPCG(1, 1)))
		top := 0.0
		for _, x := range w {
			top = max(top, math.Abs(float64(x)))
		}
		if top > c.bound || top < 0.95*c.bound {
			t.Errorf("%s: largest weight %v, bound %v", c.name, top, c.bound)
		}
	}
}

func TestHeadsHaveTheirGains(t *testing.T) {
	n, err := New(box(4), Config{Hidden: []int{64}, Activation: "relu", Init: "orthogonal"},
		Head{Name: "value", Width: 1, Gain: 1}, Head{Name: "policy", Width: 2, Gain: 0.01},
		Head{Name: "log_std", Width: 2, Free: true, Value: -1.5})
	if err != nil {
		t.Fatal(err)
	}
	params := make([]float32, n.Size)
	n.Init(params, rand.New(rand.NewPCG(1, 1)))
	l := n.trunks[0].layers[1]
	for j, want := range []float64{1, 0.01, 0.01} {
		sum := 0.0
		for i := range l.in {
			sum += math.Pow(float64(params[l.weight+i*l.out+j]), 2)
		}
		if math.Abs(math.Sqrt(sum)-want) > 1e-4*want {
			t.Errorf("head column %d has norm %v, want %v", j, math.Sqrt(sum), want)
		}
	}
	if got := params[n.Size-2:]; got[0] != -1.5 || got[1] != -1.5 {
		t.Errorf("free head starts at %v, want -1.5", got)
	}
}

func conv(filters, size, stride int) []Conv {
	return []Conv{{Filters: filters, Size: size, Stride: stride}}
}

// TestTowersOfKnownShape: the named stacks come to the sizes that their papers give.
func TestTowersOfKnownShape(t *testing.T) {
	for _, c := range []struct {
		tower string
		in    env.Space
		want  int // features
	}{
		{"a3c", image(4, 84, 84), 9 * 9 * 32}, {"nature", image(4, 84, 84), 7 * 7 * 64}, {"strided", image(42, 42), 3 * 3 * 32},
		{"doom", image(84, 84), 9 * 9 * 32}, {"minatar", image(10, 10, 4), 8 * 8 * 16}, {"impala", image(4, 84, 84), 11 * 11 * 32},
	} {
		n, err := New(c.in, Config{Tower: c.tower, Activation: "relu", Init: "fan_in"}, Head{Name: "q", Width: 2, Gain: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.trunks[0].tower.features(); got != c.want {
			t.Errorf("%s: %d features, want %d", c.tower, got, c.want)
		}
	}
}

// TestForgetGatesStartOpen: at a bias of 1, but for PyTorch's initialiser, which draws biases like weights.
func TestForgetGatesStartOpen(t *testing.T) {
	for name, open := range map[string]bool{"orthogonal": true, "glorot": true, "fan_in": false} {
		n, err := New(box(3), Config{LSTM: 4, Activation: "relu", Init: name}, Head{Name: "q", Width: 2, Gain: 1})
		if err != nil {
			t.Fatal(err)
		}
		params := make([]float32, n.Size)
		n.Init(params, rand.New(rand.NewPCG(1, 1)))
		input, recurrent, bias := n.trunks[0].lstm.weights(params)
		for i, v := range bias {
			want := float32(0)
			if i >= 4 && i < 8 {
				want = 1
			}
			if open && v != want || !open && !(v > -0.5 && v < 0.5) {
				t.Errorf("%s: bias %d is %v", name, i, v)
			}
		}
		if slices.Contains(input.X, 0) || slices.Contains(recurrent.X, 0) {
			t.Errorf("%s: weights that nobody drew", name)
		}
	}
}

func TestBadNetworks(t *testing.T) {
	ok := []Head{{Name: "q", Width: 2, Gain: 1}}
	for want, c := range map[string]struct {
		in    env.Space
		cfg   Config
		heads []Head
	}{
		`network.activation is "gelu", must be relu or tanh`:                                                                   {box(4), Config{Activation: "gelu", Init: "glorot"}, ok},
		`network.init is "zero", must be orthogonal, glorot or fan_in`:                                                         {box(4), Config{Activation: "relu", Init: "zero"}, ok},
		`network.hidden is [3 0], widths must be between 1 and 65536`:                                                          {box(4), Config{Hidden: []int{3, 0}, Activation: "relu", Init: "glorot"}, ok},
		`network input: a box is wanted, not Discrete`:                                                                         {env.NewDiscrete(3), Config{Activation: "relu", Init: "glorot"}, ok},
		`network.tower is "vgg", must be one of a3c, doom, impala, minatar, nature, strided`:                                   {image(9, 9), Config{Tower: "vgg", Activation: "relu", Init: "glorot"}, ok},
		`network.conv lists 1 layers beside tower: a3c; leave one of the two out`:                                              {image(84, 84), Config{Tower: "a3c", Conv: conv(4, 3, 1), Activation: "relu", Init: "glorot"}, ok},
		`network.conv: layer 0: stride is 0, must be between 1 and 1024`:                                                       {image(9, 9), Config{Conv: conv(4, 3, 0), Activation: "relu", Init: "glorot"}, ok},
		`network.conv: layer 0: filters is 0, must be between 1 and 65536`:                                                     {image(9, 9), Config{Conv: conv(0, 3, 1), Activation: "relu", Init: "glorot"}, ok},
		`network.conv: layer 0: size is 4, but same wants an odd one`:                                                          {image(9, 9), Config{Conv: []Conv{{Filters: 1, Size: 4, Stride: 1, Same: true}}, Activation: "relu", Init: "glorot"}, ok},
		`network.lstm is -1, must be between 0 and 65536`:                                                                      {box(4), Config{LSTM: -1, Activation: "relu", Init: "glorot"}, ok},
		`network input: convolutions want images, [height, width], with channels last or frames first; the observation is [4]`: {box(4), Config{Conv: conv(4, 3, 1), Activation: "relu", Init: "glorot"}, ok},
		`network: convolution 2 (64 filters of 3×3 by 1): its window does not fit 2×2×64; the observation is [32 28 4]`:        {image(32, 28, 4), Config{Tower: "nature", Activation: "relu", Init: "glorot"}, ok},
		`network: convolution 0 (5 filters of 11×11 by 1): its window does not fit 10×10×4; the observation is [4 10 10]`:      {image(4, 10, 10), Config{Conv: conv(5, 11, 1), Activation: "relu", Init: "glorot"}, ok},
		`network.standardize is true, but no convolutions see images: name a tower, or list some under conv`:                   {byteImage(9, 9), Config{Standardize: true, Activation: "relu", Init: "glorot"}, ok},
		`network: standardize wants an image of bytes; the observation is [9 9], of floats`:                                    {image(9, 9), Config{Standardize: true, Conv: conv(4, 3, 1), Activation: "relu", Init: "glorot"}, ok},
		`network: head q stands after a free head`:                                                                             {box(4), Config{Activation: "relu", Init: "glorot"}, []Head{{Name: "v", Width: 1, Free: true}, ok[0]}},
	} {
		if _, err := New(c.in, c.cfg, c.heads...); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for name, n := range nets(t) {
		rng := rand.New(rand.NewPCG(1, 1))
		params, in := fresh(n, rng), env.Values{F: random(8*4, rng)}
		out, grad, p := make([]float32, 8*n.Out), make([]float32, n.Size), n.NewPass(8)
		if a := testing.AllocsPerRun(10, func() {
			p.Step(params, out, nil, in, 0, 8)
			p.Backward(params, grad, nil, out, nil, 8, 1)
		}); a != 0 {
			t.Errorf("%s: %v allocations per step and backward", name, a)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, rows := range []int{1, 4, 16, 100} {
		b.Run(fmt.Sprintf("4-128-128-3/rows=%d", rows), func(b *testing.B) {
			n, params := cartPole(b)
			p, out, in := n.NewPass(rows), make([]float32, rows*n.Out), env.Values{F: make([]float32, rows*4)}
			for b.Loop() {
				p.Step(params, out, nil, in, 0, rows)
			}
		})
	}
}

func BenchmarkBackward(b *testing.B) {
	for _, rows := range []int{20, 80, 320} {
		b.Run(fmt.Sprintf("4-128-128-3/rows=%d", rows), func(b *testing.B) {
			n, params := cartPole(b)
			p, out, grad := n.NewPass(rows), random(rows*n.Out, rand.New(rand.NewPCG(1, 1))), make([]float32, n.Size)
			p.Unroll(params, slices.Clone(out), nil, env.Values{F: make([]float32, rows*4)}, nil, rows, 1)
			for b.Loop() {
				p.Backward(params, grad, nil, out, nil, rows, 1)
			}
		})
	}
}

func cartPole(b *testing.B) (*Net, []float32) {
	n, err := New(box(4), DefaultConfig(), Head{Name: "value", Width: 1, Gain: 1}, Head{Name: "policy", Width: 2, Gain: 0.01})
	if err != nil {
		b.Fatal(err)
	}
	params := make([]float32, n.Size)
	n.Init(params, rand.New(rand.NewPCG(1, 1)))
	return n, params
}

package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
)

// image is a box of floats of the given shape.
func image(shape ...int) env.Space {
	n := 1
	for _, d := range shape {
		n *= d
	}
	s := box(n)
	s.Shape = shape
	return s
}

// byteImage is image with elements from 0 to 255.
func byteImage(shape ...int) env.Space {
	s := image(shape...)
	for i := range s.Low {
		s.Low[i], s.High[i] = 0, 255
	}
	s.Bytes = true
	return s
}

// described is a network with what it was made from.
type described struct {
	*Net
	cfg Config
}

// seeing are networks of every kind that sees images or remembers.
func seeing(t testing.TB) map[string]described {
	heads := []Head{{Name: "value", Width: 1, Gain: 1}, {Name: "policy", Width: 3, Gain: 0.1}}
	out := map[string]described{}
	for name, c := range map[string]struct {
		in  env.Space
		cfg Config
	}{
		"valid":            {image(7, 6, 2), Config{Conv: []Conv{{Filters: 9, Size: 3, Stride: 2}, {Filters: 5, Size: 2, Stride: 1}}, Hidden: []int{7}}},
		"frames":           {image(3, 8, 9), Config{Conv: []Conv{{Filters: 4, Size: 4, Stride: 2}, {Filters: 17, Size: 3, Stride: 2, Same: true}}, Activation: "tanh"}},
		"same":             {image(6, 5), Config{Conv: []Conv{{Filters: 5, Size: 3, Stride: 2, Same: true}, {Filters: 3, Size: 5, Stride: 1, Same: true}}}},
		"colour frames":    {image(2, 5, 6, 3), Config{Conv: []Conv{{Filters: 6, Size: 3, Stride: 1, Same: true}}, Hidden: []int{5}}},
		"residual":         {image(7, 6, 2), Config{Conv: []Conv{{Filters: 3, Size: 3, Stride: 1, Same: true, Pool: true, Residual: 1}, {Filters: 4, Size: 3, Stride: 1, Same: true, Pool: true, Residual: 2}}, Hidden: []int{5}}},
		"residual, narrow": {image(6, 6, 1), Config{Conv: []Conv{{Filters: 4, Size: 3, Stride: 1, Residual: 1}, {Filters: 3, Size: 2, Stride: 1}}, Activation: "tanh"}},
		"pooled":           {image(8, 7, 1), Config{Conv: []Conv{{Filters: 4, Size: 3, Stride: 1, Pool: true}, {Filters: 3, Size: 2, Stride: 1, Pool: true}}}},
		"LSTM":             {box(4), Config{Hidden: []int{5}, LSTM: 6}},
		"LSTM alone":       {box(4), Config{LSTM: 2, Activation: "tanh"}},
		"two LSTMs":        {box(3), Config{Hidden: []int{9}, LSTM: 3, Separate: true}},
		"all":              {image(6, 6, 2), Config{Conv: []Conv{{Filters: 10, Size: 3, Stride: 2}}, LSTM: 5}},
		"two towers":       {image(5, 5), Config{Conv: []Conv{{Filters: 3, Size: 3, Stride: 1}}, Hidden: []int{4}, LSTM: 3, Separate: true}},
	} {
		if c.cfg.Activation == "" {
			c.cfg.Activation = "relu"
		}
		c.cfg.Init = "fan_in"
		n, err := New(c.in, c.cfg, heads...)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = described{n, c.cfg}
	}
	return out
}

// segment is random inputs for t steps of b rows, with episodes that start inside.
type segment struct {
	t, b            int
	in, dout, state []float32
	starts          []bool
}

func newSegment(n *Net, t, b int, rng *rand.Rand) segment {
	s := segment{t: t, b: b, in: random(t*b*n.In.Size(), rng), dout: random(t*b*n.Out, rng), state: random(b*n.State, rng), starts: make([]bool, t*b)}
	for i := range s.starts {
		s.starts[i] = rng.Float64() < 0.25
	}
	s.starts[0], s.starts[t/2*b] = false, true
	return s
}

func (s segment) rows() int { return s.t * s.b }

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > tolerance*(1+math.Abs(w)) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], w)
		}
	}
}

func TestImagesAndMemoryAreTheReference(t *testing.T) {
	for name, n := range seeing(t) {
		rng := rand.New(rand.NewPCG(21, 1))
		params, s := fresh(n.Net, rng), newSegment(n.Net, 5, 2, rng)
		want, after := spoken{n, widen(params)}.unrolled(widen(s.in), widen(s.state), s.starts, s.t, s.b)
		out := make([]float32, s.rows()*n.Out)
		p := n.NewPass(s.rows())
		p.Unroll(params, out, s.state, env.Values{F: s.in}, s.starts, s.t, s.b)
		near(t, name+": out", out, want, 2e-5)
		near(t, name+": state", s.state, after, 1e-5)
		last := make([]float32, n.State)
		p.StateAfter(last, s.rows()-1)
		if !slices.Equal(last, s.state[(s.b-1)*n.State:]) {
			t.Errorf("%s: the state after the last row is not the one that Unroll left", name)
		}
	}
}

// TestBackwardThroughImagesAndTime holds the gradient of a whole segment against central differences of the float64
// reference, episodes that start inside included.
func TestBackwardThroughImagesAndTime(t *testing.T) {
	const h = 1e-6
	for name, n := range seeing(t) {
		rng := rand.New(rand.NewPCG(22, 1))
		params, s := fresh(n.Net, rng), newSegment(n.Net, 4, 2, rng)
		p := n.NewPass(s.rows())
		p.Unroll(params, make([]float32, s.rows()*n.Out), slices.Clone(s.state), env.Values{F: s.in}, s.starts, s.t, s.b)
		grad, din := random(n.Size, rng), random(len(s.in), rng) // Backward overwrites
		p.Backward(params, grad, din, s.dout, s.starts, s.t, s.b)

		ref, in := spoken{n, widen(params)}, widen(s.in)
		loss := func() (sum float64) {
			out, _ := ref.unrolled(in, widen(s.state), s.starts, s.t, s.b)
			for i, y := range out {
				sum += y * float64(s.dout[i])
			}
			return sum
		}
		check := func(what string, got []float32, at []float64, every int) {
			for i := 0; i < len(got); i += every {
				keep := at[i]
				at[i] = keep + h
				up := loss()
				at[i] = keep - h
				down := loss()
				at[i] = keep
				if want := (up - down) / (2 * h); math.Abs(float64(got[i])-want) > 5e-5*(1+math.Abs(want)) {
					t.Errorf("%s: %s[%d] = %v, want %v", name, what, i, got[i], want)
				}
			}
		}
		check("grad", grad, ref.params, 1+n.Size/400)
		check("din", din, in, 1+len(in)/200)
	}
}

// TestAnySegmentation: at every level, outputs, states and whole-segment gradients are the same bits whether rows go alone, step by step,
// a few steps at a time or all at once.
func TestAnySegmentation(t *testing.T) {
	const steps, streams = 20, 2
	for name, n := range seeing(t) {
		rng := rand.New(rand.NewPCG(23, 1))
		params, s := fresh(n.Net, rng), newSegment(n.Net, steps, streams, rng)
		frame := n.In.Size()
		var wantOut, wantState, wantGrad []float32
		for _, length := range []int{steps, 5, 1} {
			p := n.NewPass(s.rows())
			out, state, grad := make([]float32, s.rows()*n.Out), slices.Clone(s.state), make([]float32, n.Size)
			for from := 0; from < steps; from += length {
				a, b := from*streams, (from+length)*streams
				in := env.Values{F: s.in[a*frame : b*frame]}
				if length > 1 {
					p.Unroll(params, out[a*n.Out:b*n.Out], state, in, s.starts[a:b], length, streams)
					continue
				}
				for i := range streams {
					if s.starts[a+i] {
						clear(state[i*n.State : (i+1)*n.State])
					}
				}
				p.Step(params, out[a*n.Out:b*n.Out], state, in, from, streams)
			}
			if length == steps {
				p.Backward(params, grad, nil, s.dout, s.starts, steps, streams)
				wantOut, wantState, wantGrad = out, state, grad
				continue
			}
			if !slices.Equal(out, wantOut) || !slices.Equal(state, wantState) {
				t.Errorf("%s: other outputs or states in segments of %d", name, length)
			}
			if length == 1 { // the activations of acting serve the way back
				p.Backward(params, grad, nil, s.dout, s.starts, steps, streams)
				if !slices.Equal(grad, wantGrad) {
					t.Errorf("%s: another gradient after single steps", name)
				}
			}
		}
		aloneAsInBatch(t, name, n.Net, params, s, wantOut)
	}
}

// aloneAsInBatch runs each stream by itself.
func aloneAsInBatch(t *testing.T, name string, n *Net, params []float32, s segment, want []float32) {
	t.Helper()
	frame := n.In.Size()
	p := n.NewPass(1)
	for i := range s.b {
		state, out := slices.Clone(s.state[i*n.State:(i+1)*n.State]), make([]float32, n.Out)
		for r := i; r < s.rows(); r += s.b {
			p.Unroll(params, out, state, env.Values{F: s.in[r*frame : (r+1)*frame]}, s.starts[r:r+1], 1, 1)
			if !slices.Equal(out, want[r*n.Out:(r+1)*n.Out]) {
				t.Fatalf("%s: row %d alone has other outputs", name, r)
			}
		}
	}
}

// TestBytesAreScaledFloats: a network of bytes is that of floats of the same bytes over 255, in the way back too.
func TestBytesAreScaledFloats(t *testing.T) {
	for name, c := range map[string]struct {
		shape []int
		cfg   Config
	}{
		"dense":  {[]int{11}, Config{Hidden: []int{9}}},
		"valid":  {[]int{7, 6, 3}, Config{Conv: []Conv{{Filters: 9, Size: 3, Stride: 2}}}},
		"frames": {[]int{4, 9, 10}, Config{Conv: []Conv{{Filters: 9, Size: 5, Stride: 1, Same: true}}, LSTM: 3}},
	} {
		c.cfg.Activation, c.cfg.Init = "relu", "orthogonal"
		var outs, grads [2][]float32
		rng := rand.New(rand.NewPCG(24, 1))
		bytes := make([]uint8, 6*image(c.shape...).Size())
		floats := make([]float32, len(bytes))
		for i := range bytes {
			bytes[i] = uint8(rng.UintN(256))
			floats[i] = float32(bytes[i]) * (1.0 / 255)
		}
		for i, in := range []env.Space{image(c.shape...), byteImage(c.shape...)} {
			n, err := New(in, c.cfg, Head{Name: "q", Width: 3, Gain: 1})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(25, 1))
			params, p := fresh(n, rng), n.NewPass(6)
			outs[i], grads[i] = make([]float32, 6*n.Out), make([]float32, n.Size)
			p.Unroll(params, outs[i], make([]float32, 2*n.State), []env.Values{{F: floats}, {U: bytes}}[i], nil, 3, 2)
			p.Backward(params, grads[i], nil, random(6*n.Out, rng), nil, 3, 2)
		}
		if !slices.Equal(outs[0], outs[1]) || !slices.Equal(grads[0], grads[1]) {
			t.Errorf("%s: bytes are not scaled floats", name)
		}
	}
}

// TestStandardizedImages: a network that standardizes is that of floats which were standardized before, in the way back too,
// and sees neither brightness nor contrast.
func TestStandardizedImages(t *testing.T) {
	for name, c := range map[string]struct {
		shape []int
		cfg   Config
	}{
		"same":   {[]int{7, 6, 3}, Config{Conv: []Conv{{Filters: 9, Size: 3, Stride: 2, Same: true}}}},
		"frames": {[]int{4, 9, 10}, Config{Conv: []Conv{{Filters: 9, Size: 5, Stride: 1, Same: true}}, LSTM: 3}},
	} {
		const rows = 6
		c.cfg.Activation, c.cfg.Init = "tanh", "orthogonal"
		rng := rand.New(rand.NewPCG(28, 1))
		frame := image(c.shape...).Size()
		dark, bright, floats := make([]uint8, rows*frame), make([]uint8, rows*frame), make([]float32, rows*frame)
		for r := range rows {
			var sum, squares float64
			for i := r * frame; i < (r+1)*frame; i++ {
				dark[i] = uint8(rng.UintN(80))
				bright[i] = 10 + 3*dark[i]
				x := float64(dark[i])
				sum, squares = sum+x, squares+x*x
			}
			mean := sum / float64(frame)
			for i := r * frame; i < (r+1)*frame; i++ {
				floats[i] = float32((float64(dark[i]) - mean) / math.Sqrt(squares/float64(frame)-mean*mean))
			}
		}
		run := func(space env.Space, in env.Values) (out, grad []float32) {
			n, err := New(space, c.cfg, Head{Name: "q", Width: 3, Gain: 1})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(29, 1))
			params, p := fresh(n, rng), n.NewPass(rows)
			out, grad = make([]float32, rows*n.Out), make([]float32, n.Size)
			p.Unroll(params, out, make([]float32, 2*n.State), in, nil, rows/2, 2)
			p.Backward(params, grad, nil, random(rows*n.Out, rng), nil, rows/2, 2)
			return out, grad
		}
		wantOut, wantGrad := run(image(c.shape...), env.Values{F: floats})
		c.cfg.Standardize = true
		for what, bytes := range map[string][]uint8{"dark": dark, "bright": bright} {
			out, grad := run(byteImage(c.shape...), env.Values{U: bytes})
			near(t, name+", "+what+": out", out, widen(wantOut), 1e-5)
			near(t, name+", "+what+": grad", grad, widen(wantGrad), 1e-5)
		}
	}
}

func TestStandardizationOfOneColour(t *testing.T) {
	for _, c := range []uint8{0, 87, 255} {
		x := slices.Repeat([]uint8{c}, 42*42)
		if scale, shift := standardization(x); scale != 42 || float32(c)*scale+shift != 0 {
			t.Errorf("colour %d is scaled by %v and shifted by %v", c, scale, shift)
		}
	}
}

// TestBytesAreScaledByTheirBound: planes of yes and no stay 0 and 1.
func TestBytesAreScaledByTheirBound(t *testing.T) {
	if got := byteScale(byteImage(2, 2)); got != 1.0/255 {
		t.Errorf("bytes up to 255 are scaled by %v", got)
	}
	planes := byteImage(2, 2)
	for i := range planes.High {
		planes.High[i] = 1
	}
	if got := byteScale(planes); got != 1 {
		t.Errorf("bytes up to 1 are scaled by %v", got)
	}
}

// TestGlorotOfFrames: frames and channels are drawn from the same bounds.
func TestGlorotOfFrames(t *testing.T) {
	cfg := Config{Conv: []Conv{{Filters: 40, Size: 8, Stride: 4}}, Activation: "relu", Init: "glorot"}
	want := math.Sqrt(6.0 / (4*8*8 + 40*8*8))
	for _, shape := range [][]int{{4, 20, 24}, {20, 24, 4}} {
		n, err := New(image(shape...), cfg, Head{Name: "q", Width: 1, Gain: 1})
		if err != nil {
			t.Fatal(err)
		}
		params := make([]float32, n.Size)
		n.Init(params, rand.New(rand.NewPCG(27, 1)))
		weights := params[:n.Layout[0].Size()]
		if got := float64(max(slices.Max(weights), -slices.Min(weights))); got > math.Sqrt2*want || got < 1.4*want {
			t.Errorf("%v: weights up to %v, want √2 · %v", shape, got, want)
		}
	}
}

// TestChannelsInFront: stacked images whose channels stand in front are as many more frames.
func TestChannelsInFront(t *testing.T) {
	cfg := Config{Conv: []Conv{{Filters: 5, Size: 3, Stride: 1, Same: true}}, Activation: "relu", Init: "orthogonal"}
	var sizes []int
	for _, shape := range [][]int{{2, 3, 8, 9}, {6, 8, 9}} {
		n, err := New(image(shape...), cfg, Head{Name: "q", Width: 1, Gain: 1})
		if err != nil {
			t.Fatal(err)
		}
		x := n.trunks[0].tower
		sizes = append(sizes, n.Size)
		if x.frames != 6 || x.height != 8 || x.width != 9 || x.channels != 1 {
			t.Errorf("%v is read as %d frames of %d×%d×%d", shape, x.frames, x.height, x.width, x.channels)
		}
	}
	if sizes[0] != sizes[1] {
		t.Errorf("%v parameters", sizes)
	}
}

func TestImagesAndMemoryAllocateNothing(t *testing.T) {
	for name, n := range seeing(t) {
		rng := rand.New(rand.NewPCG(26, 1))
		params, s := fresh(n.Net, rng), newSegment(n.Net, 3, 2, rng)
		out, grad, p := make([]float32, s.rows()*n.Out), make([]float32, n.Size), n.NewPass(s.rows())
		in, one := env.Values{F: s.in}, env.Values{F: s.in[:2*n.In.Size()]}
		if a := testing.AllocsPerRun(5, func() {
			p.Step(params, out, s.state, one, 2, 2)
			p.Unroll(params, out, s.state, in, s.starts, 3, 2)
			p.Backward(params, grad, nil, s.dout, s.starts, 3, 2)
		}); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
}

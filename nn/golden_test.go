package nn

import (
	"fmt"
	"slices"
	"testing"

	"covey/env"
	"covey/internal/golden"
)

// segmentCase is a case of testdata/golden.json, made by golden.py beside it with PyTorch.
type segmentCase struct {
	Name           string
	Shape          []int // [frames, height, width, channels]
	Conv           []Conv
	Hidden         []int
	LSTM           int
	Steps, Streams int

	Params, Input, State, Dout []float32
	Starts                     []bool
	Out, After, Gradient       []float64
	Halves                     [][]float64 // gradients of the two halves, the state detached in between
}

// TestGolden holds convolutions, pooling, residual blocks and an LSTM, with episodes that start inside the segment,
// against PyTorch: outputs, states and gradients of a whole segment, and of its halves.
func TestGolden(t *testing.T) {
	for _, c := range golden.Read[segmentCase](t, "testdata/golden.json", 4) {
		t.Run(c.Name, func(t *testing.T) {
			in := image(c.Shape...)
			if len(c.Conv) == 0 {
				in = box(c.Shape[2])
			}
			n, err := New(in, Config{Conv: c.Conv, Hidden: c.Hidden, LSTM: c.LSTM, Activation: "relu", Init: "glorot"}, Head{Name: "out", Width: 3, Gain: 1})
			if err != nil {
				t.Fatal(err)
			}
			if n.Size != len(c.Params) || n.State != 2*c.LSTM {
				t.Fatalf("%d parameters and a state of %d, want %d and %d", n.Size, n.State, len(c.Params), 2*c.LSTM)
			}
			steps, streams := c.Steps, c.Streams
			out, grad, state := make([]float32, len(c.Out)), make([]float32, n.Size), slices.Clone(c.State)
			p := n.NewPass(steps * streams)
			p.Unroll(c.Params, out, state, env.Values{F: c.Input}, c.Starts, steps, streams)
			p.Backward(c.Params, grad, nil, c.Dout, c.Starts, steps, streams)
			golden.Near(t, "outputs", out, c.Out)
			golden.Near(t, "states", state, c.After)
			golden.Near(t, "gradient", grad, c.Gradient)

			state = slices.Clone(c.State)
			half, frame := steps/2, in.Size()
			for i, want := range c.Halves {
				from, to := i*half*streams, (i+1)*half*streams
				p.Unroll(c.Params, out, state, env.Values{F: c.Input[from*frame : to*frame]}, c.Starts[from:to], half, streams)
				p.Backward(c.Params, grad, nil, c.Dout[from*3:to*3], c.Starts[from:to], half, streams)
				golden.Near(t, fmt.Sprintf("gradient of half %d", i), grad, want)
			}
		})
	}
}

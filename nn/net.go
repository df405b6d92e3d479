// Package nn lays networks out on one flat parameter vector and runs them forwards and backwards.
//
// A [Net] is an immutable layout: which part of the vector is which weight. A [Pass] is one
// goroutine's activations. Pulling a model is therefore a copy, and the same Net serves every worker.
package nn

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"covey/env"
	"covey/internal/kernel"
)

// Head is a group of a network's outputs, columns of its output rows.
type Head struct {
	Name  string
	Width int
	Gain  float32 // of the initialiser
	// Free makes the head a plain parameter vector, the same for every row and starting at Value: the
	// state-independent log standard deviation of a Gaussian. Free heads stand last.
	Free  bool
	Value float32
}

// Config describes a multilayer perceptron.
type Config struct {
	Hidden     []int  `yaml:"hidden"`     // widths of the hidden layers
	Activation string `yaml:"activation"` // relu or tanh
	Separate   bool   `yaml:"separate"`   // one trunk for each head, instead of one for all
	Init       string `yaml:"init"`       // orthogonal, glorot or fan_in
}

// DefaultConfig is two shared layers of 128 with ReLU, initialised orthogonally.
func DefaultConfig() Config {
	return Config{Hidden: []int{128, 128}, Activation: "relu", Init: "orthogonal"}
}

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	for _, w := range c.Hidden {
		if w < 1 || w > 1<<16 {
			return fmt.Errorf("hidden is %v, widths must be between 1 and %d", c.Hidden, 1<<16)
		}
	}
	if _, known := activationNamed[c.Activation]; !known {
		return fmt.Errorf("activation is %q, must be relu or tanh", c.Activation)
	}
	if _, known := initialiserNamed[c.Init]; !known {
		return fmt.Errorf("init is %q, must be orthogonal, glorot or fan_in", c.Init)
	}
	return nil
}

// View is a named part of the parameter vector.
type View struct {
	Name   string
	Shape  []int
	Offset int
}

// Size is the number of parameters in the view.
func (v View) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// Net is a network's immutable layout; its parameters are a []float32 of Size.
type Net struct {
	In     env.Space
	Out    int // columns of an output row
	State  int // floats of recurrent state per row
	Size   int // parameters
	Layout []View

	Activation string // of the hidden layers; "": there are none

	trunks []trunk
	free   []column
	init   initialiser
}

// A trunk is a chain of dense layers that ends in neighbouring output columns.
type trunk struct {
	layers []dense
	column int // first output column of the last layer
	heads  []Head
}

// dense is one layer: y = act(x·W + b), W [in, out].
type dense struct {
	in, out      int
	weight, bias int // offsets
	act          kernel.Activation
}

type column struct{ from, width, offset int }

// NewMLP lays out a perceptron from the space's observations to the heads, in column order.
func NewMLP(in env.Space, cfg Config, heads ...Head) (*Net, error) {
	if err := in.Validate(); err != nil {
		return nil, fmt.Errorf("network input: %w", err)
	}
	if in.Kind != env.Box || in.Bytes {
		return nil, fmt.Errorf("network input: a perceptron takes a box of floats, not %v (bytes: %v)", in.Kind, in.Bytes)
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("network.%w", err)
	}
	act := activationNamed[cfg.Activation]
	n := &Net{In: in, init: initialiserNamed[cfg.Init]}
	if len(cfg.Hidden) > 0 {
		n.Activation = cfg.Activation
	}
	linear := heads
	for i, h := range heads {
		if h.Free {
			linear = heads[:i]
			break
		}
	}
	if cfg.Separate {
		for i, h := range linear {
			n.addTrunk(h.Name, cfg.Hidden, act, linear[i:i+1])
		}
	} else {
		n.addTrunk("trunk", cfg.Hidden, act, linear)
	}
	for _, h := range heads[len(linear):] {
		if !h.Free {
			return nil, fmt.Errorf("network: head %s stands after a free head", h.Name)
		}
		n.free = append(n.free, column{from: n.Out, width: h.Width, offset: n.view(h.Name, h.Width)})
		n.init.free = append(n.init.free, h.Value)
		n.Out += h.Width
	}
	return n, nil
}

func (n *Net) addTrunk(name string, hidden []int, act kernel.Activation, heads []Head) {
	t := trunk{column: n.Out, heads: heads}
	in := n.In.Size()
	for i, out := range hidden {
		t.layers = append(t.layers, n.dense(name+"."+strconv.Itoa(i), in, out, act))
		in = out
	}
	width := 0
	for _, h := range heads {
		width += h.Width
	}
	t.layers = append(t.layers, n.dense(name+".out", in, width, kernel.Identity))
	n.trunks = append(n.trunks, t)
	n.Out += width
}

func (n *Net) dense(name string, in, out int, act kernel.Activation) dense {
	w := n.view(name+".weight", in, out)
	return dense{in: in, out: out, weight: w, bias: n.view(name+".bias", out), act: act}
}

func (n *Net) view(name string, shape ...int) int {
	v := View{Name: name, Shape: shape, Offset: n.Size}
	n.Layout = append(n.Layout, v)
	n.Size += v.Size()
	return v.Offset
}

// Split is where the parameters of the first trunk end: with separate trunks those before belong to
// the first head, those after to the others.
func (n *Net) Split() int {
	last := n.trunks[0].layers[len(n.trunks[0].layers)-1]
	return last.bias + last.out
}

// Init draws fresh parameters into params [Size].
func (n *Net) Init(params []float32, rng *rand.Rand) {
	if len(params) != n.Size {
		panic(fmt.Sprintf("nn: Init of %d parameters with %d", n.Size, len(params)))
	}
	for _, t := range n.trunks {
		for i, l := range t.layers {
			w, b := params[l.weight:l.weight+l.in*l.out], params[l.bias:l.bias+l.out]
			if i < len(t.layers)-1 {
				n.init.hidden(w, b, l.in, l.out, l.act, rng)
			} else {
				n.init.heads(w, b, l.in, l.out, t.heads, rng)
			}
		}
	}
	for i, c := range n.free {
		for j := range c.width {
			params[c.offset+j] = n.init.free[i]
		}
	}
}

var activationNamed = map[string]kernel.Activation{"relu": kernel.ReLU, "tanh": kernel.Tanh}

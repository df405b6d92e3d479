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

	Activation string // of the hidden layers and convolutions; "": there are none
	Images     string // how they are seen: standardized or not, and each convolution; "": there are none

	trunks []trunk
	free   []column
	init   initialiser
}

// A trunk is a chain of layers that ends in neighbouring output columns: convolutions where there are any, the hidden
// layers, an LSTM where there is one, and the layer of the heads.
type trunk struct {
	tower  *tower
	layers []dense // the last one is that of the heads
	lstm   *lstm
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

// New lays out a network from the space's observations to the heads, in column order.
func New(in env.Space, cfg Config, heads ...Head) (*Net, error) {
	if err := in.Validate(); err != nil {
		return nil, fmt.Errorf("network input: %w", err)
	}
	if in.Kind != env.Box {
		return nil, fmt.Errorf("network input: a box is wanted, not %v", in.Kind)
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("network.%w", err)
	}
	n := &Net{In: in, Images: cfg.images(), init: initialiserNamed[cfg.Init]}
	if len(cfg.Hidden) > 0 || cfg.Convolves() {
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
			if err := n.addTrunk(h.Name, &cfg, linear[i:i+1]); err != nil {
				return nil, err
			}
		}
	} else if err := n.addTrunk("trunk", &cfg, linear); err != nil {
		return nil, err
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

func (n *Net) addTrunk(name string, cfg *Config, heads []Head) error {
	t, act := trunk{column: n.Out, heads: heads}, activationNamed[cfg.Activation]
	in := n.In.Size()
	if cfg.Convolves() {
		var err error
		if t.tower, err = n.addTower(name, cfg, act); err != nil {
			return err
		}
		in = t.tower.features()
	}
	for i, out := range cfg.Hidden {
		t.layers = append(t.layers, n.dense(name+"."+strconv.Itoa(i), in, out, act))
		in = out
	}
	if cfg.LSTM > 0 {
		t.lstm = n.addLSTM(name, in, cfg.LSTM)
		in = cfg.LSTM
	}
	width := 0
	for _, h := range heads {
		width += h.Width
	}
	t.layers = append(t.layers, n.dense(name+".out", in, width, kernel.Identity))
	n.trunks = append(n.trunks, t)
	n.Out += width
	return nil
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
		if t.tower != nil {
			n.init.tower(t.tower, params, rng)
		}
		if t.lstm != nil {
			n.init.lstm(t.lstm, params, rng)
		}
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

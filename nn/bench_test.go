package nn

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"covey/env"
)

// networks are those that bench/networks sets beside PyTorch's: six actions and a value.
func networks(b *testing.B) (names []string, nets map[string]*Net) {
	nets = map[string]*Net{}
	for _, c := range []struct {
		name string
		in   env.Space
		cfg  Config
	}{
		{"42x42 conv", byteImage(42, 42), Config{Tower: "strided"}},
		{"42x42 conv + LSTM 256", byteImage(42, 42), Config{Tower: "strided", LSTM: 256}},
		{"Nature", byteImage(4, 84, 84), Config{Tower: "nature", Hidden: []int{512}}},
		{"A3C paper", byteImage(4, 84, 84), Config{Tower: "a3c", Hidden: []int{256}}},
		{"Doom + LSTM 256", byteImage(84, 84), Config{Tower: "doom", Hidden: []int{256}, LSTM: 256}},
		{"MinAtar", image(10, 10, 4), Config{Tower: "minatar", Hidden: []int{128}}},
		{"IMPALA", byteImage(4, 84, 84), Config{Tower: "impala", Hidden: []int{256}}},
		{"LSTM 256", box(256), Config{LSTM: 256}},
	} {
		c.cfg.Activation, c.cfg.Init = "relu", "fan_in"
		n, err := New(c.in, c.cfg, Head{Name: "value", Width: 1, Gain: 1}, Head{Name: "policy", Width: 6, Gain: 1})
		if err != nil {
			b.Fatal(err)
		}
		names, nets[c.name] = append(names, c.name), n
	}
	return names, nets
}

// operations is what one row costs, in multiply-adds counted twice: forwards, and backwards without the way to the
// network's input.
func operations(n *Net) (forward, backward int) {
	add := func(flops int, input bool) {
		forward += flops
		backward += flops
		if input {
			backward += flops
		}
	}
	for _, t := range n.trunks {
		if t.tower != nil {
			for _, s := range t.tower.stages {
				if to := t.tower.maps[s.to]; s.kind == convolve {
					add(2*to.lines*to.width*s.depth*s.filters, s.from > 0)
				}
			}
		}
		for i, l := range t.layers {
			add(2*l.in*l.out, i > 0 || t.tower != nil || t.lstm != nil)
		}
		if l := t.lstm; l != nil {
			add(2*l.in*4*l.cells, t.tower != nil || len(t.layers) > 1)
			add(2*l.cells*4*l.cells, true)
		}
	}
	return forward, backward
}

// BenchmarkNetworks is a forward pass of one row, and one of training on 20: forwards and backwards. The medians are what
// else the machine does has least to do with.
func BenchmarkNetworks(b *testing.B) {
	const rows = 20
	names, nets := networks(b)
	for _, name := range names {
		n := nets[name]
		rng := rand.New(rand.NewPCG(1, 1))
		params, in, out := make([]float32, n.Size), env.MakeValues(n.In, rows*n.In.Size()), make([]float32, rows*n.Out)
		n.Init(params, rng)
		for i := range in.U {
			in.U[i] = uint8(rng.UintN(256))
		}
		for i := range in.F {
			in.F[i] = rng.Float32()
		}
		state, grad, dout, p := make([]float32, n.State), make([]float32, n.Size), random(len(out), rng), n.NewPass(rows)
		forward, backward := operations(n)
		measure := func(what string, flops int, work func()) {
			b.Run(name+"/"+what, func(b *testing.B) {
				var each []time.Duration
				for b.Loop() {
					start := time.Now()
					work()
					each = append(each, time.Since(start))
				}
				slices.Sort(each)
				median := each[len(each)/2]
				b.ReportMetric(float64(median.Nanoseconds()), "median-ns/op")
				b.ReportMetric(float64(flops)/1e9/median.Seconds(), "GFLOP/s")
			})
		}
		one := in.Slice(0, n.In.Size())
		measure("forward", forward, func() { p.Step(params, out, state, one, 0, 1) })
		measure("train", rows*(forward+backward), func() {
			p.Unroll(params, out, state, in, nil, rows, 1)
			p.Backward(params, grad, nil, dout, nil, rows, 1)
		})
	}
}

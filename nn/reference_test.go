package nn

import (
	"math"
	"slices"
)

// spoken is a reference's view of a network: parameters by name, in float64.
type spoken struct {
	described
	params []float64
}

func (n spoken) view(name string) []float64 {
	for _, v := range n.Layout {
		if v.Name == name {
			return n.params[v.Offset : v.Offset+v.Size()]
		}
	}
	panic("no parameters " + name)
}

// picture is an image, [height, width, channels].
type picture struct {
	h, w, c int
	x       []float64
}

func newPicture(h, w, c int) picture { return picture{h, w, c, make([]float64, h*w*c)} }

// at is an element, 0 outside.
func (p picture) at(y, x, c int) float64 {
	if y < 0 || x < 0 || y >= p.h || x >= p.w {
		return 0
	}
	return p.x[(y*p.w+x)*p.c+c]
}

// convolved is the convolution l of p, whose channels are frames times those of a frame.
func (n spoken) convolved(p picture, name string, l Conv, frames int) picture {
	w, b, border := n.view(name+".weight"), n.view(name+".bias"), l.border()
	out := newPicture((p.h+2*border-l.Size)/l.Stride+1, (p.w+2*border-l.Size)/l.Stride+1, l.Filters)
	per := p.c / frames
	for y := range out.h {
		for x := range out.w {
			for f := range l.Filters {
				sum := b[f]
				for ky := range l.Size {
					for kx := range l.Size {
						for c := range p.c {
							at := (((ky*frames+c/per)*l.Size+kx)*per+c%per)*l.Filters + f
							sum += w[at] * p.at(y*l.Stride+ky-border, x*l.Stride+kx-border, c)
						}
					}
				}
				out.x[(y*out.w+x)*out.c+f] = sum
			}
		}
	}
	return out
}

func (n spoken) activated(x []float64) []float64 {
	y := slices.Clone(x)
	for i, v := range y {
		if n.cfg.Activation == "relu" {
			y[i] = max(v, 0)
		} else {
			y[i] = math.Tanh(v)
		}
	}
	return y
}

// pooled is the greatest of 3×3 by 2.
func pooled(p picture) picture {
	out := newPicture((p.h+1)/2, (p.w+1)/2, p.c)
	for i := range out.x {
		y, x, c := i/p.c/out.w, i/p.c%out.w, i%p.c
		top := math.Inf(-1)
		for ky := max(0, 2*y-1); ky < min(p.h, 2*y+2); ky++ {
			for kx := max(0, 2*x-1); kx < min(p.w, 2*x+2); kx++ {
				top = max(top, p.at(ky, kx, c))
			}
		}
		out.x[i] = top
	}
	return out
}

// features is what a trunk's convolutions make of an observation.
func (n spoken) features(trunk string, in []float64) []float64 {
	if len(n.cfg.Conv) == 0 {
		return in
	}
	s, err := imageShape(n.In)
	if err != nil {
		panic(err)
	}
	p := newPicture(s.height, s.width, s.frames*s.channels)
	for i, v := range in { // [frames, height, width, channels]
		pixel := i / s.channels
		f, at := pixel/(s.height*s.width), pixel%(s.height*s.width)
		p.x[at*p.c+f*s.channels+i%s.channels] = v
	}
	frames := s.frames
	for i, l := range n.cfg.Conv {
		name := trunk + ".conv." + string(rune('0'+i))
		p = n.convolved(p, name, l, frames)
		frames = 1
		if l.Residual == 0 {
			p.x = n.activated(p.x)
		}
		if l.Pool {
			p = pooled(p)
		}
		for b := range l.Residual {
			block, small := name+".block."+string(rune('0'+b)), Conv{Filters: l.Filters, Size: 3, Stride: 1, Same: true}
			y := p
			y.x = n.activated(p.x)
			y = n.convolved(y, block+".first", small, 1)
			y.x = n.activated(y.x)
			y = n.convolved(y, block+".second", small, 1)
			for k := range y.x {
				y.x[k] += p.x[k]
			}
			p = y
		}
		if l.Residual > 0 && i == len(n.cfg.Conv)-1 {
			p.x = n.activated(p.x)
		}
	}
	return p.x
}

// linear is x·W + b.
func linear(x, w, b []float64) []float64 {
	y := slices.Clone(b)
	for i, v := range x {
		for j := range y {
			y[j] += v * w[i*len(y)+j]
		}
	}
	return y
}

// unrolled is the network written down once more: outputs [t*b, Out] of t steps of b rows, and the states after, from
// states that it leaves alone.
func (n spoken) unrolled(in, state []float64, starts []bool, t, b int) (out, after []float64) {
	after = slices.Clone(state)
	frame := n.In.Size()
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for r := range t * b {
		now := after[r%b*n.State : (r%b+1)*n.State]
		if starts != nil && starts[r] {
			clear(now)
		}
		for i, tr := range n.trunks {
			name := "trunk"
			if n.cfg.Separate {
				name = []string{"value", "policy"}[i]
			}
			x := n.features(name, in[r*frame:(r+1)*frame])
			for j := range n.cfg.Hidden {
				x = n.activated(linear(x, n.view(name+"."+string(rune('0'+j))+".weight"), n.view(name+"."+string(rune('0'+j))+".bias")))
			}
			if cells := n.cfg.LSTM; cells > 0 {
				h, c := now[tr.lstm.state:][:cells], now[tr.lstm.state+cells:][:cells]
				z := linear(x, n.view(name+".lstm.input"), n.view(name+".lstm.bias"))
				for k, v := range linear(h, n.view(name+".lstm.recurrent"), make([]float64, 4*cells)) {
					z[k] += v
				}
				for k := range cells {
					c[k] = sigmoid(z[cells+k])*c[k] + sigmoid(z[k])*math.Tanh(z[2*cells+k])
					h[k] = sigmoid(z[3*cells+k]) * math.Tanh(c[k])
				}
				x = h
			}
			out = append(out, linear(x, n.view(name+".out.weight"), n.view(name+".out.bias"))...)
		}
	}
	return out, after
}

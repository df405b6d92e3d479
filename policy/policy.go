// Package policy is the way from an observation to an action: normaliser, network, distribution,
// bounds. What learns, evaluates, records and serves uses the same one.
package policy

import (
	"fmt"
	"math/rand/v2"

	"covey/dist"
	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/state"
)

// Policy is a network with its parameters and normaliser, and how to read its outputs.
type Policy struct {
	Spec   env.Spec
	Net    *nn.Net
	Column int // first of the network's outputs that are the sampler's parameters
	// NewSampler makes one goroutine's way from outputs to actions, usually a distribution.
	NewSampler func() dist.Sampler
	Params     []float32 // [Net.Size]
	Moments    Moments
}

// Clone returns an independent copy.
func (p *Policy) Clone() *Policy {
	c := *p
	c.Params = append([]float32(nil), p.Params...)
	c.Moments = p.Moments.Clone()
	return &c
}

// Adopt takes over the parameters and the normaliser of other, which must have the same network.
func (p *Policy) Adopt(other *Policy) error {
	tree, err := state.Save(other)
	if err != nil {
		return err
	}
	return state.Load(p, tree)
}

// State visits the parameters, one entry per layer, and the normaliser.
func (p *Policy) State(w state.Walker) error {
	net := w.Sub("net")
	for _, v := range p.Net.Layout {
		net.Floats(v.Name, p.Params[v.Offset:v.Offset+v.Size()])
	}
	return p.Moments.State(w.Sub("normalizer"))
}

// Distribution returns the constructor of the usual distribution for an action space: categorical for
// discrete choices, a diagonal Gaussian for a box.
func Distribution(action env.Space) (func() dist.Distribution, error) {
	switch action.Kind {
	case env.Discrete:
		return func() dist.Distribution { return dist.NewCategorical(action.N[0]) }, nil
	case env.MultiDiscrete:
		return func() dist.Distribution { return dist.NewMultiCategorical(action.N) }, nil
	case env.MultiBinary:
		n := make([]int, action.N[0])
		for i := range n {
			n[i] = 2
		}
		return func() dist.Distribution { return dist.NewMultiCategorical(n) }, nil
	case env.Box:
		n := action.Size()
		return func() dist.Distribution { return dist.NewGaussian(n) }, nil
	}
	return nil, fmt.Errorf("no distribution over actions of kind %v", action.Kind)
}

// Actor is one goroutine's use of a policy.
type Actor struct {
	policy  *Policy
	pass    nn.Pass
	sampler dist.Sampler
	bounds  Bounds
	frame   int
	input   []float32 // [rows, frame], normalised
	out     []float32 // [rows, out]
	state   []float32 // [rows, state], recurrent
}

// NewActor returns an actor for up to rows observations at a time. It follows changes of the
// policy's parameters.
func (p *Policy) NewActor(rows int) *Actor {
	a := &Actor{policy: p, pass: p.Net.NewPass(rows), sampler: p.NewSampler(), bounds: NewBounds(p.Spec.Action),
		frame: p.Net.In.Size(), out: make([]float32, rows*p.Net.Out), state: make([]float32, rows*p.Net.State)}
	if p.Moments.NormalizesObservations() {
		a.input = make([]float32, rows*a.frame)
	}
	return a
}

// Begin says that the next observation of a row is the first of an episode. A fresh actor stands at such a start in
// all rows; one whose policy remembers nothing does always.
func (a *Actor) Begin(row int) { clear(a.memory(row)) }

// Move makes row to go on where row from stands.
func (a *Actor) Move(to, from int) { copy(a.memory(to), a.memory(from)) }

// memory is what a row remembers.
func (a *Actor) memory(row int) []float32 {
	n := a.policy.Net.State
	return a.state[row*n : (row+1)*n]
}

// Act writes the actions to take, within the space's bounds, for as many observations as there are
// actions: sampled with rng, or the most likely ones when rng is nil. actions: [rows, action],
// obs: [rows, frame], or [rows, frames, frame] where the spec stacks frames, as an [env.History] of them has it. A row of a
// policy that remembers is an episode: see Begin.
func (a *Actor) Act(actions []float32, obs env.Values, rng *rand.Rand) {
	p, rows := a.policy, len(actions)/a.sampler.Actions()
	if a.input != nil {
		p.Moments.Normalize(a.input[:rows*a.frame], obs.F[:rows*a.frame])
		obs = env.Values{F: a.input}
	}
	a.pass.Step(p.Params, a.out, a.state, obs, 0, rows)
	params := kernel.Mat{X: a.out[p.Column:], Rows: rows, Cols: a.sampler.Params(), Stride: p.Net.Out}
	if rng == nil {
		a.sampler.Mode(actions, params)
	} else {
		a.sampler.Sample(actions, nil, params, rng)
	}
	a.bounds.Apply(actions, actions)
}

// Bounds maps a distribution's actions to those of the space. In a box, a dimension bounded on both
// sides maps [−1, 1] onto its bounds, and what lies beyond is cut off; other spaces are left alone.
type Bounds struct {
	space        env.Space
	center, half []float32 // [action]; empty: nothing to do
}

// NewBounds returns the bounds of an action space.
func NewBounds(action env.Space) Bounds {
	if action.Kind != env.Box {
		return Bounds{}
	}
	n := action.Size()
	b := Bounds{space: action, center: make([]float32, n), half: make([]float32, n)}
	for i := range n {
		if !action.Bounded(i) {
			b.half[i] = 1
			continue
		}
		lo, hi := float64(action.Low[i]), float64(action.High[i])
		b.center[i], b.half[i] = float32((lo+hi)/2), float32((hi-lo)/2)
	}
	return b
}

// Apply writes the space's actions for the distribution's; both [rows, action].
func (b *Bounds) Apply(dst, src []float32) {
	n := len(b.half)
	if n == 0 {
		if len(dst) > 0 && &dst[0] != &src[0] {
			copy(dst, src)
		}
		return
	}
	for i, x := range src {
		j := i % n
		dst[i] = min(max(b.center[j]+float32(x*b.half[j]), b.space.Low[j]), b.space.High[j])
	}
}

// Invert writes the distribution's actions for the space's, [−1, 1] for its bounds; both [rows, action].
func (b *Bounds) Invert(dst, src []float32) {
	n := len(b.half)
	if n == 0 {
		copy(dst, src)
		return
	}
	for i, x := range src {
		j := i % n
		switch {
		case b.space.Low[j] == b.space.High[j]:
			dst[i] = 0
		case !b.space.Bounded(j):
			dst[i] = x
		default:
			dst[i] = min(max((x-b.center[j])/b.half[j], -1), 1)
		}
	}
}

package offpolicy

import (
	"fmt"
	"math"
	"math/rand/v2"

	"covey/algo"
	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/optim"
	"covey/state"
)

// Model is a network that learns: parameters, the activations and the gradient of one batch, an
// optimiser and, where one is wanted, a target network that follows the parameters. It belongs to one
// goroutine at a time.
type Model struct {
	Net    *nn.Net
	Params []float32 // [Net.Size]
	Target []float32 // [Net.Size]; nil: none
	Norm   float32   // of the gradient of the latest Step, before clipping

	pass       nn.Pass
	targetPass nn.Pass
	gradient   []float32 // [Net.Size]
	optimizer  optim.Optimizer
	clip       float32
}

// NewModel returns a model for batches of cfg.Batch rows, with fresh parameters drawn from rng. Its backward
// pass is made in halves by pair; nil: in one, by a model that is itself half of a job.
func NewModel(net *nn.Net, cfg *Config, target bool, pair *Pair, rng *rand.Rand) (*Model, error) {
	m := &Model{Net: net, Params: make([]float32, net.Size), gradient: make([]float32, net.Size), clip: cfg.ClipNorm}
	if pair != nil {
		m.pass = net.NewSplitPass(cfg.Batch, pair.Run)
	} else {
		m.pass = net.NewPass(cfg.Batch)
	}
	var err error
	if m.optimizer, err = optim.New(cfg.Optimizer, net.Size); err != nil {
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	net.Init(m.Params, rng)
	if target {
		m.Target, m.targetPass = make([]float32, net.Size), net.NewPass(cfg.Batch)
		copy(m.Target, m.Params)
	}
	return m, nil
}

// Forward runs rows rows and keeps their activations. out: [rows, Net.Out], in: [rows, frame].
func (m *Model) Forward(out []float32, in env.Values, rows int) {
	m.pass.Unroll(m.Params, out, nil, in, nil, rows, 1)
}

// ForwardTarget runs rows rows of the target network.
func (m *Model) ForwardTarget(out []float32, in env.Values, rows int) {
	m.targetPass.Unroll(m.Target, out, nil, in, nil, rows, 1)
}

// Backward takes the gradient of the latest Forward's outputs, dout [rows, Net.Out], to the parameters.
func (m *Model) Backward(dout []float32, rows int) {
	m.pass.Backward(m.Params, m.gradient, nil, dout, nil, rows, 1)
}

// BackwardInput takes it to the input instead: din [rows, frame]. The parameters count as constants.
func (m *Model) BackwardInput(din, dout []float32, rows int) {
	m.pass.Backward(m.Params, nil, din, dout, nil, rows, 1)
}

// Step clips the gradient and moves the parameters against it.
func (m *Model) Step(rate float32) {
	if m.clip > 0 {
		m.Norm = optim.ClipNorm(m.gradient, m.clip)
	}
	m.optimizer.Step(m.Params, m.gradient, rate)
}

// Follow moves the target to the parameters: θ̄ ← θ̄ + τ(θ − θ̄).
func (m *Model) Follow(tau float32) {
	if tau == 1 {
		copy(m.Target, m.Params)
		return
	}
	kernel.Polyak(m.Target, m.Params, tau)
}

// State visits parameters, target and optimiser.
func (m *Model) State(w state.Walker) error {
	w.Floats("params", m.Params)
	if m.Target != nil {
		w.Floats("target", m.Target)
	}
	return m.optimizer.State(w.Sub("optimizer"))
}

// HalfSquare writes the gradient of L = mean ½(v − y)² to dvalues and returns L; with huber, L is linear beyond
// |v − y| = 1:
//
//	∂L/∂v = (v − y)/N, cut to ±1/N by huber
//
// dvalues, values, targets: [N].
func HalfSquare(dvalues, values, targets []float32, huber bool) (loss float64) {
	share := 1 / float32(len(values))
	for i, v := range values {
		term, slope := algo.HalfSquare(v-targets[i], huber)
		loss += term
		dvalues[i] = slope * share
	}
	return loss / float64(len(values))
}

// Finite is an [algo.Divergence] that names the loss unless it is a finite number.
func Finite(name string, loss float64) error {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return algo.Divergence(fmt.Sprintf("the %s loss is %v", name, loss))
	}
	return nil
}

// Package dqn implements deep Q-learning (Mnih et al. 2015, doi:10.1038/nature14236), with double targets (van Hasselt
// et al. 2016, arXiv:1509.06461) and dueling networks (Wang et al. 2016, arXiv:1511.06581) as options.
package dqn

import (
	"fmt"
	"math/rand/v2"

	"covey/algo/offpolicy"
	"covey/dist"
	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/policy"
	"covey/state"
)

// New returns a learner in the environments of v. The same seed and configuration give the same run, on any number of
// processors.
func New(cfg Config, seed uint64, v env.Vector) (*offpolicy.Learner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return offpolicy.NewLearner(&cfg.Config, seed, v, func(pair *offpolicy.Pair, rng *rand.Rand) (offpolicy.Agent, error) {
		return newAgent(&cfg, v.Spec(), pair, rng)
	})
}

// agent is DQN's [offpolicy.Agent].
type agent struct {
	cfg     *Config
	policy  *policy.Policy
	choices int
	model   *offpolicy.Model
	pair    *offpolicy.Pair

	pass    nn.Pass // of Explore
	out     []float32
	greedy  dist.Greedy
	epsilon float64 // of the latest step

	update update
}

var _ offpolicy.Agent = (*agent)(nil)

// CheckChoice is an error unless an action is one choice among several.
func CheckChoice(spec env.Spec) error {
	if spec.Action.Kind != env.Discrete {
		return fmt.Errorf("%s has %v actions; this algorithm wants one choice among several (sac, ddpg and a3c take numbers)", spec.ID, spec.Action.Kind)
	}
	return nil
}

// NewPolicy lays out the policy of a configuration, with parameters of 0. A dueling network's output rows are
// [V | A]; of them, the greatest A is that of the greatest Q.
func NewPolicy(cfg *Config, spec env.Spec) (*policy.Policy, error) {
	if err := CheckChoice(spec); err != nil {
		return nil, fmt.Errorf("dqn: %w", err)
	}
	if cfg.NormalizeObservations && spec.Observation.Bytes {
		return nil, fmt.Errorf("dqn: normalize_observations is true, but the observations of %s are bytes: network.standardize is for these", spec.ID)
	}
	n := spec.Action.N[0]
	heads, column := []nn.Head{{Name: "q", Width: n, Gain: 1}}, 0
	if cfg.Dueling {
		heads, column = []nn.Head{{Name: "value", Width: 1, Gain: 1}, {Name: "advantage", Width: n, Gain: 1}}, 1
	}
	net, err := nn.New(spec.Stacked(), cfg.Network, heads...)
	if err != nil {
		return nil, err
	}
	return &policy.Policy{
		Spec: spec, Net: net, Column: column, NewSampler: func() dist.Sampler { return dist.NewGreedy(n) },
		Params: make([]float32, net.Size), Moments: cfg.Moments(spec),
	}, nil
}

func newAgent(cfg *Config, spec env.Spec, pair *offpolicy.Pair, rng *rand.Rand) (*agent, error) {
	p, err := NewPolicy(cfg, spec)
	if err != nil {
		return nil, err
	}
	n := spec.Action.N[0]
	a := &agent{cfg: cfg, policy: p, choices: n, pair: pair, pass: p.Net.NewPass(cfg.Envs),
		out: make([]float32, cfg.Envs*p.Net.Out), greedy: dist.NewGreedy(n), epsilon: float64(cfg.Epsilon.Start)}
	if a.model, err = offpolicy.NewModel(p.Net, &cfg.Config, true, pair, rng); err != nil {
		return nil, err
	}
	p.Params = a.model.Params
	a.update = newUpdate(a)
	return a, nil
}

// Policy is what is learned.
func (a *agent) Policy() *policy.Policy { return a.policy }

// Target is the network of the targets.
func (a *agent) Target() []float32 { return a.model.Target }

// Explore takes the choice of the greatest value, and with probability ε any.
func (a *agent) Explore(actions []float32, s *offpolicy.Scene, rng *rand.Rand) {
	rows := len(s.Starts)
	a.pass.Step(s.Params, a.out, nil, s.Observations, 0, rows)
	a.greedy.Mode(actions, kernel.Mat{X: a.out[a.policy.Column:], Rows: rows, Cols: a.choices, Stride: a.policy.Net.Out})
	epsilon := a.cfg.Epsilon.at(s.Steps)
	a.epsilon = float64(epsilon)
	for i := range actions {
		if rng.Float32() < epsilon {
			actions[i] = float32(rng.IntN(a.choices))
		}
	}
}

// State visits everything that learns.
func (a *agent) State(w state.Walker) error {
	w.Uint64("updates", &a.update.count)
	w.Float64("epsilon", &a.epsilon)
	if err := a.policy.Moments.State(w.Sub("normalizer")); err != nil {
		return err
	}
	return a.model.State(w.Sub("q"))
}

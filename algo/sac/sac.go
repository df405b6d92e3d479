// Package sac implements soft actor-critic (Haarnoja et al. 2018, arXiv:1801.01290 and 1812.05905): a
// stochastic policy that is paid for its entropy, two critics of which the smaller value counts, and a
// temperature that holds the entropy where it is wanted.
package sac

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

// agent is SAC's [offpolicy.Agent].
type agent struct {
	cfg         *Config
	policy      *policy.Policy
	actor       *offpolicy.Model
	critics     *offpolicy.Critics
	temperature *temperature
	pair        *offpolicy.Pair

	acting acting
	update update
}

// acting is what Explore works with.
type acting struct {
	pass  nn.Pass
	out   []float32 // [B, 2·action]
	dist  *dist.SquashedGaussian
	noise *dist.Noise
}

// NewPolicy lays out the policy of a configuration, with parameters of 0.
func NewPolicy(cfg *Config, spec env.Spec) (*policy.Policy, error) {
	if err := offpolicy.CheckBox(spec); err != nil {
		return nil, fmt.Errorf("sac: %w", err)
	}
	n := spec.Action.Size()
	net, err := nn.New(spec.Stacked(), cfg.Network, nn.Head{Name: "policy", Width: 2 * n, Gain: 1})
	if err != nil {
		return nil, err
	}
	return &policy.Policy{
		Spec: spec, Net: net, NewSampler: func() dist.Sampler { return dist.NewSquashedGaussian(n, cfg.LogStd) },
		Params: make([]float32, net.Size), Moments: cfg.Moments(spec),
	}, nil
}

func newAgent(cfg *Config, spec env.Spec, pair *offpolicy.Pair, rng *rand.Rand) (*agent, error) {
	p, err := NewPolicy(cfg, spec)
	if err != nil {
		return nil, err
	}
	a := &agent{cfg: cfg, policy: p, pair: pair}
	if a.actor, err = offpolicy.NewModel(p.Net, &cfg.Config, false, pair, rng); err != nil {
		return nil, err
	}
	p.Params = a.actor.Params
	if a.critics, err = offpolicy.NewCritics(spec, &cfg.Config, 2, pair, rng); err != nil {
		return nil, err
	}
	n := spec.Action.Size()
	if a.temperature, err = newTemperature(cfg, n); err != nil {
		return nil, err
	}
	a.acting = acting{
		pass: p.Net.NewPass(cfg.Envs), out: make([]float32, cfg.Envs*p.Net.Out),
		dist: dist.NewSquashedGaussian(n, cfg.LogStd), noise: dist.NewNoise(cfg.Envs, n, cfg.NoiseMemory),
	}
	a.update = newUpdate(a)
	return a, nil
}

// Policy is what is learned.
func (a *agent) Policy() *policy.Policy { return a.policy }

// Target is nil: the targets are made with the policy itself.
func (a *agent) Target() []float32 { return nil }

// Explore samples actions: a = tanh(μ + σε).
func (a *agent) Explore(actions []float32, s *offpolicy.Scene, rng *rand.Rand) {
	x := &a.acting
	x.pass.Step(s.Params, x.out, nil, s.Observations, 0, len(s.Starts))
	x.dist.Transform(actions, nil, kernel.Matrix(x.out, len(s.Starts), a.policy.Net.Out), x.noise.Next(s.Starts, rng))
}

// State visits everything that learns, and the noise.
func (a *agent) State(w state.Walker) error {
	for _, part := range []struct {
		name string
		state.Stateful
	}{
		{"actor", a.actor}, {"critics", a.critics}, {"temperature", a.temperature},
		{"normalizer", &a.policy.Moments}, {"noise", a.acting.noise},
	} {
		if err := part.State(w.Sub(part.name)); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

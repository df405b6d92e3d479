// Package ddpg implements deep deterministic policy gradient (Lillicrap et al. 2016, arXiv:1509.02971) and, as
// options, what makes TD3 of it (Fujimoto et al. 2018, arXiv:1802.09477): a second critic, a delayed actor
// and a smoothed target policy.
package ddpg

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

// agent is DDPG's [offpolicy.Agent].
type agent struct {
	cfg     *Config
	policy  *policy.Policy
	actor   *offpolicy.Model
	critics *offpolicy.Critics
	pair    *offpolicy.Pair

	pass      nn.Pass // of Explore
	out       []float32
	noise     *dist.Noise
	deviation float32 // of the noise

	update update
}

var _ offpolicy.Agent = (*agent)(nil)

// headGain makes the policy start near 0, as the paper's final layer does: uniform within ±3e-3 for 256
// inputs.
const headGain = 0.05

// NewPolicy lays out the policy of a configuration, with parameters of 0.
func NewPolicy(cfg *Config, spec env.Spec) (*policy.Policy, error) {
	if err := offpolicy.CheckBox(spec); err != nil {
		return nil, fmt.Errorf("ddpg: %w", err)
	}
	n := spec.Action.Size()
	net, err := nn.New(spec.Stacked(), cfg.Network, nn.Head{Name: "policy", Width: n, Gain: headGain})
	if err != nil {
		return nil, err
	}
	return &policy.Policy{
		Spec: spec, Net: net, NewSampler: func() dist.Sampler { return dist.NewSquash(n) },
		Params: make([]float32, net.Size), Moments: cfg.Moments(spec),
	}, nil
}

func newAgent(cfg *Config, spec env.Spec, pair *offpolicy.Pair, rng *rand.Rand) (*agent, error) {
	p, err := NewPolicy(cfg, spec)
	if err != nil {
		return nil, err
	}
	a := &agent{cfg: cfg, policy: p, pair: pair, pass: p.Net.NewPass(cfg.Envs), out: make([]float32, cfg.Envs*p.Net.Out)}
	if a.actor, err = offpolicy.NewModel(p.Net, &cfg.Config, true, pair, rng); err != nil {
		return nil, err
	}
	p.Params = a.actor.Params
	critics := 1
	if cfg.Twin {
		critics = 2
	}
	if a.critics, err = offpolicy.NewCritics(spec, &cfg.Config, critics, pair, rng); err != nil {
		return nil, err
	}
	rho, deviation := cfg.Noise.exploring()
	a.noise, a.deviation = dist.NewNoise(cfg.Envs, spec.Action.Size(), rho), deviation
	a.update = newUpdate(a)
	return a, nil
}

// Policy is what is learned.
func (a *agent) Policy() *policy.Policy { return a.policy }

// Target is the policy of the targets.
func (a *agent) Target() []float32 { return a.actor.Target }

// Explore adds noise to what the policy would do: a = tanh μ(s) + x, within ±1.
func (a *agent) Explore(actions []float32, s *offpolicy.Scene, rng *rand.Rand) {
	a.pass.Step(s.Params, a.out, nil, s.Observations, 0, len(s.Starts))
	kernel.Tanh.Apply(actions, a.out)
	for i, x := range a.noise.Next(s.Starts, rng) {
		actions[i] = within(actions[i]+float32(a.deviation*x), 1)
	}
}

// within cuts x to ± bound.
func within(x, bound float32) float32 { return min(max(x, -bound), bound) }

// State visits everything that learns, and the noise.
func (a *agent) State(w state.Walker) error {
	w.Uint64("updates", &a.update.count)
	for _, part := range []struct {
		name string
		state.Stateful
	}{{"actor", a.actor}, {"critics", a.critics}, {"normalizer", &a.policy.Moments}, {"noise", a.noise}} {
		if err := part.State(w.Sub(part.name)); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

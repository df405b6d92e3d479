package covey

import (
	"errors"
	"fmt"
	"strings"

	"covey/algo/ddpg"
	"covey/algo/dqn"
	"covey/algo/offpolicy"
	"covey/algo/sac"
	"covey/env"
	"covey/policy"
	"covey/replay"
	"covey/train"
)

// The algorithms that learn from a replay.
var (
	softActorCritic = offPolicy[sac.Config]{
		name: "sac", section: func(c *Config) **sac.Config { return &c.SAC },
		defaults: sac.DefaultConfig, shared: func(c *sac.Config) *offpolicy.Config { return &c.Config },
		validate: (*sac.Config).Validate, suits: offpolicy.CheckBox, policy: sac.NewPolicy, learner: sac.New,
		rates: func(c *sac.Config) []**float32 { return []**float32{&c.CriticRate, &c.Temperature.Rate} },
	}.algorithm()
	deterministicPolicyGradient = offPolicy[ddpg.Config]{
		name: "ddpg", section: func(c *Config) **ddpg.Config { return &c.DDPG },
		defaults: ddpg.DefaultConfig, shared: func(c *ddpg.Config) *offpolicy.Config { return &c.Config },
		validate: (*ddpg.Config).Validate, suits: offpolicy.CheckBox, policy: ddpg.NewPolicy, learner: ddpg.New,
		rates: func(c *ddpg.Config) []**float32 { return []**float32{&c.CriticRate} },
	}.algorithm()
	deepQLearning = offPolicy[dqn.Config]{
		name: "dqn", section: func(c *Config) **dqn.Config { return &c.DQN },
		defaults: dqn.DefaultConfig, shared: func(c *dqn.Config) *offpolicy.Config { return &c.Config },
		validate: (*dqn.Config).Validate, suits: dqn.CheckChoice, policy: dqn.NewPolicy, learner: dqn.New,
		rates: func(*dqn.Config) []**float32 { return nil },
	}.algorithm()
)

// offPolicy is an algorithm whose settings are a C.
type offPolicy[C any] struct {
	name     string
	section  func(*Config) **C
	defaults func() C
	shared   func(*C) *offpolicy.Config
	validate func(*C) error
	suits    func(env.Spec) error
	policy   func(*C, env.Spec) (*policy.Policy, error)
	learner  func(C, uint64, env.Vector) (*offpolicy.Learner, error)
	rates    func(*C) []**float32 // learning rates besides the shared one
}

func (o offPolicy[C]) algorithm() algorithm {
	return algorithm{
		section: o.name,
		defaults: func(c *Config) {
			d := o.defaults()
			*o.section(c) = &d
		},
		adapt:   func(*Config) {},
		present: func(c *Config) bool { return *o.section(c) != nil },
		resolve: func(c *Config) error {
			section := o.section(c)
			if *section == nil {
				return wrong(o.name, "the section is missing")
			}
			resolved := **section
			*section = &resolved
			return inSection(o.name, o.validate(&resolved))
		},
		suits: func(_ *Config, s env.Spec) error { return o.suits(s) },
		traits: func(c *Config) traits {
			t := traits{workers: 1, update: o.shared(*o.section(c)).Update, deterministic: true, solveBy: o.solveBy(c)}
			if c.Offline {
				t.update = "offline"
			}
			return t
		},
		policy: func(c *Config, s env.Spec) (*policy.Policy, error) { return o.policy(*o.section(c), s) },
		slowed: func(c *Config, by float32) *Config {
			slow, section := *c, **o.section(c)
			o.shared(&section).LearningRate *= by
			for _, rate := range o.rates(&section) {
				*rate = times(*rate, by)
			}
			*o.section(&slow) = &section
			return &slow
		},
		learner: func(c *Config, vectors func(n int) (env.Vector, error)) (learner, error) {
			settings := *o.section(c)
			v, err := vectors(o.shared(settings).Envs)
			if err != nil {
				return nil, err
			}
			if err := o.checkMemory(settings, v.Spec()); err != nil {
				return nil, errors.Join(err, v.Close())
			}
			l, err := o.learner(*settings, c.Seed, v)
			if err != nil {
				return nil, errors.Join(err, v.Close())
			}
			if c.ReplayFile != "" {
				l.Prefill(c.experience, c.Offline)
			}
			return l, nil
		},
		holds: func(c *Config, x offpolicy.Experience) error {
			steps, episodes := x.Size()
			return inSection(o.name, o.shared(*o.section(c)).Holds(steps, episodes))
		},
	}
}

// solveBy: what explores returns less than what it has learned, so evaluations say whether an
// environment is solved, where there are any.
func (o offPolicy[C]) solveBy(c *Config) train.SolveBy {
	if c.Eval.Every == 0 {
		return train.ByTraining
	}
	return train.ByEvaluation
}

// checkMemory refuses a replay that does not fit the memory, and a batch that does not fit beside it. It is an error too
// where the network does not fit the observations.
func (o offPolicy[C]) checkMemory(settings *C, s env.Spec) error {
	p, err := o.policy(settings, s)
	if err != nil {
		return inSection(o.name, errors.New(strings.TrimPrefix(err.Error(), o.name+": ")))
	}
	free, known := freeMemory()
	if !known {
		return nil
	}
	c := o.shared(settings)
	size := replay.Size(s, c.Envs, c.Replay)
	if size > free {
		return wrong(o.name+".replay", "%d transitions of %s take %s, but only %s of memory are free", c.Replay, s.ID, megabytes(size), megabytes(free))
	}
	// Of the network and its target, with gradient and moments; sac and ddpg have more of them.
	if batch := 2*p.Net.PassBytes(c.Batch) + 5*4*uint64(p.Net.Size); size+batch > free {
		return wrong(o.name+".batch", "%d: networks in so many observations take at least %s, beside a replay of %s, but only %s of memory are free",
			c.Batch, megabytes(batch), megabytes(size), megabytes(free))
	}
	return nil
}

// megabytes writes a size.
func megabytes(bytes uint64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

package sac

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/algo/offpolicy"
	"covey/algo/offpolicy/offpolicytest"
	"covey/dist"
	"covey/env"
	"covey/internal/corridor"
	"covey/internal/kernel"
	"covey/nn"
	"covey/replay"
)

// small is a configuration that learns the corridor in a few hundred updates.
func small() Config {
	cfg := DefaultConfig()
	offpolicytest.Small(&cfg.Config)
	return cfg
}

// altered is SAC with changes to its own configuration.
func altered(change func(*Config)) offpolicytest.Algorithm {
	return offpolicytest.Algorithm{Continuous: true, New: func(alter func(*offpolicy.Config), seed uint64, v env.Vector) (*offpolicy.Learner, error) {
		cfg := small()
		change(&cfg)
		alter(&cfg.Config)
		return New(cfg, seed, v)
	}}
}

func TestLearner(t *testing.T) {
	offpolicytest.Run(t, altered(func(c *Config) { c.NoiseMemory = 0.3 }))
}

func TestHashes(t *testing.T) {
	offpolicytest.Hashes(t, map[string]offpolicytest.Algorithm{
		"clamped": altered(func(c *Config) { c.NoiseMemory = 0.3 }),
		"mapped":  altered(func(c *Config) { c.LogStd = dist.MapLogStd }),
	})
}

// TestLearnsTheCorridor with the options that change what is computed.
func TestLearnsTheCorridor(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"mapped log-std":    func(c *Config) { c.LogStd = dist.MapLogStd },
		"fixed temperature": func(c *Config) { c.Temperature = Temperature{Initial: 0.01, Fixed: true} },
		"n-step, normalised, remembering": func(c *Config) {
			c.NStep, c.NormalizeObservations, c.NoiseMemory = 3, true, 0.8
		},
	} {
		t.Run(name, func(t *testing.T) { altered(change).Learns(t, func(*offpolicy.Config) {}) })
	}
}

// TestActorLossDecreasesAlongItsGradient holds the step of the actor, by plain gradient descent, against
// the slope of the loss that it reports.
func TestActorLossDecreasesAlongItsGradient(t *testing.T) {
	const rate = 1e-3
	for _, bound := range []dist.LogStdBound{dist.ClampLogStd, dist.MapLogStd} {
		cfg := small()
		cfg.Network.Activation, cfg.LogStd, cfg.Optimizer.Kind, cfg.LearningRate = "tanh", bound, "sgd", rate
		rng := rand.New(rand.NewPCG(3, 3))
		a, err := newAgent(&cfg, box(3, 2), &offpolicy.Pair{}, rng)
		if err != nil {
			t.Fatal(err)
		}
		x := &a.update
		x.batch = replay.NewBatch(a.policy.Spec, cfg.Batch)
		normal(x.batch.Observations.F, rng)
		normal(x.now.noise, rng)
		loss := func() float64 {
			a.draft(1)
			value := a.critics.Ascend(x.dactions, x.now.input, 2)
			for _, l := range x.now.logProbs {
				value += float64(a.temperature.alpha[0]) * float64(l) / float64(cfg.Batch)
			}
			return value
		}
		before := append([]float32(nil), a.actor.Params...)
		a.draft(1)
		a.learnActor()
		gradient := make([]float32, len(before))
		for i, p := range a.actor.Params {
			gradient[i] = (before[i] - p) / rate
		}
		const h = 3e-3
		slope := math.Sqrt(kernel.SumSquares(gradient)) // along the normalised gradient
		at := func(step float64) float64 {
			for i, p := range before {
				a.actor.Params[i] = p + float32(step/slope)*gradient[i]
			}
			return loss()
		}
		if got := (at(h) - at(-h)) / (2 * h); math.Abs(got-slope) > 5e-3*slope {
			t.Errorf("%s: the loss rises by %v along its gradient, whose norm is %v", bound, got, slope)
		}
	}
}

// TestTemperature: α falls while the entropy is above its target, rises while it is below, stays where it is
// held fixed.
func TestTemperature(t *testing.T) {
	for _, c := range []struct {
		fixed   bool
		logProb float64
		want    int
	}{{false, -5, -1}, {false, 5, 1}, {true, 5, 0}} {
		cfg := small()
		cfg.Temperature.Initial, cfg.Temperature.Fixed = 0.3, c.fixed
		temperature, err := newTemperature(&cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			temperature.learn(c.logProb)
		}
		change := temperature.alpha[0] - 0.3
		if (change > 0) != (c.want > 0) || (change < 0) != (c.want < 0) {
			t.Errorf("fixed %v: at an entropy of %v with target −2, α went from 0.3 to %v", c.fixed, -c.logProb, temperature.alpha[0])
		}
	}
}

func TestBadConfigs(t *testing.T) {
	rate := float32(-1)
	for want, alter := range map[string]func(*Config){
		"update is sync, which is A2C's":                                             func(c *Config) { c.Update = "sync" },
		`update is "hogwild", must be ordered or async`:                              func(c *Config) { c.Update = "hogwild" },
		"batch is 16, more than the 15 steps of warmup":                              func(c *Config) { c.Warmup = 15 },
		"replay is 10, must be between 16 and":                                       func(c *Config) { c.Replay = 10 },
		"gamma is 1.5, must be between 0 and 1":                                      func(c *Config) { c.Gamma = 1.5 },
		"tau is NaN, must be between 0 and 1":                                        func(c *Config) { c.Tau = float32(math.NaN()) },
		"updates_per_step is 0/1":                                                    func(c *Config) { c.UpdatesPerStep.Updates = 0 },
		`log_std is "none", must be clamp or tanh`:                                   func(c *Config) { c.LogStd = "none" },
		"noise_memory is 1, must be at least 0 and less than 1":                      func(c *Config) { c.NoiseMemory = 1 },
		"temperature.initial is 0, must be between":                                  func(c *Config) { c.Temperature.Initial = 0 },
		"critic_rate is -1, must be between 0 and 10":                                func(c *Config) { c.CriticRate = &rate },
		"optimizer.epsilon is 0, must be more than 0 and less than 1":                func(c *Config) { c.Optimizer.Epsilon = 0 },
		"envs is 3, but there are 2":                                                 func(c *Config) { c.Envs = 3 },
		"network.lstm is 8, but what learns from single transitions knows no states": func(c *Config) { c.Network.LSTM = 8 },
		"network.conv lists 1 layers, but the critics see":                           func(c *Config) { c.Network.Conv = make([]nn.Conv, 1) },
		`network.activation is "gelu"`:                                               func(c *Config) { c.Network.Activation = "gelu" },
	} {
		cfg := small()
		v, err := corridor.Batch(cfg.Envs, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		alter(&cfg)
		if _, err := New(cfg, 1, v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestWrongWorlds(t *testing.T) {
	discrete, err := corridor.Batch(2, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(small(), 1, discrete); err == nil || !strings.Contains(err.Error(), "Corridor has Discrete actions") {
		t.Errorf("error %v for discrete actions", err)
	}
	spec := box(3, 2)
	spec.Action.High[1] = float32(math.Inf(1))
	cfg := small()
	if _, err := newAgent(&cfg, spec, nil, nil); err == nil || !strings.Contains(err.Error(), "between -2 and +Inf in dimension 1") {
		t.Errorf("error %v for an unbounded action", err)
	}
}

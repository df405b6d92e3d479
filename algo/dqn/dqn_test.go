package dqn

import (
	"math/rand/v2"
	"strings"
	"testing"

	"covey/algo/offpolicy"
	"covey/algo/offpolicy/offpolicytest"
	"covey/env"
	"covey/internal/corridor"
)

// small is a configuration that learns the corridor in a few hundred updates.
func small() Config {
	cfg := DefaultConfig()
	offpolicytest.Small(&cfg.Config)
	cfg.Epsilon.Steps, cfg.TargetEvery = 300, 20
	return cfg
}

// altered is DQN with changes to its own configuration.
func altered(change func(*Config)) offpolicytest.Algorithm {
	return offpolicytest.Algorithm{New: func(alter func(*offpolicy.Config), seed uint64, v env.Vector) (*offpolicy.Learner, error) {
		cfg := small()
		change(&cfg)
		alter(&cfg.Config)
		return New(cfg, seed, v)
	}}
}

func TestLearner(t *testing.T) { offpolicytest.Run(t, altered(func(c *Config) { c.Loss = MSE })) }

func TestHashes(t *testing.T) {
	offpolicytest.Hashes(t, map[string]offpolicytest.Algorithm{
		"double":         altered(func(*Config) {}),
		"single dueling": altered(func(c *Config) { c.Double, c.Dueling, c.Loss = false, true, MSE }),
	})
}

// TestLearnsTheCorridor with the options that change what is computed.
func TestLearnsTheCorridor(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"single":              func(c *Config) { c.Double = false },
		"dueling":             func(c *Config) { c.Dueling = true },
		"dueling, two trunks": func(c *Config) { c.Dueling, c.Network.Separate = true, true },
		"soft target, n-step": func(c *Config) { c.TargetEvery, c.Tau, c.NStep = 0, 0.05, 3 },
	} {
		t.Run(name, func(t *testing.T) { altered(change).Learns(t, func(*offpolicy.Config) {}) })
	}
}

// TestEpsilon: it falls in a line, and of the actions so many are random.
func TestEpsilon(t *testing.T) {
	e := Epsilon{Start: 0.9, End: 0.1, Steps: 1000}
	for steps, want := range map[uint64]float32{0: 0.9, 500: 0.5, 999: 0.1008, 1000: 0.1, 5000: 0.1} {
		if got := e.at(steps); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("ε after %d steps is %v, want %v", steps, got, want)
		}
	}
	if got := (Epsilon{Start: 1, End: 0.3}).at(0); got != 0.3 {
		t.Errorf("ε is %v from the first step on, want 0.3", got)
	}
	cfg := small()
	cfg.Epsilon = Epsilon{Start: 0.4, End: 0.4}
	rng := rand.New(rand.NewPCG(2, 2))
	a, err := newAgent(&cfg, (&corridor.World{}).Spec(), &offpolicy.Pair{}, rng)
	if err != nil {
		t.Fatal(err)
	}
	scene := &offpolicy.Scene{Observations: env.Values{F: []float32{0.1, 0.2, 0.1, 0.2}}, Starts: make([]bool, 2), Params: a.policy.Params}
	actions := make([]float32, 2)
	counts := [2]int{}
	const draws = 20_000
	for range draws / 2 {
		a.Explore(actions, scene, rng)
		for _, x := range actions {
			counts[int(x)]++
		}
	}
	if rare := min(counts[0], counts[1]); rare < draws*18/100 || rare > draws*22/100 { // ε/2
		t.Errorf("actions %v of %d, want 20 %% of the rarer", counts, draws)
	}
}

// TestGreedyPolicyTakesTheGreatestValue: also where the network is a dueling one.
func TestGreedyPolicyTakesTheGreatestValue(t *testing.T) {
	for _, dueling := range []bool{false, true} {
		cfg := small()
		cfg.Dueling = dueling
		spec := (&corridor.World{}).Spec()
		spec.Action = env.NewDiscrete(5)
		rng := rand.New(rand.NewPCG(4, 4))
		a, err := newAgent(&cfg, spec, &offpolicy.Pair{}, rng)
		if err != nil {
			t.Fatal(err)
		}
		actor, action, out := a.policy.NewActor(1), make([]float32, 1), make([]float32, a.policy.Net.Out)
		for range 200 {
			obs := env.Values{F: []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64())}}
			actor.Act(action, obs, nil)
			a.pass.Step(a.policy.Params, out, nil, obs, 0, 1)
			for j := range 5 {
				if a.read(out, 0, j) > a.read(out, 0, int(action[0]))+1e-6 {
					t.Fatalf("dueling %v: action %v, but %d has value %v of %v", dueling, action[0], j, a.read(out, 0, j), out)
				}
			}
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for want, alter := range map[string]func(*Config){
		"batch is 16, more than the 15 steps of warmup":  func(c *Config) { c.Warmup = 15 },
		`loss is "l1", must be huber or mse`:             func(c *Config) { c.Loss = "l1" },
		"network.lstm is 8, but what learns from single": func(c *Config) { c.Network.LSTM = 8 },
		"epsilon.start is 2, must be between 0 and 1":    func(c *Config) { c.Epsilon.Start = 2 },
		"epsilon.end is -1, must be between 0 and 1":     func(c *Config) { c.Epsilon.End = -1 },
	} {
		cfg := small()
		v, err := corridor.Batch(cfg.Envs, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		alter(&cfg)
		if _, err := New(cfg, 1, v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	v, err := corridor.Batch(2, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(small(), 1, v); err == nil || !strings.Contains(err.Error(), "Corridor has Box actions") {
		t.Errorf("error %v for continuous actions", err)
	}
}

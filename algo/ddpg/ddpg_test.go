package ddpg

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/algo/offpolicy"
	"covey/algo/offpolicy/offpolicytest"
	"covey/env"
	"covey/internal/corridor"
	"covey/internal/kernel"
	"covey/replay"
)

// small is a configuration that learns the corridor in a few hundred updates.
func small() Config {
	cfg := DefaultConfig()
	offpolicytest.Small(&cfg.Config)
	return cfg
}

// altered is DDPG with changes to its own configuration.
func altered(change func(*Config)) offpolicytest.Algorithm {
	return offpolicytest.Algorithm{Continuous: true, New: func(alter func(*offpolicy.Config), seed uint64, v env.Vector) (*offpolicy.Learner, error) {
		cfg := small()
		change(&cfg)
		alter(&cfg.Config)
		return New(cfg, seed, v)
	}}
}

func TestDDPG(t *testing.T) { offpolicytest.Run(t, altered(func(*Config) {})) }

func TestTD3(t *testing.T) { offpolicytest.Run(t, altered((*Config).TD3)) }

func TestHashes(t *testing.T) {
	offpolicytest.Hashes(t, map[string]offpolicytest.Algorithm{"ddpg": altered(func(*Config) {}), "td3": altered((*Config).TD3)})
}

// TestActorLossDecreasesAlongItsGradient holds the step of the actor, by plain gradient descent, against
// the slope of the loss that it reports.
func TestActorLossDecreasesAlongItsGradient(t *testing.T) {
	const rate, h = 1e-2, 3e-3
	cfg := small()
	cfg.Network.Activation, cfg.Optimizer.Kind, cfg.LearningRate = "tanh", "sgd", rate
	rng := rand.New(rand.NewPCG(3, 3))
	a, err := newAgent(&cfg, (&corridor.World{Continuous: true}).Spec(), &offpolicy.Pair{}, rng)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.actor.Params {
		a.actor.Params[i] += 0.3 * float32(rng.NormFloat64())
	}
	x := &a.update
	x.count, x.batch = 1, replay.NewBatch(a.policy.Spec, cfg.Batch)
	for i := range x.batch.Observations.F {
		x.batch.Observations.F[i] = float32(rng.NormFloat64())
	}
	before := append([]float32(nil), a.actor.Params...)
	a.draft(1)
	a.learnActor()
	gradient := make([]float32, len(before))
	for i, p := range a.actor.Params {
		gradient[i] = (before[i] - p) / rate
	}
	slope := math.Sqrt(kernel.SumSquares(gradient)) // along the normalised gradient
	at := func(step float64) float64 {
		for i, p := range before {
			a.actor.Params[i] = p + float32(step/slope)*gradient[i]
		}
		a.draft(1)
		return a.critics.Ascend(x.dactions, x.now.input, 1)
	}
	if got := (at(h) - at(-h)) / (2 * h); math.Abs(got-slope) > 1e-2*slope {
		t.Errorf("the loss rises by %v along its gradient, whose norm is %v", got, slope)
	}
}

// TestNoise: the Ornstein-Uhlenbeck process x ← (1−θ) x + σξ has the deviation σ/√(1−(1−θ)²).
func TestNoise(t *testing.T) {
	rho, deviation := Noise{Kind: OrnsteinUhlenbeck, Sigma: 0.2, Theta: 0.15}.exploring()
	if math.Abs(float64(rho)-0.85) > 1e-6 || math.Abs(float64(deviation)-0.2/math.Sqrt(1-0.85*0.85)) > 1e-6 {
		t.Errorf("memory %v, deviation %v", rho, deviation)
	}
	if rho, deviation := (Noise{Kind: Gaussian, Sigma: 0.1, Theta: 0.15}).exploring(); rho != 0 || deviation != 0.1 {
		t.Errorf("Gaussian: memory %v, deviation %v", rho, deviation)
	}
}

// TestSmoothing: the target policy's noise is cut where a bound is set, and only there.
func TestSmoothing(t *testing.T) {
	for _, clip := range []float32{0, 0.1} {
		rng, most := rand.New(rand.NewPCG(1, 1)), float32(0)
		for range 100 {
			most = max(most, Smoothing{Sigma: 0.2, Clip: clip}.draw(rng))
		}
		if cut := most == 0.1; cut != (clip > 0) || !cut && most < 0.2 {
			t.Errorf("clip %v: noise of up to %v", clip, most)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	rate := float32(11)
	for want, alter := range map[string]func(*Config){
		"batch is 16, more than the 15 steps of warmup":  func(c *Config) { c.Warmup = 15 },
		`noise.kind is "pink", must be ou or gaussian`:   func(c *Config) { c.Noise.Kind = "pink" },
		"noise.theta is 0, must be between 1e-06 and 1":  func(c *Config) { c.Noise.Theta = 0 },
		"noise.sigma is -1, must be between 0 and":       func(c *Config) { c.Noise.Sigma = -1 },
		"smoothing.clip is NaN, must be between 0 and":   func(c *Config) { c.Smoothing.Clip = float32(math.NaN()) },
		"delay is 0, must be between 1 and":              func(c *Config) { c.Delay = 0 },
		"network.lstm is 8, but what learns from single": func(c *Config) { c.Network.LSTM = 8 },
		"network.tower is nature, but the critics see":   func(c *Config) { c.Network.Tower = "nature" },
		"critic_rate is 11, must be between 0 and 10":    func(c *Config) { c.CriticRate = &rate },
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
	v, err := corridor.Batch(2, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(small(), 1, v); err == nil || !strings.Contains(err.Error(), "Corridor has Discrete actions") {
		t.Errorf("error %v for discrete actions", err)
	}
}

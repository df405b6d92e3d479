package sac

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"covey/algo"
	"covey/algo/offpolicy"
	"covey/dist"
	"covey/env"
	"covey/internal/corridor"
	"covey/internal/kernel"
	"covey/replay"
	"covey/state"
)

// small is a configuration that learns the corridor in a few hundred updates.
func small() Config {
	cfg := DefaultConfig()
	cfg.Network.Hidden, cfg.Gamma = []int{16, 16}, 0.9
	cfg.Envs, cfg.Batch, cfg.Warmup, cfg.Replay, cfg.LearningRate = 2, 32, 64, 2000, 1e-2
	return cfg
}

func newLearner(t testing.TB, cfg Config, seed uint64, alter func(int, *corridor.World)) *offpolicy.Learner {
	t.Helper()
	v, err := corridor.Batch(cfg.Envs, true, alter)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(cfg, seed, v)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// until stops after n updates.
func until(n uint64) algo.Boundary {
	return func(p algo.Progress) (algo.Decision, error) { return algo.Decision{Stop: p.Updates >= n}, nil }
}

func hash(t testing.TB, s state.Stateful) [32]byte {
	t.Helper()
	h, err := state.Hash(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestSameBitsOnAnyCores: the same seed gives the same run on one core and on two, whether acting and
// learning overlap or not, and another seed another.
func TestSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
		run := func(processors int, seed uint64) [32]byte {
			runtime.GOMAXPROCS(processors)
			cfg := small()
			cfg.Update, cfg.NormalizeObservations, cfg.NoiseMemory, cfg.NStep = update, true, 0.5, 2
			l := newLearner(t, cfg, seed, nil)
			if err := l.Run(context.Background(), until(100)); err != nil {
				t.Fatal(err)
			}
			return hash(t, l)
		}
		want := run(1, 7)
		for i := range 4 {
			if run(1+i%3, 7) != want {
				t.Errorf("%s: repeat %d on %d processors has other bits", update, i, 1+i%3)
			}
		}
		if run(2, 8) == want {
			t.Errorf("%s: another seed gave the same run", update)
		}
	}
}

// TestLearnsTheCorridor with the options that change what is computed.
func TestLearnsTheCorridor(t *testing.T) {
	for name, alter := range map[string]func(*Config){
		"ordered":           func(*Config) {},
		"async":             func(c *Config) { c.Update = offpolicy.Async },
		"mapped log-std":    func(c *Config) { c.LogStd = dist.MapLogStd },
		"fixed temperature": func(c *Config) { c.Temperature = Temperature{Initial: 0.01, Fixed: true} },
		"n-step, normalised, remembering": func(c *Config) {
			c.NStep, c.NormalizeObservations, c.NoiseMemory = 3, true, 0.8
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := small()
			alter(&cfg)
			l := newLearner(t, cfg, 4, nil)
			if err := l.Run(context.Background(), until(600)); err != nil {
				t.Fatal(err)
			}
			if got := greedy(t, l); !(got > 1.2) { // a walk without aim stays near 0
				t.Errorf("mean return %.2f, want above 1.2", got)
			}
		})
	}
}

// greedy is the mean return of 20 episodes of the greedy policy.
func greedy(t *testing.T, l *offpolicy.Learner) (mean float64) {
	t.Helper()
	actor := l.Policy().NewActor(1)
	w, obs, action := &corridor.World{Continuous: true}, env.Values{F: make([]float32, 2)}, make([]float32, 1)
	for episode := range uint64(20) {
		if err := w.Reset(episode, obs); err != nil {
			t.Fatal(err)
		}
		for over := false; !over; {
			actor.Act(action, obs, nil)
			o, err := w.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			mean += float64(o.Reward) / 20
			over = o.Terminated || o.Truncated
		}
	}
	return mean
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
		x.batch = replay.NewBatch(a.policy.Spec.Observation, 2, cfg.Batch)
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

// TestSteadyStateAllocatesNothing counts allocations between two updates far apart.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
		cfg := small()
		cfg.Update, cfg.NormalizeObservations = update, true
		var before, after runtime.MemStats
		err := newLearner(t, cfg, 1, nil).Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			switch p.Updates {
			case 100:
				runtime.ReadMemStats(&before)
			case 600:
				runtime.ReadMemStats(&after)
			}
			return algo.Decision{Stop: p.Updates >= 600}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Mallocs - before.Mallocs; n > 20 { // the runtime's own, seen now and then
			t.Errorf("%s: %d allocations in 500 updates", update, n)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	rate := float32(-1)
	for want, alter := range map[string]func(*Config){
		"update is sync, which is A2C's":                        func(c *Config) { c.Update = "sync" },
		`update is "hogwild", must be ordered or async`:         func(c *Config) { c.Update = "hogwild" },
		"batch is 32, more than the 20 steps of warmup":         func(c *Config) { c.Warmup = 20 },
		"replay is 10, must be between 32 and":                  func(c *Config) { c.Replay = 10 },
		"gamma is 1.5, must be between 0 and 1":                 func(c *Config) { c.Gamma = 1.5 },
		"tau is NaN, must be between 0 and 1":                   func(c *Config) { c.Tau = float32(math.NaN()) },
		"updates_per_step is 0/1":                               func(c *Config) { c.UpdatesPerStep.Updates = 0 },
		`log_std is "none", must be clamp or tanh`:              func(c *Config) { c.LogStd = "none" },
		"noise_memory is 1, must be at least 0 and less than 1": func(c *Config) { c.NoiseMemory = 1 },
		"temperature.initial is 0, must be between":             func(c *Config) { c.Temperature.Initial = 0 },
		"critic_rate is -1, must be between 0 and 10":           func(c *Config) { c.CriticRate = &rate },
		"optimizer.epsilon: 0, want a number between 0 and 1":   func(c *Config) { c.Optimizer.Epsilon = 0 },
		"envs is 3, but there are 2":                            func(c *Config) { c.Envs = 3 },
		`network.activation is "gelu"`:                          func(c *Config) { c.Network.Activation = "gelu" },
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

// TestFailuresSayWhere: a world that fails or shows what is not a number is named, with the step.
func TestFailuresSayWhere(t *testing.T) {
	for want, alter := range map[string]func(*corridor.World){
		"corridor caved in": func(w *corridor.World) { w.FailAt = 50 },
		"environment 1 (Corridor), step 98: reward is NaN":                       func(w *corridor.World) { w.NaNAt = 50 },
		"environment 1 (Corridor), step 98: element 1 of the observation is NaN": func(w *corridor.World) { w.LostAt = 50 },
	} {
		for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
			cfg := small()
			cfg.Update = update
			l := newLearner(t, cfg, 1, func(i int, w *corridor.World) {
				if i == 1 {
					alter(w)
				}
			})
			if err := l.Run(context.Background(), until(1<<40)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %s", update, err, want)
			}
		}
	}
}

// TestDivergenceStops: a loss that is not finite ends the run with an error.
func TestDivergenceStops(t *testing.T) {
	cfg := small()
	cfg.Optimizer.Kind, cfg.LearningRate = "sgd", 10
	err := newLearner(t, cfg, 1, nil).Run(context.Background(), until(1<<40))
	if err == nil || !strings.Contains(err.Error(), "loss is") {
		t.Errorf("error %v", err)
	}
}

// TestResume: saved at any boundary and loaded into a fresh learner, a run goes on with the same bits.
func TestResume(t *testing.T) {
	for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
		cfg := small()
		cfg.Update, cfg.NoiseMemory, cfg.UpdatesPerStep = update, 0.3, offpolicy.Ratio{Updates: 3, Steps: 7}
		var tree state.Tree
		whole := newLearner(t, cfg, 4, nil)
		saved := false
		err := whole.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			var err error
			if p.Updates >= 40 && !saved {
				tree, err = state.Save(whole)
				saved = true
			}
			return algo.Decision{Stop: p.Updates >= 90}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		resumed := newLearner(t, cfg, 99, nil)
		if err := state.Load(resumed, tree); err != nil {
			t.Fatal(err)
		}
		if err := resumed.Run(context.Background(), until(90)); err != nil {
			t.Fatal(err)
		}
		if diff, err := state.Diff(whole, resumed); err != nil || len(diff) > 0 {
			t.Errorf("%s: %v %v", update, diff, err)
		}
	}
}

func TestBoundaryErrorsAndContextsStop(t *testing.T) {
	broken := errors.New("boundary broke")
	err := newLearner(t, small(), 1, nil).Run(context.Background(), func(algo.Progress) (algo.Decision, error) { return algo.Decision{}, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := newLearner(t, small(), 1, nil).Run(ctx, until(1<<40)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

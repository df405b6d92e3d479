package a3c

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/internal/corridor"
	"covey/rollout"
	"covey/state"
)

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

func trained(t testing.TB, cfg Config, seed, updates uint64) *Learner {
	t.Helper()
	l := newLearner(t, cfg, seed, corridors(cfg.Envs, false, nil))
	if err := l.Run(context.Background(), until(updates)); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestOrderedIsReproducible: the same seed and workers give the same bits however the threads are
// scheduled, and the number of workers is part of what defines a run.
func TestOrderedIsReproducible(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, update := range []string{Ordered, Sync} {
		seen := map[[32]byte]int{}
		for _, workers := range []int{1, 2, 4} {
			cfg := small()
			cfg.Workers, cfg.Update = workers, update
			cfg.NormalizeObservations, cfg.NormalizeRewards = true, true
			runtime.GOMAXPROCS(1)
			want := hash(t, trained(t, cfg, 7, 60))
			for i := range 6 {
				runtime.GOMAXPROCS(1 + i%4)
				if hash(t, trained(t, cfg, 7, 60)) != want {
					t.Fatalf("%s with %d workers: repeat %d on %d processors has other bits", update, workers, i, 1+i%4)
				}
			}
			if other, ok := seen[want]; ok {
				t.Errorf("%s: %d and %d workers gave the same run", update, other, workers)
			}
			seen[want] = workers
			if hash(t, trained(t, cfg, 8, 60)) == want {
				t.Errorf("%s: another seed gave the same run", update)
			}
		}
	}
}

// TestOneWorkerNeedsNoOrder: with a single worker the three orders are one.
func TestOneWorkerNeedsNoOrder(t *testing.T) {
	var want [32]byte
	for i, update := range []string{Ordered, Async, Sync} {
		cfg := small()
		cfg.Workers, cfg.Update = 1, update
		got := hash(t, trained(t, cfg, 3, 40).global)
		if i == 0 {
			want = got
		} else if got != want {
			t.Errorf("%s with one worker differs from ordered", update)
		}
	}
}

// TestLearnsTheCorridor: every order, extent, target and action space goes right in the end.
func TestLearnsTheCorridor(t *testing.T) {
	for name, alter := range map[string]func(*Config) (continuous bool){
		"ordered":       func(*Config) bool { return false },
		"async":         func(c *Config) bool { c.Update = Async; return false },
		"sync":          func(c *Config) bool { c.Update = Sync; return false },
		"gaussian":      func(c *Config) bool { c.LogStd.Initial = -0.5; return true },
		"log_std":       func(c *Config) bool { c.LogStd.StateDependent = true; return true },
		"n-step, huber": func(c *Config) bool { c.ValueTarget, c.ValueLoss = NStep, "huber"; return false },
		"until_end":     func(c *Config) bool { c.Segment, c.Envs = rollout.UntilEnd, 1; return false },
		"episodes": func(c *Config) bool {
			c.Segment, c.Envs, c.ValueTarget = rollout.WholeEpisode, 1, RewardsToGo
			return false
		},
		"separate": func(c *Config) bool {
			rate := float32(1e-2)
			c.Network.Separate, c.CriticRate = true, &rate
			return false
		},
		"normalised": func(c *Config) bool {
			c.NormalizeObservations, c.NormalizeRewards, c.NormalizeAdvantages = true, true, true
			return false
		},
		"rmsprop, sum": func(c *Config) bool {
			c.Optimizer.Kind, c.Optimizer.Epsilon, c.Reduction, c.LearningRate = "rmsprop", 1e-5, "sum", 2e-3
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := small()
			continuous := alter(&cfg)
			l := newLearner(t, cfg, 1, corridors(cfg.Envs, continuous, nil))
			var returns []float64
			err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
				for _, e := range p.Finished {
					returns = append(returns, e.Return)
				}
				return algo.Decision{Stop: p.Episodes >= 1500}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := mean(returns[len(returns)-50:]); !(got > 1.2) { // a walk without aim stays near 0
				t.Errorf("mean return %.2f, want above 1.2", got)
			}
		})
	}
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// TestBootstrap holds what follows each row against the network's value of the observation that really
// followed: 0 is left to returns where nothing does, the episode's own last where it was cut off.
func TestBootstrap(t *testing.T) {
	cfg := small()
	cfg.Workers, cfg.SegmentLength = 1, 29
	l := newLearner(t, cfg, 5, corridors(cfg.Envs, false, nil))
	w := l.workers[0]
	copy(w.policy.Params, l.global.policy.Params)
	actor := func(obs []float32) float32 {
		out := make([]float32, w.policy.Net.Out)
		w.policy.Net.NewPass(1).Step(w.policy.Params, out, nil, env.Values{F: obs}, 0, 1)
		return out[0]
	}
	cuts, ends := 0, 0
	for range 4 {
		s, err := w.collect.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.advantages(s)
		final := 0
		for row := range s.Rows() {
			next := s.Observations.F[(row+s.B)*2 : (row+s.B)*2+2]
			switch {
			case s.Terminated[row]:
				ends++
				continue
			case s.Truncated[row]:
				if int(s.FinalRows[final]) != row {
					t.Fatalf("final %d belongs to row %d, want %d", final, s.FinalRows[final], row)
				}
				// the episode's last observation: one move on from where the row stood
				from := s.Observations.F[row*2 : row*2+2]
				next = s.Final.F[final*2 : final*2+2]
				if d := next[0] - from[0]; math.Abs(math.Abs(float64(d))-0.2) > 1e-5 {
					t.Fatalf("row %d went from %v to the final %v", row, from, next)
				}
				final++
				cuts++
			}
			if got, want := w.scratch.next[row], actor(next); got != want {
				t.Fatalf("row %d is followed by value %v, want %v", row, got, want)
			}
			if s.Starts[row+s.B] != (s.Terminated[row] || s.Truncated[row]) {
				t.Fatalf("row %d: start of the row after it is %v", row, s.Starts[row+s.B])
			}
		}
	}
	if cuts == 0 {
		t.Error("no truncation was seen")
	}
	t.Logf("%d terminations, %d truncations", ends, cuts)
}

// TestSteadyStateAllocatesNothing counts allocations between two updates far apart.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		cfg := small()
		cfg.Update, cfg.NormalizeObservations, cfg.NormalizeRewards = update, true, true
		fewest := uint64(math.MaxUint64)
		for range 3 { // on a busy machine the runtime allocates more of its own
			l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
			var before, after runtime.MemStats
			err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
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
			fewest = min(fewest, after.Mallocs-before.Mallocs)
		}
		if fewest > 20 { // the runtime's own, seen now and then
			t.Errorf("%s: %d allocations in 500 updates", update, fewest)
		}
	}
}

// TestWhatFails: a failing environment, a reward that is not finite, a boundary's error and the end of the
// context stop all workers, in every order, and say where.
func TestWhatFails(t *testing.T) {
	broken := errors.New("boundary broke")
	for _, update := range []string{Ordered, Async, Sync} {
		for want, c := range map[string]struct {
			alter    func(worker int, w *corridor.World)
			boundary func(cancel func()) algo.Boundary
		}{
			"corridor caved in": {alter: func(worker int, w *corridor.World) {
				if worker == 1 {
					w.FailAt = 100
				}
			}},
			"worker 1: environment 0 (Corridor): reward is NaN": {alter: func(worker int, w *corridor.World) {
				if worker == 1 {
					w.NaNAt = 100
				}
			}},
			"boundary broke": {boundary: func(func()) algo.Boundary {
				return func(p algo.Progress) (algo.Decision, error) {
					if p.Updates == 10 {
						return algo.Decision{}, broken
					}
					return algo.Decision{}, nil
				}
			}},
			"context canceled": {boundary: func(cancel func()) algo.Boundary {
				return func(p algo.Progress) (algo.Decision, error) {
					if p.Updates == 10 {
						cancel()
					}
					return algo.Decision{}, nil
				}
			}},
		} {
			cfg := small()
			cfg.Workers, cfg.Update = 3, update
			ctx, cancel := context.WithCancel(context.Background())
			boundary := until(1 << 40)
			if c.boundary != nil {
				boundary = c.boundary(cancel)
			}
			err := newLearner(t, cfg, 1, corridors(cfg.Envs, false, c.alter)).Run(ctx, boundary)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one with %q", update, err, want)
			}
			cancel()
		}
	}
}

// TestNobodyIsWaitedForInVain: the end of the context and a worker that is gone without an error end the
// run with any number of workers, also where no exchange has to wait.
func TestNobodyIsWaitedForInVain(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		for _, workers := range []int{1, 2, 3} {
			for _, leaves := range []bool{false, true} {
				const never = 10_000_000 // updates: somebody may not get a core for long
				cfg := small()
				cfg.Workers, cfg.Update = workers, update
				ctx, cancel := context.WithCancel(context.Background())
				l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, func(worker int, w *corridor.World) {
					if leaves && worker == workers-1 {
						w.LeaveAt = 100
					}
				}))
				err := l.Run(ctx, func(p algo.Progress) (algo.Decision, error) {
					if p.Updates == 10 && !leaves {
						cancel()
					}
					return algo.Decision{Stop: p.Updates == never}, nil
				})
				if canceled := errors.Is(err, context.Canceled); canceled == leaves || l.global.updates == never {
					t.Errorf("%s with %d workers, one leaves: %v: error %v after %d updates", update, workers, leaves, err, l.global.updates)
				}
				cancel()
			}
		}
	}
}

// TestGradientsAfterTheStopAreDiscarded: the parameters stay those of the stopping update.
func TestGradientsAfterTheStopAreDiscarded(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		cfg := small()
		cfg.Update = update
		l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
		var at []float32
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			at = l.Policy().Params
			return algo.Decision{Stop: p.Updates == 25}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if l.global.updates != 25 || !slices.Equal(at, l.Policy().Params) {
			t.Errorf("%s: %d updates, want 25 and the parameters of the last", update, l.global.updates)
		}
	}
}

// TestWorkersHaveTheSameSpaces: one policy is for all.
func TestWorkersHaveTheSameSpaces(t *testing.T) {
	cfg := small()
	cfg.Workers = 2
	_, err := New(cfg, 1, func(worker int) (env.Vector, error) { return corridors(cfg.Envs, worker == 1, nil)(worker) })
	if want := "worker 1 (Corridor): action space is Box, not Discrete, as worker 0 has"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestBadConfigs(t *testing.T) {
	rate := float32(1e-3)
	for want, alter := range map[string]func(*Config){
		"workers is 0, must be between 1 and 1024":                                                                           func(c *Config) { c.Workers = 0 },
		"gamma is 1.5, must be between 0 and 1":                                                                              func(c *Config) { c.Gamma = 1.5 },
		"lambda is NaN, must be between 0 and 1":                                                                             func(c *Config) { c.Lambda = float32(math.NaN()) },
		`update is "hogwild", must be one of [ordered async sync]`:                                                           func(c *Config) { c.Update = "hogwild" },
		"segment is episode, which wants envs: 1, not 3":                                                                     func(c *Config) { c.Segment = rollout.WholeEpisode },
		"segment_length is 1048576, times envs: 65536 more than 4194304 rows":                                                func(c *Config) { c.SegmentLength, c.Envs = 1<<20, 1<<16 },
		"value_target is rewards_to_go, which wants segment: episode":                                                        func(c *Config) { c.ValueTarget = RewardsToGo },
		"policy_gain is NaN, must be between -3.4028235e+38 and 3.4028235e+38":                                               func(c *Config) { c.PolicyGain = float32(math.NaN()) },
		"value_weight is +Inf, must be between 0 and 3.4028235e+38":                                                          func(c *Config) { c.ValueWeight = float32(math.Inf(1)) },
		"log_std.initial is -1, which wants log_std.state_dependent: false":                                                  func(c *Config) { c.LogStd = LogStd{Initial: -1, StateDependent: true} },
		"noise_memory is 1, must be at least 0 and less than 1":                                                              func(c *Config) { c.NoiseMemory = 1 },
		"noise_memory is 0.5, but noise that remembers wants a Gaussian policy, over numbers; Corridor has Discrete actions": func(c *Config) { c.NoiseMemory = 0.5 },
		"normalize_advantages wants more than one row in a segment":                                                          func(c *Config) { c.NormalizeAdvantages, c.Envs, c.SegmentLength = true, 1, 1 },
		"critic_rate wants network.separate: true, or the trunk would belong to both":                                        func(c *Config) { c.CriticRate = &rate },
		"anneal is linear, which wants anneal_steps or a budget of steps, or be constant":                                    func(c *Config) { c.Anneal = "linear" },
		"optimizer.epsilon is 0, must be more than 0 and less than 1":                                                        func(c *Config) { c.Optimizer.Epsilon = 0 },
	} {
		cfg := small()
		alter(&cfg)
		if _, err := New(cfg, 1, corridors(cfg.Envs, false, nil)); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestAdopt(t *testing.T) {
	a, b := trained(t, small(), 1, 20), newLearner(t, small(), 2, corridors(3, false, nil))
	if err := b.Adopt(a.Policy()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Policy().Params, b.Policy().Params) {
		t.Error("parameters differ after Adopt")
	}
	cfg := small()
	cfg.Network.Hidden = []int{8}
	if err := newLearner(t, cfg, 1, corridors(3, false, nil)).Adopt(a.Policy()); err == nil {
		t.Error("a policy of another network was adopted")
	}
}

// TestFailureWaitsItsTurn: a segment that was begun before the stop, and would have been discarded, is not
// missed when it fails; one step earlier it is.
func TestFailureWaitsItsTurn(t *testing.T) {
	for _, c := range []struct {
		failAt int
		fails  bool
	}{{4*7 + 1, false}, {4 * 7, true}} {
		for range 10 {
			l := newLearner(t, small(), 1, corridors(3, false, func(worker int, w *corridor.World) {
				if worker == 1 {
					w.FailAt = c.failAt // in the 5th segment, the 10th update; or in the 4th, the 8th
				}
			}))
			if err := l.Run(context.Background(), until(9)); (err != nil) != c.fails {
				t.Fatalf("a failure in step %d of worker 1 gave error %v", c.failAt, err)
			}
		}
	}
}

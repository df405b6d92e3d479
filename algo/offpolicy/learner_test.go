package offpolicy

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/algo"
	"covey/dist"
	"covey/env"
	"covey/internal/corridor"
	"covey/nn"
	"covey/policy"
	"covey/replay"
	"covey/state"
)

// idle is an agent that goes straight right and learns nothing; it notes what it is shown.
type idle struct {
	policy   *policy.Policy
	explored []uint64 // Scene.Steps of each call
	starts   [][]bool // Scene.Starts of each call
	see      func(*replay.Batch)
	updates  uint64
}

func newIdle(t testing.TB, spec env.Spec) *idle {
	t.Helper()
	net, err := nn.New(spec.Observation, nn.DefaultConfig(), nn.Head{Name: "policy", Width: 1, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &idle{policy: &policy.Policy{Spec: spec, Net: net, Params: make([]float32, net.Size), NewSampler: func() dist.Sampler { return dist.NewSquash(1) }}}
}

func (a *idle) Policy() *policy.Policy { return a.policy }
func (a *idle) Target() []float32      { return nil }
func (a *idle) Explore(actions []float32, s *Scene, _ *rand.Rand) {
	for i := range actions {
		actions[i] = 0.5
	}
	a.explored, a.starts = append(a.explored, s.Steps), append(a.starts, slices.Clone(s.Starts))
}
func (a *idle) Update(b *replay.Batch, _ *rand.Rand) error {
	a.updates++
	if a.see != nil {
		a.see(b)
	}
	return nil
}
func (a *idle) Metrics() []string        { return []string{"updates"} }
func (a *idle) Measure(values []float64) { values[0] = float64(a.updates) }
func (a *idle) State(w state.Walker) error {
	w.Uint64("updates", &a.updates)
	return nil
}

func tiny() *Config {
	cfg := DefaultConfig()
	cfg.Batch, cfg.Warmup, cfg.Replay = 4, 10, 500
	return &cfg
}

func newTestLearner(t testing.TB, cfg *Config) (*Learner, *idle) {
	t.Helper()
	v, err := corridor.Batch(cfg.Envs, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newIdle(t, v.Spec())
	l, err := NewLearner(cfg, 1, v, func(*Pair, *rand.Rand) (Agent, error) { return a, nil })
	if err != nil {
		t.Fatal(err)
	}
	return l, a
}

// TestUpdateRatio: after any number of steps, the updates made are exactly those that the steps since the
// warm-up call for, for any number of environments, in either order.
func TestUpdateRatio(t *testing.T) {
	for _, envs := range []int{1, 2, 3, 7, 16} {
		for _, ratio := range []Ratio{{1, 1}, {1, 4}, {3, 7}, {5, 2}, {32, 1}} {
			for _, every := range []uint64{1, 10} {
				for _, update := range []string{Ordered, Async} {
					t.Run(fmt.Sprintf("envs=%d/ratio=%d:%d/every=%d/%s", envs, ratio.Updates, ratio.Steps, every, update), func(t *testing.T) {
						cfg := tiny()
						cfg.Envs, cfg.UpdatesPerStep, cfg.UpdateEvery, cfg.Update = envs, ratio, every, update
						l, a := newTestLearner(t, cfg)
						b := uint64(envs)
						warm := (cfg.Warmup + b - 1) / b * b
						var rounds, previous uint64
						err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
							if p.Updates-previous > stretch {
								t.Fatalf("%d updates since the boundary before", p.Updates-previous)
							}
							previous = p.Updates
							if p.Steps == rounds*b && l.owed > 0 {
								return algo.Decision{}, nil // in the midst of a round
							}
							if rounds++; p.Steps != rounds*b {
								t.Fatalf("%d steps after %d rounds", p.Steps, rounds)
							}
							learned := uint64(0)
							if p.Steps > warm {
								learned = p.Steps - warm
							}
							if update == Async && learned > 0 { // the latest step's are made beside the next one
								learned -= b
							}
							group := (every + b - 1) / b * b // updates are made after so many steps
							want := learned / group * group * ratio.Updates / ratio.Steps
							if p.Updates != want || a.updates != want || p.Updates > 0 && p.Metrics[0] != float64(want) {
								t.Fatalf("step %d: %d updates, want %d", p.Steps, p.Updates, want)
							}
							if p.Updates == 0 && !math.IsNaN(p.Metrics[0]) {
								t.Fatalf("step %d: metrics %v before the first update", p.Steps, p.Metrics)
							}
							return algo.Decision{Stop: p.Steps >= 200}, nil
						})
						if err != nil {
							t.Fatal(err)
						}
						if previous == 0 {
							t.Error("nothing was learned")
						}
						if a.explored[0] != warm {
							t.Errorf("the agent first chose after %d steps, the warm-up takes %d", a.explored[0], warm)
						}
					})
				}
			}
		}
	}
}

// TestEpisodesOfALongRound are told when its updates are made: a run that ends with an episode has learned from it.
func TestEpisodesOfALongRound(t *testing.T) {
	cfg := tiny()
	cfg.UpdatesPerStep = Ratio{Updates: 3 * stretch, Steps: 1}
	l, _ := newTestLearner(t, cfg)
	episodes, inside := uint64(0), 0
	err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
		episodes += uint64(len(p.Finished))
		if p.Episodes != episodes || l.owed > 0 && len(p.Finished) > 0 {
			t.Fatalf("step %d, %d updates owed: %d episodes, %d were told, %d of them now", p.Steps, l.owed, p.Episodes, episodes, len(p.Finished))
		}
		if l.owed > 0 && len(l.collector.finished) > 0 {
			inside++
		}
		return algo.Decision{Stop: p.Steps >= 60}, nil
	})
	if err != nil || inside == 0 {
		t.Errorf("%d boundaries with an episode that is not told yet, error %v", inside, err)
	}
}

// TestEpisodes: every finished episode is reported once, in order, with its raw return, and the agent is
// told where one begins.
func TestEpisodes(t *testing.T) {
	for _, update := range []string{Ordered, Async} {
		cfg := tiny()
		cfg.Envs, cfg.Update, cfg.RewardScale = 3, update, 100
		l, a := newTestLearner(t, cfg)
		episodes, starts := uint64(0), 0
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			for _, e := range p.Finished {
				episodes++
				if e.Length < 1 || e.Length > corridor.Steps || e.Return > 2.5 || p.Steps > 100 && e.Return < 0.9 {
					t.Errorf("step %d: finished %+v", p.Steps, e)
				}
			}
			if p.Episodes != episodes {
				t.Fatalf("%d episodes, %d were reported", p.Episodes, episodes)
			}
			return algo.Decision{Stop: p.Steps >= 600}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.starts {
			for _, start := range s {
				if start {
					starts++
				}
			}
		}
		if missed := int(episodes) + 3 - starts; missed < 0 || missed > 6 { // those of the warm-up, and those not acted in yet
			t.Errorf("%s: %d episodes, %d starts", update, episodes, starts)
		}
	}
}

// TestBatches: terminated transitions have discount 0, truncated ones γ and the observation that they were cut
// off at; rewards are scaled, then cut, and observations normalised, before the agent sees them.
func TestBatches(t *testing.T) {
	for _, normalize := range []bool{false, true} {
		cfg := tiny()
		cfg.Gamma, cfg.RewardScale, cfg.RewardClip, cfg.NormalizeObservations = 0.8, 10, 3, normalize
		l, a := newTestLearner(t, cfg)
		if normalize {
			a.policy.Moments = cfg.Moments(a.policy.Spec)
			l.collector = newCollector(cfg, l.collector.vector, a, l.buffer, l.collector.stream)
		}
		ended, greatest := 0, float32(0)
		a.see = func(b *replay.Batch) {
			for i, discount := range b.Discounts {
				x, next := b.Observations.F[2*i], b.Next.F[2*i]
				greatest = max(greatest, x, -x)
				if normalize {
					continue
				}
				if move := 2 * b.Actions[i] * 0.2; abs(next-x-move) > 1e-5 || abs(b.Rewards[i]-min(max(10*move, -3), 3)) > 1e-4 {
					t.Fatalf("action %v led from %v to %v with reward %v", b.Actions[i], x, next, b.Rewards[i])
				}
				switch over := next > corridor.End; {
				case over && discount == 0:
					ended++
				case over || discount != 0.8:
					t.Fatalf("discount %v of a step to %v", discount, next)
				}
			}
		}
		if err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			return algo.Decision{Stop: p.Steps >= 400}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if !normalize && (ended == 0 || greatest > corridor.End) {
			t.Errorf("%d ends seen, observations up to %v", ended, greatest)
		}
		if normalize && (greatest < 1 || greatest > 10) {
			t.Errorf("normalised observations up to %v", greatest)
		}
	}
}

// TestLostEpisodes: where the environments lose their episodes, new ones go on, no transition leads from one to
// the other, and each loss is counted.
func TestLostEpisodes(t *testing.T) {
	for _, update := range []string{Ordered, Async} {
		cfg := tiny()
		cfg.Update, cfg.Gamma = update, 0.8
		l, a := newTestLearner(t, cfg)
		l.collector.vector = &corridor.Restarting{Vector: l.collector.vector, Every: 9}
		seen := 0
		a.see = func(b *replay.Batch) {
			for i := range b.Discounts {
				seen++
				if d := b.Next.F[2*i] - b.Observations.F[2*i] - 2*b.Actions[i]*0.2; abs(d) > 1e-5 {
					t.Fatalf("action %v led from %v to %v", b.Actions[i], b.Observations.F[2*i], b.Next.F[2*i])
				}
			}
		}
		boundaries, ended := uint64(0), uint64(0)
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			boundaries++
			for _, e := range p.Finished {
				if ended++; e.Length > 8 {
					t.Errorf("an episode of %d steps", e.Length)
				}
			}
			if p.Faults != boundaries/9 || p.Steps != uint64(cfg.Envs)*(boundaries-p.Faults) {
				t.Fatalf("boundary %d: %d steps and %d faults", boundaries, p.Steps, p.Faults)
			}
			return algo.Decision{Stop: p.Steps >= 300}, nil
		})
		if err != nil || seen == 0 || ended == 0 {
			t.Errorf("%s: error %v, %d transitions, %d episodes", update, err, seen, ended)
		}
	}
}

// TestEpisodesThatCannotBeSaved begin anew after loading, which is a fault.
func TestEpisodesThatCannotBeSaved(t *testing.T) {
	var tree state.Tree
	for range 2 {
		cfg, faults := tiny(), uint64(0)
		l, _ := newTestLearner(t, cfg)
		l.collector.vector = &corridor.Restarting{Vector: l.collector.vector}
		if tree != nil {
			if err := state.Load(l, tree); err != nil {
				t.Fatal(err)
			}
			faults = 1
		}
		stop := l.collector.steps + 50
		err := l.Run(context.Background(), func(p algo.Progress) (_ algo.Decision, err error) {
			if p.Faults != faults {
				t.Fatalf("%d faults, want %d", p.Faults, faults)
			}
			tree, err = state.Save(l)
			return algo.Decision{Stop: p.Steps >= stop}, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func abs(x float32) float32 { return max(x, -x) }

func TestRatioText(t *testing.T) {
	for text, want := range map[string]Ratio{"1": {1, 1}, "1/4": {1, 4}, "0.5": {1, 2}, "2/8": {1, 4}, "32": {32, 1}, "1.25": {5, 4}} {
		var r, again Ratio
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s is %v, %v; want %v", text, r, err, want)
		}
		written, err := r.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(written); err != nil || again != r {
			t.Errorf("%v was written as %s and read as %v, %v", r, written, again, err)
		}
	}
	for _, text := range []string{"", "x", "-1", "0", "1/0", "1e30", "1/1e30"} {
		var r Ratio
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, r)
		}
	}
}

package a3c

import (
	"context"
	"math"
	"slices"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/optim"
	"covey/rollout"
)

// segmentOf returns a worker of cfg, pulled from its master, and its first segment.
func segmentOf(t *testing.T, cfg Config) (*worker, *rollout.Segment) {
	t.Helper()
	l := newLearner(t, cfg, 5, corridors(cfg.Envs, false, nil))
	w := l.workers[0]
	copy(w.policy.Params, l.global.policy.Params)
	s, err := w.collect.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w, s
}

// TestRewardsAreScaledThenClipped, first by the deviation of the return where that is wanted.
func TestRewardsAreScaledThenClipped(t *testing.T) {
	cfg := small()
	cfg.RewardScale, cfg.RewardClip, cfg.NormalizeRewards = 3, 2, true
	w, s := segmentOf(t, cfg)
	for _, x := range []float32{-2, 6} { // mean 2, deviation 4
		w.policy.Moments.Return.Observe([]float32{x})
	}
	for i := range s.Rewards {
		s.Rewards[i] = float32(i) - 9
	}
	w.advantages(s)
	for i, r := range s.Rewards {
		want := min(max(3*float64(r)/4, -2), 2)
		if got := float64(w.scratch.rewards[i]); math.Abs(got-want) > 1e-6 {
			t.Errorf("reward %v became %v, want %v", r, got, want)
		}
	}
}

// TestValueTargets: the n-step return is the λ-return at λ = 1, and rewards-to-go take nothing from beyond
// the segment.
func TestValueTargets(t *testing.T) {
	cfg := small()
	cfg.Lambda = 1
	w, s := segmentOf(t, cfg)
	n := s.Rows()
	w.advantages(s)
	lambda := slices.Clone(w.scratch.targets[:n])
	w.cfg.ValueTarget = NStep
	w.advantages(s)
	for i := range n {
		if d := w.scratch.targets[i] - lambda[i]; math.Abs(float64(d)) > 1e-5 {
			t.Errorf("row %d: n-step target %v, λ-return %v", i, w.scratch.targets[i], lambda[i])
		}
		if got, want := w.scratch.advantages[i], w.scratch.targets[i]-w.scratch.values[i]; got != want {
			t.Errorf("row %d: advantage %v, want %v", i, got, want)
		}
	}
	w.cfg.ValueTarget = RewardsToGo
	w.advantages(s)
	if got := w.scratch.targets[n-1]; got != w.scratch.rewards[n-1] {
		t.Errorf("the last row's reward to go is %v, want its reward %v", got, w.scratch.rewards[n-1])
	}
}

func TestAdvantagesAreNormalized(t *testing.T) {
	cfg := small()
	cfg.NormalizeAdvantages = true
	w, s := segmentOf(t, cfg)
	w.advantages(s)
	w.differentiate(s)
	var m, square float64
	for _, a := range w.scratch.advantages[:s.Rows()] {
		m += float64(a) / float64(s.Rows())
		square += float64(a) * float64(a) / float64(s.Rows())
	}
	if math.Abs(m) > 1e-6 || math.Abs(square-1) > 1e-5 {
		t.Errorf("advantages of mean %v and mean square %v, want 0 and 1", m, square)
	}
}

// TestASingleAdvantageIsNotNormalized: what a segment of one row says about its action is learned.
func TestASingleAdvantageIsNotNormalized(t *testing.T) {
	cfg := small()
	cfg.NormalizeAdvantages, cfg.Envs, cfg.Segment = true, 1, rollout.UntilEnd
	w, s := segmentOf(t, cfg)
	s.T = 1 // as where its first step ends an episode
	w.advantages(s)
	before := w.scratch.advantages[0]
	w.differentiate(s)
	if got := w.scratch.advantages[0]; got != before || got == 0 {
		t.Errorf("the advantage of the only row, %v, became %v", before, got)
	}
	if chosen := w.scratch.dout[w.policy.Column+int(s.Actions[0])]; chosen == 0 {
		t.Error("the policy learns nothing from the only row")
	}
}

// TestRatesAndMetrics makes updates by plain gradient descent, whose steps show the learning rates:
// annealed by environment steps, and the critic's apart from the actor's.
func TestRatesAndMetrics(t *testing.T) {
	const actor, critic = 0.5, 0.125
	cfg, rate := small(), float32(critic)
	cfg.Network.Separate, cfg.CriticRate, cfg.LearningRate = true, &rate, actor
	cfg.Optimizer.Kind, cfg.Anneal, cfg.AnnealSteps = optim.KindSGD, optim.Linear, 100
	l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
	g, split := l.global, l.global.policy.Net.Split()
	var last algo.Progress
	g.boundary = func(p algo.Progress) (algo.Decision, error) { last = p; return algo.Decision{}, nil }
	gradient := Gradient{Values: slices.Repeat([]float32{1}, g.policy.Net.Size), Steps: 25, Moments: &l.workers[0].collect.Seen}
	for i, left := range []float64{1, 0.75, 0.5, 0.25, 0} {
		clear(g.policy.Params)
		if err := g.apply(gradient.Values, []*Gradient{&gradient}); err != nil {
			t.Fatal(err)
		}
		if v, p := g.policy.Params[0], g.policy.Params[split]; float64(v) != -critic*left || float64(p) != -actor*left {
			t.Errorf("update %d moved the critic by %v and the actor by %v, want %v and %v", i, v, p, -critic*left, -actor*left)
		}
		if rate, lag := last.Metrics[slices.Index(metricNames, "learning_rate")], last.Metrics[slices.Index(metricNames, "lag")]; rate != actor*left || lag != float64(i) {
			t.Errorf("update %d: learning rate %v and lag %v, want %v and %d", i, rate, lag, actor*left, i)
		}
	}
}

// TestLag: in order W−1 updates lie between a worker's pull and its push, synchronously none.
func TestLag(t *testing.T) {
	for update, want := range map[string]float64{Ordered: 2, Sync: 0} {
		cfg := small()
		cfg.Update, cfg.Workers = update, 3
		err := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil)).Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			if lag := p.Metrics[slices.Index(metricNames, "lag")]; p.Updates > 3 && lag != want {
				t.Errorf("%s: update %d with a lag of %v, want %v", update, p.Updates, lag, want)
			}
			return algo.Decision{Stop: p.Updates == 12}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSyncAppliesTheMean of the workers' gradients, and counts what all of them did.
func TestSyncAppliesTheMean(t *testing.T) {
	cfg := small()
	cfg.Update, cfg.Workers, cfg.Optimizer.Kind, cfg.LearningRate = Sync, 2, optim.KindSGD, 0.5
	l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
	var last algo.Progress
	l.global.boundary = func(p algo.Progress) (algo.Decision, error) { last = p; return algo.Decision{}, nil }
	round := masters(l.global)[0].(*syncHandle).master
	for i := range round.gradients {
		round.gradients[i] = &Gradient{Worker: i, Values: slices.Repeat([]float32{float32(1 + 2*i)}, l.global.policy.Net.Size), Steps: 10,
			Moments: &l.workers[i].collect.Seen, Losses: Losses{Entropy: float64(i)}}
	}
	clear(l.global.policy.Params)
	if err := round.update(); err != nil {
		t.Fatal(err)
	}
	if got := l.global.policy.Params[0]; got != -1 {
		t.Errorf("gradients 1 and 3 at rate 0.5 moved a parameter by %v, want -1", got)
	}
	if last.Steps != 20 || last.Updates != 1 || last.Metrics[slices.Index(metricNames, "entropy")] != 0.5 {
		t.Errorf("progress %+v", last)
	}
}

// TestEveryStepIsSeenOnce by the normalisers, whose statistics come back to the workers.
func TestEveryStepIsSeenOnce(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		cfg := small()
		cfg.Update, cfg.NormalizeObservations, cfg.NormalizeRewards = update, true, true
		l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			if m := &l.global.policy.Moments; m.Observation.Count != float64(p.Steps) || m.Return.Count != float64(p.Steps) {
				t.Errorf("%s: %v observations and %v returns after %d steps", update, m.Observation.Count, m.Return.Count, p.Steps)
			}
			return algo.Decision{Stop: p.Updates == 40}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range l.workers {
			if w.policy.Moments.Observation.Count == 0 && update != Async { // where a worker may come too late for any
				t.Errorf("%s: worker %d never got the statistics", update, i)
			}
		}
	}
}

// seeded notes the seeds that it is reset with.
type seeded struct {
	env.Vector
	note func(uint64)
}

func (s seeded) Reset(seeds []uint64, obs env.Values) error {
	for _, x := range seeds {
		s.note(x)
	}
	return s.Vector.Reset(seeds, obs)
}

// TestEnvironmentsHaveSeedsOfTheirOwn, in every worker and run.
func TestEnvironmentsHaveSeedsOfTheirOwn(t *testing.T) {
	seen := map[uint64]bool{}
	vectors := corridors(3, false, nil)
	for seed := range uint64(3) {
		newLearner(t, small(), seed, func(worker int) (env.Vector, error) {
			v, err := vectors(worker)
			return seeded{v, func(x uint64) { seen[x] = true }}, err
		})
	}
	if len(seen) != 3*2*3 {
		t.Errorf("%d different seeds for 3 runs of 2 workers with 3 environments", len(seen))
	}
}

package a3c

import (
	"fmt"
	"sync/atomic"

	"covey/algo"
	"covey/optim"
	"covey/policy"
	"covey/rollout"
	"covey/state"
)

// global is the master network: the parameters, their optimisers and the run's counters. Only the
// worker whose turn it is touches it.
type global struct {
	cfg    *Config
	policy *policy.Policy
	parts  []part

	steps, updates, episodes uint64
	metrics                  []float64         // [metricNames]
	finished                 []rollout.Episode // of the last update
	boundary                 algo.Boundary

	turns *turnstile  // where the workers wait for each other
	stop  atomic.Bool // no worker is to go on
}

// part is a range of the parameters with an optimiser and a learning rate of its own.
type part struct {
	from, to  int
	optimizer optim.Optimizer
	rate      float32
}

var metricNames = []string{"policy_loss", "value_loss", "entropy", "gradient_norm", "learning_rate", "lag"}

func newGlobal(cfg *Config, p *policy.Policy) (*global, error) {
	g := &global{cfg: cfg, policy: p, metrics: make([]float64, len(metricNames)), turns: newTurnstile(cfg.Workers, cfg.Update)}
	ranges := []part{{from: 0, to: p.Net.Size, rate: cfg.LearningRate}}
	if cfg.CriticRate != nil {
		split := p.Net.Split()
		ranges = []part{{from: 0, to: split, rate: *cfg.CriticRate}, {from: split, to: p.Net.Size, rate: cfg.LearningRate}}
	}
	for _, r := range ranges {
		var err error
		if r.optimizer, err = optim.New(cfg.Optimizer, r.to-r.from); err != nil {
			return nil, fmt.Errorf("optimizer: %w", err)
		}
		g.parts = append(g.parts, r)
	}
	return g, nil
}

// apply makes one update along values, the mean of the gradients learned, and asks the boundary how to
// go on.
func (g *global) apply(values []float32, learned []*Gradient) error {
	for _, l := range learned {
		if err := l.failure(); err != nil {
			g.halt()
			return fmt.Errorf("step %d, worker %d: %w", g.steps, l.Worker, err)
		}
	}
	anneal := g.cfg.Anneal.At(g.steps, g.cfg.AnnealSteps)
	clear(g.metrics)
	g.finished = g.finished[:0]
	share := 1 / float64(len(learned))
	for _, l := range learned {
		g.steps += uint64(l.Steps)
		g.episodes += uint64(len(l.Episodes))
		g.policy.Moments.Merge(l.Moments)
		g.metrics[0] += l.Losses.Policy * share
		g.metrics[1] += l.Losses.Value * share
		g.metrics[2] += l.Losses.Entropy * share
		g.metrics[3] += l.Losses.GradientNorm * share
		g.metrics[5] += float64(g.updates-l.Version) * share
		g.finished = append(g.finished, l.Episodes...)
	}
	for _, p := range g.parts {
		p.optimizer.Step(g.policy.Params[p.from:p.to], values[p.from:p.to], p.rate*anneal)
	}
	g.updates++
	g.metrics[4] = float64(g.cfg.LearningRate * anneal)
	decision, err := g.boundary(algo.Progress{
		Steps: g.steps, Updates: g.updates, Episodes: g.episodes, Finished: g.finished, Metrics: g.metrics,
	})
	if decision.Stop || err != nil {
		g.halt()
	}
	return err
}

func (g *global) copyOut(params []float32, moments *policy.Moments) Reply {
	copy(params, g.policy.Params)
	moments.Copy(&g.policy.Moments)
	return Reply{Version: g.updates, Stop: g.stop.Load()}
}

// halt lets no worker go on.
func (g *global) halt() {
	g.stop.Store(true)
	g.turns.wakeAll()
}

// State visits the parameters, the optimisers and the counters.
func (g *global) State(w state.Walker) error {
	w.Uint64("steps", &g.steps)
	w.Uint64("updates", &g.updates)
	w.Uint64("episodes", &g.episodes)
	if err := g.policy.State(w.Sub("policy")); err != nil {
		return err
	}
	for i, p := range g.parts {
		if err := p.optimizer.State(w.Sub(fmt.Sprintf("optimizer.%d", i))); err != nil {
			return err
		}
	}
	return nil
}

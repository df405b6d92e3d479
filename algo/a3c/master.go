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
	faults                   uint64            // as algo.Progress has them
	passed                   uint64            // turns, in ordered: where the next one is
	places                   []place           // [W]
	own                      [1]*Gradient      // of a turn of one worker
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
	g := &global{cfg: cfg, policy: p, metrics: make([]float64, len(metricNames)),
		places: make([]place, cfg.Workers), turns: newTurnstile(cfg.Workers, cfg.Update)}
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
		g.places[l.Worker].stands.Store(exchanging)
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
	g.passed++
	g.metrics[4] = float64(g.cfg.LearningRate * anneal)
	decision, err := g.boundary(algo.Progress{
		Steps: g.steps, Updates: g.updates, Episodes: g.episodes, Finished: g.finished, Metrics: g.metrics, Faults: g.faults,
	})
	if decision.Stop || err != nil {
		g.halt()
	}
	return err
}

// turn is what happens in a turn of one worker: l is applied, unless there is none or it was lost, and the
// parameters are copied out.
func (g *global) turn(worker int, params []float32, moments *policy.Moments, l *Gradient) (Reply, error) {
	if l != nil {
		g.faults += l.Lost
	}
	if l != nil && !l.Skip {
		g.own[0] = l
		if err := g.apply(l.Values, g.own[:]); err != nil {
			return Reply{Stop: true}, err
		}
		return g.copyOut(worker, params, moments), nil
	}
	reply := g.copyOut(worker, params, moments)
	if !reply.Stop {
		g.passed++
	}
	return reply, nil
}

// copyOut hands the parameters and statistics to a worker, unless it is to stop.
func (g *global) copyOut(worker int, params []float32, moments *policy.Moments) Reply {
	if g.stop.Load() {
		return Reply{Stop: true}
	}
	copy(params, g.policy.Params)
	moments.Copy(&g.policy.Moments)
	p := &g.places[worker]
	p.pulled, p.version = true, g.updates
	p.stands.Store(leaving)
	return Reply{Version: g.updates}
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

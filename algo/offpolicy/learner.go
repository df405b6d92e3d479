// Package offpolicy is what the algorithms that learn from a replay have in common: how experience is collected
// into it, how many updates it calls for, and the parts that the updates are made of: models with targets,
// critics, noise, a second core.
package offpolicy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"covey/algo"
	"covey/env"
	"covey/internal/kernel"
	"covey/policy"
	"covey/replay"
	"covey/state"
)

// Agent is an algorithm as the learner sees it: it chooses actions, and learns from batches.
type Agent interface {
	// Policy is what is learned. Its parameters are those that Explore is handed, or a copy of them.
	Policy() *policy.Policy
	// Target is what follows the policy's parameters, of the same length; nil: nothing does.
	Target() []float32
	// Explore chooses actions [B, action], those of a box in [−1, 1], for the scene. It may run while Update
	// does, and then Scene.Params is a copy.
	Explore(actions []float32, s *Scene, rng *rand.Rand)
	// Update makes one update from a batch, whose observations and rewards are as the networks are to
	// see them. It may overwrite the batch.
	Update(batch *replay.Batch, rng *rand.Rand) error
	// Metrics names what Measure fills: [len(Metrics())], of the latest update. What there is nothing new of since
	// the call before is left as it is.
	Metrics() []string
	Measure(values []float64)
	state.Stateful
}

// Learner is an agent at work on its environments. It implements [algo.Learner].
type Learner struct {
	cfg       *Config
	agent     Agent
	collector *collector
	buffer    *replay.Buffer
	batch     *replay.Batch
	pair      *Pair
	stream    *rand.PCG // of batches and updates
	rng       *rand.Rand
	prior     prior

	unlearned uint64 // environment steps since the latest round of updates
	debt      uint64 // as Ratio.Due counts it
	owed      uint64 // updates of the round under way, still to be made
	updates   uint64
	measured  uint64    // updates when metrics was last filled
	acting    []float32 // the parameters that act while others are learned: a copy, in async
	metrics   []float64 // [agent.Metrics()]
	closed    bool
}

// stretch is how many updates are made from one boundary to the next at most: a long round can be interrupted, and
// saved, in its midst.
const stretch = 64

var _ algo.Learner = (*Learner)(nil)

// NewLearner returns a learner in the environments of v, of which there must be cfg.Envs. newAgent makes its agent, from a random
// stream for the initial parameters; the pair shares an update's work with a second core.
func NewLearner(cfg *Config, seed uint64, v env.Vector, newAgent func(*Pair, *rand.Rand) (Agent, error)) (*Learner, error) {
	if v.Len() != cfg.Envs {
		return nil, fmt.Errorf("envs is %d, but there are %d", cfg.Envs, v.Len())
	}
	initial, act, learn := rand.NewPCG(seed, 0), rand.NewPCG(seed, 1), rand.NewPCG(seed, 2)
	pair := new(Pair)
	agent, err := newAgent(pair, rand.New(initial))
	if err != nil {
		return nil, err
	}
	spec := agent.Policy().Spec
	l := &Learner{
		cfg: cfg, agent: agent, pair: pair, stream: learn, rng: rand.New(learn),
		buffer:  replay.New(spec, cfg.Envs, cfg.Replay),
		batch:   replay.NewBatch(spec, cfg.Batch),
		metrics: make([]float64, len(agent.Metrics())),
	}
	for i := range l.metrics {
		l.metrics[i] = math.NaN()
	}
	l.collector = newCollector(cfg, v, agent, l.buffer, act)
	if l.acting = agent.Policy().Params; cfg.Update == Async {
		l.acting = make([]float32, len(l.acting))
	}
	return l, nil
}

// Run learns until the boundary stops it, ctx ends or something fails; then it closes the environments.
func (l *Learner) Run(ctx context.Context, b algo.Boundary) error {
	return errors.Join(l.run(ctx, b), l.Close())
}

func (l *Learner) run(ctx context.Context, b algo.Boundary) (err error) {
	defer algo.Recover(&err)
	l.pair.Start()
	defer l.pair.Stop()
	if err := l.prepare(); err != nil {
		return err
	}
	switch {
	case l.prior.offline:
		return l.offline(ctx, b)
	case l.cfg.Update == Async:
		return l.overlapped(ctx, b)
	default:
		return l.interleaved(ctx, b)
	}
}

// ReplayBytes is the size of the replay.
func (l *Learner) ReplayBytes() uint64 {
	return replay.Size(l.agent.Policy().Spec, l.cfg.Envs, l.cfg.Replay)
}

// Continues says whether the episodes under way are part of the learner's state.
func (l *Learner) Continues() bool {
	_, ok := l.collector.vector.(state.Stateful)
	return ok
}

// Close closes the environments; Run has done so when it returns.
func (l *Learner) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	return l.collector.vector.Close()
}

// interleaved takes a step in every environment and then makes the updates that it calls for.
func (l *Learner) interleaved(ctx context.Context, b algo.Boundary) error {
	for {
		if l.owed == 0 {
			if err := l.remember(l.collector.step(l.acting)); err != nil {
				return err
			}
			l.owe()
		}
		if err := l.learn(ctx); err != nil {
			return err
		}
		if stop, err := l.report(ctx, b); stop || err != nil {
			return err
		}
	}
}

// overlapped makes the updates of a step while the next one is taken, by the parameters from before the
// updates. Where the two meet is fixed, so the results are as reproducible as those of interleaved. Of a long round,
// the last updates are made beside the step.
func (l *Learner) overlapped(ctx context.Context, b algo.Boundary) error {
	next, taken := make(chan struct{}), make(chan error)
	defer close(next)
	go func() {
		defer close(taken)
		for range next {
			taken <- l.step()
		}
	}()
	for {
		err := error(nil)
		if l.owe(); l.owed > stretch {
			err = l.learn(ctx)
		} else {
			copy(l.acting, l.agent.Policy().Params)
			next <- struct{}{}
			failed := l.learn(context.Background()) // which has to meet the step
			err = errors.Join(l.remember(received(taken)), failed)
		}
		if err != nil {
			return err
		}
		if stop, err := l.report(ctx, b); stop || err != nil {
			return err
		}
	}
}

// received is what a step gave.
func received(taken <-chan error) error {
	err, ok := <-taken
	if !ok {
		return errors.New("an environment ended its goroutine")
	}
	return err
}

// step takes a step on a goroutine where nobody else would catch a panic.
func (l *Learner) step() (err error) {
	defer algo.Recover(&err)
	return l.collector.step(l.acting)
}

// remember records the latest step, which gave err. Where the episodes were lost in it, nothing is recorded, and
// new ones go on.
func (l *Learner) remember(err error) error {
	if err != nil {
		if _, lost := errors.AsType[*env.Restarted](err); !lost {
			return err
		}
		l.collector.faults++
		return l.collector.start()
	}
	if err := l.collector.record(); err != nil {
		return err
	}
	l.count()
	return nil
}

// count adds the latest step to those that call for updates, unless it was one of the warm-up.
func (l *Learner) count() {
	if l.collector.warm(l.collector.scene.Steps) {
		l.unlearned += uint64(l.cfg.Envs)
	}
}

// owe begins a round of updates if one is due.
func (l *Learner) owe() {
	if l.unlearned >= l.cfg.UpdateEvery {
		l.owed += l.cfg.UpdatesPerStep.Due(&l.debt, l.unlearned)
		l.unlearned = 0
	}
}

// learn makes the updates that are owed, a stretch of them at most and as long as ctx goes on. Its panics are errors, since a
// step may be under way beside it.
func (l *Learner) learn(ctx context.Context) (err error) {
	defer algo.Recover(&err)
	for range min(l.owed, stretch) {
		if ctx.Err() != nil {
			return nil
		}
		if err := l.update(); err != nil {
			return err
		}
		l.owed--
	}
	return nil
}

// update draws a batch and lets the agent learn from it.
func (l *Learner) update() error {
	l.draw()
	if err := l.agent.Update(l.batch, l.rng); err != nil {
		return fmt.Errorf("step %d, update %d: %w", l.collector.steps, l.updates, err)
	}
	l.updates++
	return nil
}

// draw fills the batch, as the networks are to see it.
func (l *Learner) draw() {
	l.buffer.Sample(l.batch, l.cfg.sum(), l.rng)
	if l.cfg.RewardScale != 1 {
		kernel.Scale(l.batch.Rewards, l.cfg.RewardScale)
	}
	if m := &l.agent.Policy().Moments; m.NormalizesObservations() {
		m.Normalize(l.batch.Observations.F, l.batch.Observations.F)
		m.Normalize(l.batch.Next.F, l.batch.Next.F)
	}
}

// report asks the boundary how to go on.
func (l *Learner) report(ctx context.Context, b algo.Boundary) (stop bool, err error) {
	c := l.collector
	if l.updates > l.measured {
		l.agent.Measure(l.metrics)
		l.measured = l.updates
	}
	p := algo.Progress{Steps: c.steps, Updates: l.updates, Episodes: c.episodes, Metrics: l.metrics, Faults: c.faults}
	switch {
	case l.prior.offline:
		p.Steps = l.updates
	case l.owed > 0 && l.cfg.Update == Ordered: // what the latest step brought is told when the round is over
		p.Steps, p.Episodes = p.Steps-uint64(l.cfg.Envs), p.Episodes-uint64(len(c.finished))
	default:
		p.Finished = c.tell()
	}
	decision, err := b(p)
	if err == nil {
		err = ctx.Err()
	}
	return decision.Stop, err
}

// Metrics names the values in algo.Progress.Metrics: those of the latest update, NaN before it.
func (l *Learner) Metrics() []string { return l.agent.Metrics() }

// Policy is a copy of the policy as of the last boundary.
func (l *Learner) Policy() *policy.Policy { return l.agent.Policy().Clone() }

// Adopt starts from the parameters and normaliser of p, which must have the same network, and so does what follows them. Critics
// are no part of a policy, and stay as they are.
func (l *Learner) Adopt(p *policy.Policy) error {
	own := l.agent.Policy()
	if err := own.Adopt(p); err != nil {
		return err
	}
	copy(l.agent.Target(), own.Params)
	return nil
}

// Package a3c implements asynchronous advantage actor-critic (Mnih et al. 2016, arXiv:1602.01783) and
// A2C, its synchronous twin.
//
// A master holds the global network. Workers, each with its own copy, environments and random stream,
// pull the parameters, act for a segment, differentiate the actor-critic loss and push the gradient.
package a3c

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"covey/algo"
	"covey/dist"
	"covey/env"
	"covey/nn"
	"covey/policy"
	"covey/rollout"
)

// Learner is a master with its workers.
type Learner struct {
	global  *global
	workers []*worker
	closed  bool
}

// New returns a learner whose workers act in the vectors that vector makes. The same seed and
// configuration give the same run, unless the update order is async.
func New(cfg Config, seed uint64, vector func(worker int) (env.Vector, error)) (*Learner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Learner{}
	for i := range cfg.Workers {
		v, err := vector(i)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("worker %d: %w", i, err), l.Close())
		}
		if i == 0 {
			err = l.createGlobal(&cfg, v.Spec(), seed)
		}
		if err == nil {
			err = l.addWorker(i, v, seed)
		}
		if err != nil {
			return nil, errors.Join(err, v.Close(), l.Close())
		}
	}
	return l, nil
}

func (l *Learner) createGlobal(cfg *Config, spec env.Spec, seed uint64) error {
	p, err := NewPolicy(cfg, spec)
	if err != nil {
		return err
	}
	p.Net.Init(p.Params, rand.New(rand.NewPCG(seed, 0)))
	l.global, err = newGlobal(cfg, p)
	return err
}

func (l *Learner) addWorker(i int, v env.Vector, seed uint64) error {
	cfg := l.global.cfg
	if err := l.global.policy.Spec.SameSpaces(v.Spec()); err != nil {
		return fmt.Errorf("worker %d (%s): %w, as worker 0 has", i, v.Spec().ID, err)
	}
	stream := rand.NewPCG(seed, uint64(i)+1)
	rng := rand.New(stream)
	seeds := make([]uint64, v.Len())
	for j := range seeds {
		seeds[j] = rng.Uint64()
	}
	distribution, err := policy.Distribution(v.Spec().Action)
	if err != nil {
		return err
	}
	local := l.global.policy.Clone()
	c, err := rollout.NewCollector(local, v, cfg.Segment, cfg.SegmentLength, cfg.Gamma, seeds, rng)
	if err != nil {
		return fmt.Errorf("worker %d: %w", i, err)
	}
	if cfg.NoiseMemory > 0 {
		if err := c.Correlate(cfg.NoiseMemory); err != nil {
			return fmt.Errorf("noise_memory is %v, but %w", cfg.NoiseMemory, err)
		}
	}
	place := &l.global.places[i]
	place.world = world{stream: stream, collector: c}
	if err := place.record.Take(&place.world); err != nil { // later ones allocate nothing
		return fmt.Errorf("worker %d: %w", i, err)
	}
	l.workers = append(l.workers, &worker{
		cfg: cfg, policy: local, distribution: distribution(), collect: c, place: place,
		scratch:  newScratch(c.Capacity(), v.Len(), local.Net),
		gradient: Gradient{Worker: i, Values: make([]float32, local.Net.Size)},
	})
	return nil
}

// NewPolicy lays out the actor-critic, with all parameters 0: output rows are [value | the distribution's parameters].
func NewPolicy(cfg *Config, spec env.Spec) (*policy.Policy, error) {
	net, distribution, err := layOut(cfg, spec)
	if err != nil {
		return nil, err
	}
	frame := 0
	if cfg.NormalizeObservations {
		frame = spec.Observation.Size()
	}
	return &policy.Policy{
		Spec: spec, Net: net, Column: 1, NewSampler: func() dist.Sampler { return distribution() },
		Params: make([]float32, net.Size), Moments: policy.NewMoments(frame, cfg.NormalizeRewards),
	}, nil
}

// layOut is the actor-critic's network, and the distribution that its outputs are read as.
func layOut(cfg *Config, spec env.Spec) (*nn.Net, func() dist.Distribution, error) {
	distribution, err := policy.Distribution(spec.Action)
	if err != nil {
		return nil, nil, err
	}
	if cfg.NormalizeObservations && spec.Observation.Bytes {
		return nil, nil, fmt.Errorf("normalize_observations is true, but the observations of %s are bytes: network.standardize is for these", spec.ID)
	}
	width := distribution().Params()
	heads := []nn.Head{{Name: "value", Width: 1, Gain: cfg.ValueGain}, {Name: "policy", Width: width, Gain: cfg.PolicyGain}}
	if spec.Action.Kind == env.Box && !cfg.LogStd.StateDependent {
		heads[1].Width = width / 2
		heads = append(heads, nn.Head{Name: "log_std", Width: width / 2, Free: true, Value: cfg.LogStd.Initial})
	}
	net, err := nn.New(spec.Stacked(), cfg.Network, heads...)
	return net, distribution, err
}

// Run learns until the boundary stops it, ctx ends or something fails. A learner runs once.
func (l *Learner) Run(ctx context.Context, b algo.Boundary) error {
	l.global.boundary = b
	for i, m := range masters(l.global) {
		w := l.workers[i]
		w.master = m
		w.anew = w.place.enter() && !w.collect.Continues()
	}
	errs := make([]error, len(l.workers))
	var wg sync.WaitGroup
	for i, w := range l.workers {
		wg.Go(func() {
			defer l.global.halt() // a worker that is gone would be waited for, also one that runtime.Goexit ended
			defer w.place.exit()
			errs[i] = w.run(ctx)
		})
	}
	wg.Wait()
	return errors.Join(append(errs, l.Close())...)
}

// Continues says whether the episodes under way are part of the learner's state.
func (l *Learner) Continues() bool {
	return !slices.ContainsFunc(l.workers, func(w *worker) bool { return !w.collect.Continues() })
}

// Close closes the environments.
func (l *Learner) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	var errs []error
	for _, w := range l.workers {
		errs = append(errs, w.collect.Close())
	}
	return errors.Join(errs...)
}

// Metrics names the values in algo.Progress.Metrics.
func (l *Learner) Metrics() []string { return metricNames }

// Policy is a copy of the policy as of the last boundary.
func (l *Learner) Policy() *policy.Policy { return l.global.policy.Clone() }

// Adopt starts from the parameters and normaliser of p, which must have the same network.
func (l *Learner) Adopt(p *policy.Policy) error { return l.global.policy.Adopt(p) }

package supervise

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"covey/env"
)

// errLate is the error of a call that hung.
var errLate = errors.New("no answer")

// lane makes a vector's calls on a goroutine of its own, with its own memory. One that hangs is left alone with
// both: it can do no harm, and closes the vector if it ever comes back.
type lane struct {
	vector   env.Vector
	opt      Options
	requests chan request // [1]
	results  chan error   // [1]
	timer    *time.Timer

	// What is asked and answered; the goroutine's between a request and its result.
	seeds      []uint64
	actions    []float32
	obs, final env.Values
	out        []env.Outcome

	ended error // no calls any more, and why
}

type request uint8

const (
	resetting request = iota
	stepping
	closing
)

func newLane(v env.Vector, opt Options) *lane {
	n, spec := v.Len(), v.Spec()
	frame := n * spec.Observation.Size()
	l := &lane{
		vector: v, opt: opt, requests: make(chan request, 1), results: make(chan error, 1), timer: stopped(),
		seeds: make([]uint64, n), actions: make([]float32, n*spec.Action.Size()),
		obs: env.MakeValues(spec.Observation, frame), final: env.MakeValues(spec.Observation, frame), out: make([]env.Outcome, n),
	}
	go l.serve()
	return l
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (l *lane) serve() {
	for r := range l.requests {
		var err error
		switch r {
		case resetting:
			err = begin(l.vector, l.seeds, l.obs)
		case stepping:
			err = step(l.vector, l.actions, l.obs, l.final, l.out)
		case closing:
			l.results <- shut(l.vector)
			return
		}
		l.results <- err
	}
	if err := shut(l.vector); err != nil { // abandoned
		l.opt.log("%s: closing what was abandoned: %v", l.vector.Spec().ID, err)
	}
}

// call makes a request and waits for the result, until it is late.
func (l *lane) call(r request) error {
	if l.ended != nil {
		return l.ended
	}
	l.requests <- r
	l.timer.Reset(l.opt.Deadline)
	select {
	case err := <-l.results:
		l.timer.Stop()
		return err
	case <-l.timer.C:
	}
	l.ended = fmt.Errorf("%w within %v", errLate, l.opt.Deadline)
	close(l.requests)
	l.opt.count(func(c *Counts) *atomic.Uint64 { return &c.Abandoned })
	return l.ended
}

// Reset is the vector's.
func (l *lane) Reset(seeds []uint64, obs env.Values) error {
	if len(seeds) != len(l.seeds) || obs.Len() != l.obs.Len() {
		panic(fmt.Sprintf("supervise: reset with %d seeds and observations [%d], want %d and [%d]", len(seeds), obs.Len(), len(l.seeds), l.obs.Len()))
	}
	copy(l.seeds, seeds)
	if err := l.call(resetting); err != nil {
		return err
	}
	obs.Copy(l.obs)
	return nil
}

// Step is the vector's.
func (l *lane) Step(actions []float32, obs, final env.Values, out []env.Outcome) error {
	if len(actions) != len(l.actions) || obs.Len() != l.obs.Len() || final.Len() != l.obs.Len() || len(out) != len(l.out) {
		panic(fmt.Sprintf("supervise: step with actions [%d], observations [%d], final [%d], outcomes [%d]; want [%d], [%d], the same, [%d]",
			len(actions), obs.Len(), final.Len(), len(out), len(l.actions), l.obs.Len(), len(l.out)))
	}
	copy(l.actions, actions)
	if err := l.call(stepping); err != nil {
		return err
	}
	obs.Copy(l.obs)
	copy(out, l.out)
	frame := l.final.Len() / len(l.out)
	for i, o := range l.out {
		if o.Terminated || o.Truncated {
			final.Slice(i*frame, (i+1)*frame).Copy(l.final.Slice(i*frame, (i+1)*frame))
		}
	}
	return nil
}

// Close closes the vector, unless it was abandoned.
func (l *lane) Close() error {
	if l.ended != nil {
		return nil
	}
	err := l.call(closing)
	if l.ended == nil {
		l.ended = errors.New("the environments are closed")
	}
	return err
}

// make makes a vector, which may panic or hang too.
func (g *guard) make() (env.Vector, error) {
	if g.opt.Deadline <= 0 {
		return g.attempt()
	}
	type result struct {
		v   env.Vector
		err error
	}
	var settled atomic.Bool // the result is wanted, or comes too late
	made := make(chan result, 1)
	go func() {
		v, err := g.attempt()
		if settled.CompareAndSwap(false, true) {
			made <- result{v, err}
		} else if err == nil {
			err = shut(v)
			g.opt.log("%s: made too late, and closed (%v)", v.Spec().ID, err)
		}
	}()
	timer := time.NewTimer(g.opt.Deadline)
	defer timer.Stop()
	select {
	case r := <-made:
		return r.v, r.err
	case <-timer.C:
	}
	if !settled.CompareAndSwap(false, true) {
		r := <-made
		return r.v, r.err
	}
	g.opt.count(func(c *Counts) *atomic.Uint64 { return &c.Abandoned })
	return nil, fmt.Errorf("%w of the environments' maker within %v", errLate, g.opt.Deadline)
}

func (g *guard) attempt() (v env.Vector, err error) {
	defer catch(&err)
	return g.create()
}

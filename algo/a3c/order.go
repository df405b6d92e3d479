package a3c

import (
	"context"
	"sync"
	"sync/atomic"

	"covey/internal/kernel"
	"covey/policy"
)

// masters returns each worker's handle on g, in the update order of the configuration.
func masters(g *global) []Master {
	handles := make([]Master, g.cfg.Workers)
	one := &async{global: g}
	turns := &ordered{global: g}
	round := &synchronous{global: g, gradients: make([]*Gradient, g.cfg.Workers), mean: make([]float32, g.policy.Net.Size)}
	for i := range handles {
		switch g.cfg.Update {
		case Ordered:
			handles[i] = &orderedHandle{master: turns, turn: uint64(i)}
		case Sync:
			handles[i] = &syncHandle{master: round, worker: i}
		default:
			handles[i] = one
		}
	}
	return handles
}

// ordered gives turns by ticket: first each worker pulls version 0, then worker i's k-th gradient is the
// (kW+i)-th update. The run is the same however the threads are scheduled.
type ordered struct {
	*global
	_      [64]byte // the ticket is what everybody spins on
	ticket atomic.Uint64
	_      [64]byte
}

type orderedHandle struct {
	master *ordered
	turn   uint64 // the ticket of the next exchange
	own    [1]*Gradient
}

func (h *orderedHandle) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	m := h.master
	if err := m.await(ctx, &m.ticket, h.turn); err != nil || m.stop.Load() {
		return Reply{Stop: true}, err
	}
	h.turn += uint64(m.cfg.Workers)
	defer m.ticket.Add(1)
	if g != nil {
		h.own[0] = g
		if err := m.apply(g.Values, h.own[:]); err != nil {
			return Reply{Stop: true}, err
		}
	}
	return m.copyOut(params, moments), nil
}

// async applies gradients as they come, each together with the copy that its worker goes on with.
type async struct {
	*global
	mu  sync.Mutex
	own [1]*Gradient
}

func (m *async) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil || m.stop.Load() {
		return Reply{Stop: true}, err
	}
	if g != nil {
		m.own[0] = g
		if err := m.apply(g.Values, m.own[:]); err != nil {
			return Reply{Stop: true}, err
		}
	}
	return m.copyOut(params, moments), nil
}

// synchronous is A2C: an update waits for a gradient from every worker and applies their mean, added in
// the workers' order. Whoever comes last makes it.
type synchronous struct {
	*global
	gradients []*Gradient // [W]
	mean      []float32   // [Net.Size]
	arrived   atomic.Int64
	round     atomic.Uint64
}

type syncHandle struct {
	master *synchronous
	worker int
}

func (h *syncHandle) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	m := h.master
	if g != nil {
		m.gradients[h.worker] = g
		round := m.round.Load()
		if m.arrived.Add(1) == int64(len(m.gradients)) {
			err := m.update()
			m.arrived.Store(0)
			m.round.Add(1)
			if err != nil {
				return Reply{Stop: true}, err
			}
		} else if err := m.await(ctx, &m.round, round+1); err != nil {
			return Reply{Stop: true}, err
		}
	}
	if m.stop.Load() {
		return Reply{Stop: true}, nil
	}
	return m.copyOut(params, moments), nil
}

func (m *synchronous) update() error {
	copy(m.mean, m.gradients[0].Values)
	for _, g := range m.gradients[1:] {
		kernel.Add(m.mean, g.Values)
	}
	kernel.Scale(m.mean, 1/float32(len(m.gradients)))
	return m.apply(m.mean, m.gradients)
}

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
	round := &synchronous{global: g, gradients: make([]*Gradient, g.cfg.Workers), mean: make([]float32, g.policy.Net.Size)}
	for i := range handles {
		switch g.cfg.Update {
		case Ordered:
			handles[i] = &ordered{global: g, worker: i, turn: uint64(i)}
		case Sync:
			handles[i] = &syncHandle{master: round, worker: i}
		default:
			handles[i] = one
		}
	}
	return handles
}

// ordered is one worker's handle where turns go by ticket: first each worker pulls version 0, then worker
// i's k-th gradient is the (kW+i)-th update. The run is the same however the threads are scheduled.
type ordered struct {
	*global
	worker int
	turn   uint64 // the ticket of the next exchange
	own    [1]*Gradient
}

func (m *ordered) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	if err := m.turns.await(ctx, m.worker, m.turn, &m.stop); err != nil || m.stop.Load() {
		return Reply{Stop: true}, err
	}
	m.turn += uint64(m.cfg.Workers)
	if g != nil {
		m.own[0] = g
		if err := m.apply(g.Values, m.own[:]); err != nil {
			return Reply{Stop: true}, err
		}
	}
	reply := m.copyOut(params, moments)
	m.turns.wake(int(m.turns.advance() % uint64(m.cfg.Workers)))
	return reply, nil
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
}

type syncHandle struct {
	master *synchronous
	worker int
}

func (h *syncHandle) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	m := h.master
	if g != nil {
		m.gradients[h.worker] = g
		round := m.turns.count.Load()
		if m.arrived.Add(1) == int64(len(m.gradients)) {
			err := m.update()
			m.arrived.Store(0)
			m.turns.advance()
			m.turns.wakeAll()
			if err != nil {
				return Reply{Stop: true}, err
			}
		} else if err := m.turns.await(ctx, h.worker, round+1, &m.stop); err != nil {
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

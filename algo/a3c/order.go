package a3c

import (
	"context"
	"sync"
	"sync/atomic"

	"covey/internal/kernel"
	"covey/policy"
)

// masters returns each worker's handle on g, in the update order of the configuration, going on from where g is.
func masters(g *global) []Master {
	handles := make([]Master, g.cfg.Workers)
	var mu sync.Mutex
	round := &synchronous{global: g, gradients: make([]*Gradient, g.cfg.Workers), learned: make([]*Gradient, 0, g.cfg.Workers),
		mean: make([]float32, g.policy.Net.Size)}
	g.turns.count.Store(g.passed)
	for i := range handles {
		switch g.cfg.Update {
		case Ordered:
			w := uint64(g.cfg.Workers)
			handles[i] = &ordered{global: g, worker: i, ticket: g.passed + (uint64(i)+w-g.passed%w)%w}
		case Sync:
			handles[i] = &syncHandle{master: round, worker: i}
		default:
			handles[i] = &async{global: g, worker: i, mu: &mu}
		}
	}
	return handles
}

// ordered is one worker's handle where turns go by ticket: first each worker pulls version 0, then worker
// i's k-th gradient is the (kW+i)-th update. The run is the same however the threads are scheduled.
type ordered struct {
	*global
	worker int
	ticket uint64 // of the next exchange
}

func (m *ordered) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	if p := &m.places[m.worker]; g == nil && p.pulled { // in an earlier run, which goes on here
		return Reply{Version: p.version}, nil
	}
	if err := m.turns.await(ctx, m.worker, m.ticket, &m.stop); err != nil || m.stop.Load() {
		return Reply{Stop: true}, err
	}
	m.ticket += uint64(m.cfg.Workers)
	reply, err := m.turn(m.worker, params, moments, g)
	if err == nil {
		m.turns.wake(int(m.turns.advance() % uint64(m.cfg.Workers)))
	}
	return reply, err
}

// async is one worker's handle where gradients are applied as they come, each together with the copy that
// its worker goes on with.
type async struct {
	*global
	worker int
	mu     *sync.Mutex // of all workers
}

func (m *async) Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error) {
	if p := &m.places[m.worker]; g == nil && p.pulled { // in an earlier run, which goes on here
		return Reply{Version: p.version}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil || m.stop.Load() {
		return Reply{Stop: true}, err
	}
	return m.turn(m.worker, params, moments, g)
}

// synchronous is A2C: an update waits for a gradient from every worker and applies their mean, added in
// the workers' order. Whoever comes last makes it. Where some were lost, it is the mean of the others.
type synchronous struct {
	*global
	gradients []*Gradient // [W]
	learned   []*Gradient // those of them that were not lost
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
	return m.copyOut(h.worker, params, moments), nil
}

func (m *synchronous) update() error {
	m.learned = m.learned[:0]
	for _, g := range m.gradients {
		m.faults += g.Lost
		if !g.Skip {
			m.learned = append(m.learned, g)
		}
	}
	if len(m.learned) == 0 {
		return nil
	}
	copy(m.mean, m.learned[0].Values)
	for _, g := range m.learned[1:] {
		kernel.Add(m.mean, g.Values)
	}
	kernel.Scale(m.mean, 1/float32(len(m.learned)))
	return m.apply(m.mean, m.learned)
}

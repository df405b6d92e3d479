package a3c

import (
	"context"
	"runtime"
	"sync/atomic"
)

// turnstile counts turns; each worker waits for the count to come to a number of its own. A turn takes
// microseconds, while a goroutine that was parked takes tens of them to run again, and then beside its waker
// instead of on a core of its own. So a wait begins with spinning. But a core that spins for long takes it
// from somebody, perhaps from the very worker that is waited for: then the goroutine is parked.
type turnstile struct {
	_       [64]byte // everybody spins on the count
	count   atomic.Uint64
	_       [64]byte
	looks   int      // at the count, before letting other goroutines run
	waiters []waiter // one per worker
}

type waiter struct {
	parked atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// How long a wait spins. Where all wait for the slowest of them, and have a core each, it pays to wait
// longer than to be woken: some 100 µs.
const (
	turnLooks  = 2000
	roundLooks = 200_000
	yields     = 400 // looks between which other goroutines run, before parking
)

func newTurnstile(workers int, update string) *turnstile {
	t := &turnstile{looks: turnLooks, waiters: make([]waiter, workers)}
	if update == Sync && workers <= runtime.GOMAXPROCS(0) {
		t.looks = roundLooks
	}
	for i := range t.waiters {
		t.waiters[i].wake = make(chan struct{}, 1)
	}
	return t
}

// await returns when the count has come to turn, stop is set or ctx has ended; the last is an error.
func (t *turnstile) await(ctx context.Context, worker int, turn uint64, stop *atomic.Bool) error {
	for range t.looks {
		if t.count.Load() == turn {
			return nil
		}
	}
	w := &t.waiters[worker]
	for n := 0; t.count.Load() != turn && !stop.Load(); n++ {
		if n < yields {
			runtime.Gosched()
			continue
		}
		w.parked.Store(true)
		if t.count.Load() == turn || stop.Load() { // it came while we lay down
			w.parked.Store(false)
			break
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// advance starts the next turn, and returns its number.
func (t *turnstile) advance() uint64 { return t.count.Add(1) }

// wake wakes the worker if it is parked.
func (t *turnstile) wake(worker int) {
	if w := &t.waiters[worker]; w.parked.Load() && w.parked.CompareAndSwap(true, false) {
		select {
		case w.wake <- struct{}{}:
		default: // an earlier one is still there to wake it
		}
	}
}

// wakeAll wakes every parked worker.
func (t *turnstile) wakeAll() {
	for i := range t.waiters {
		t.wake(i)
	}
}

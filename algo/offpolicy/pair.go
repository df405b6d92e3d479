package offpolicy

import (
	"runtime"
	"sync/atomic"
)

// Pair runs two halves of a job at once, the second on a goroutine of its own where the process has more than one
// processor. The halves work on different memory, so the results are the same whoever runs them.
//
// A handover takes a fraction of a microsecond, waking the helper much longer. So it stays awake for some
// microseconds after each job; and a second half that it has not begun when the first is done, for want of a
// processor, is run here.
type Pair struct {
	job     func(half int)
	jobs    uint64        // handed over
	claimed atomic.Uint64 // jobs whose second half somebody has taken on
	posted  signal        // jobs handed over, for the helper
	done    signal        // second halves that the helper has finished
	ended   chan struct{} // nil: no helper

	rest, resting int // jobs to do before waking the helper again after it came too late, and those left
}

// Start starts the helper, where there is a processor for it.
func (p *Pair) Start() {
	if runtime.GOMAXPROCS(0) < 2 {
		return
	}
	p.jobs, p.rest, p.resting, p.ended = 0, 0, 0, make(chan struct{})
	p.claimed.Store(0)
	p.posted.reset()
	p.done.reset()
	go p.help()
}

// Stop ends the helper, and waits for it.
func (p *Pair) Stop() {
	if p.ended == nil {
		return
	}
	p.post(nil)
	<-p.ended
	p.ended = nil
}

// Run runs job(0) here and job(1) beside it, and returns when both have returned. A job that is to be run
// again and again is made once, or each Run allocates it.
func (p *Pair) Run(job func(half int)) {
	asleep := p.ended != nil && p.posted.parked.Load()
	if p.ended == nil || asleep && p.resting > 0 {
		p.resting--
		job(0)
		job(1)
		return
	}
	p.post(job)
	job(0)
	if !p.claim(p.jobs) {
		p.rest = 0
		p.done.await(p.jobs - 1)
		return
	}
	if asleep { // and has not come
		p.rest = min(2*p.rest+1, mostRest)
		p.resting = p.rest
	}
	job(1)
}

// mostRest is the greatest number of jobs done without waking the helper.
const mostRest = 255

func (p *Pair) post(job func(half int)) {
	p.job = job
	p.jobs++
	p.posted.raise(p.jobs)
}

// claim takes on the second half of job n, unless somebody else has.
func (p *Pair) claim(n uint64) bool {
	last := p.claimed.Load()
	return last < n && p.claimed.CompareAndSwap(last, n)
}

func (p *Pair) help() {
	defer close(p.ended)
	for n := uint64(0); ; {
		n = p.posted.await(n)
		if !p.claim(n) {
			continue
		}
		if p.job == nil {
			return
		}
		p.job(1)
		p.done.raise(n)
	}
}

// signal is a counter that one goroutine raises and another waits for.
type signal struct {
	count  atomic.Uint64
	parked atomic.Bool
	wake   chan struct{} // [1]
	_      [64]byte      // what one side looks at is not what the other writes
}

func (s *signal) reset() {
	s.count.Store(0)
	s.parked.Store(false)
	s.wake = make(chan struct{}, 1)
}

func (s *signal) raise(n uint64) {
	s.count.Store(n)
	if s.parked.Load() {
		select {
		case s.wake <- struct{}{}:
		default: // the waiter has one to find already
		}
	}
}

// patience is how often a waiter looks before it parks: some 100 µs, which is longer than what is done
// between two jobs.
const patience = 200_000

// await returns the count as soon as it is greater than last.
func (s *signal) await(last uint64) uint64 {
	for range patience {
		if n := s.count.Load(); n > last {
			return n
		}
	}
	// Here parked is set before count is looked at, in raise count before parked: one of the two sees the other.
	s.parked.Store(true)
	defer s.parked.Store(false)
	for {
		if n := s.count.Load(); n > last {
			return n
		}
		<-s.wake
	}
}

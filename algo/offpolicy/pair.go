package offpolicy

import (
	"runtime"
	"sync/atomic"

	"covey/algo"
)

// Pair runs two halves of a job at once, the second on a goroutine of its own where the process has more than one
// processor. The halves work on different memory, so the results are the same whoever runs them.
//
// A handover takes a fraction of a microsecond, waking somebody much longer. So both sides stay awake for a
// while; a second half that the helper has not begun when the first is done is run here; and after a helper
// that came late, for want of a processor, the next jobs are done without it.
type Pair struct {
	job     func(half int)
	open    bool          // the latest job has not come back
	failed  error         // the panic of the helper's half
	jobs    uint64        // handed over
	claimed atomic.Uint64 // jobs whose second half somebody has taken on
	posted  signal        // jobs handed over, for the helper
	done    signal        // second halves that the helper has finished
	ended   chan struct{} // nil: no helper

	rest    int // jobs to do without the helper after it came late
	resting int // of these, those still to come
}

// Start starts the helper, where there is a processor for it.
func (p *Pair) Start() {
	if runtime.GOMAXPROCS(0) < 2 {
		return
	}
	p.jobs, p.rest, p.resting, p.ended = 0, 0, 0, make(chan struct{})
	p.open, p.failed = false, nil
	p.claimed.Store(0)
	p.posted.reset()
	p.done.reset()
	go p.help()
}

// Stop ends the helper, and waits for it. It may be deferred: a job that panicked here may be under way there.
func (p *Pair) Stop() {
	if p.ended == nil {
		return
	}
	if p.open && !p.claim(p.jobs) {
		p.done.await(p.jobs-1, long)
	}
	p.post(nil)
	<-p.ended
	p.ended = nil
}

// Run runs job(0) here and job(1) beside it, and returns when both have returned. A panic of either is one of
// Run, after which only Stop may follow. A job that is to be run again and again is made once, or each Run allocates it.
func (p *Pair) Run(job func(half int)) {
	if p.ended == nil {
		job(0)
		job(1)
		return
	}
	if p.resting > 0 {
		if p.resting == min(p.rest, notice) {
			p.posted.call()
		}
		p.resting--
		job(0)
		job(1)
		return
	}
	asleep := p.posted.parked.Load()
	p.post(job)
	p.open = true
	job(0)
	late := asleep
	if p.claim(p.jobs) { // the helper has not come
		p.open = false
		job(1)
	} else {
		late = p.done.await(p.jobs-1, long)
		p.open = false
		if p.failed != nil {
			panic(p.failed)
		}
	}
	if !late {
		p.rest = 0
		return
	}
	p.rest = min(2*p.rest+1, mostRest)
	p.resting = p.rest
}

const (
	mostRest = 255 // jobs done without the helper at most
	notice   = 8   // jobs before the next one for the helper, when it is woken
)

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
		p.posted.await(n, short)
		if n = p.posted.count.Load(); !p.claim(n) {
			continue
		}
		if p.job == nil {
			return
		}
		p.failed = second(p.job)
		p.done.raise(n)
	}
}

// second runs the helper's half of a job; its panic is an error, for Run to go on with.
func second(job func(half int)) (err error) {
	defer algo.Recover(&err)
	job(1)
	return nil
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
	s.call()
}

// call wakes the waiter if it has parked.
func (s *signal) call() {
	if s.parked.Load() {
		select {
		case s.wake <- struct{}{}:
		default: // the waiter has one to find already
		}
	}
}

// How often a waiter looks before it parks, about three times in a nanosecond. Waking it takes some 50 µs.
const (
	short = 300_000   // for a job that may come: longer than what is done between two jobs of an update
	long  = 1_000_000 // for the end of a job that somebody is at: longer than halves differ
)

// await returns as soon as the count is greater than last, and says whether it parked.
func (s *signal) await(last uint64, patience int) (parked bool) {
	for ; ; parked = true {
		for range patience {
			if s.count.Load() > last {
				return parked
			}
		}
		// Here parked is set before count is looked at, in raise count before parked: one of the two sees the other.
		s.parked.Store(true)
		if s.count.Load() <= last {
			<-s.wake
		}
		s.parked.Store(false)
	}
}

package train

import "time"

// watchdog tells when nothing has moved for a deadline. It counts its own ticks: a process that was stopped for an
// hour is not late.
type watchdog struct {
	ticker *time.Ticker // nil: there is no deadline
	seen   uint64
	count  int // ticks since something moved
}

const watchdogTicks = 10 // in a deadline

func newWatchdog(deadline time.Duration) *watchdog {
	w := new(watchdog)
	if deadline > 0 {
		w.ticker = time.NewTicker(max(deadline/watchdogTicks, time.Millisecond))
	}
	return w
}

func (w *watchdog) ticks() <-chan time.Time {
	if w.ticker == nil {
		return nil
	}
	return w.ticker.C
}

// idle is called at each tick with what has been counted so far.
func (w *watchdog) idle(beats uint64) bool {
	if beats != w.seen {
		w.seen, w.count = beats, 0
	} else {
		w.count++
	}
	return w.count >= watchdogTicks
}

func (w *watchdog) stop() {
	if w.ticker != nil {
		w.ticker.Stop()
	}
}

package train

import (
	"sync"
	"sync/atomic"
)

// Incidents are what happens to a run's environments and is made good again. Whoever supervises them notes it, on any
// goroutine; the run says so and counts it.
type Incidents struct {
	some  atomic.Bool
	mu    sync.Mutex
	noted []string
}

// Note adds one, which counts as one restart of environments.
func (i *Incidents) Note(text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.noted = append(i.noted, text)
	i.some.Store(true)
}

// take returns those that were noted since it was last called.
func (i *Incidents) take() []string {
	if i == nil || !i.some.Load() {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	noted := i.noted
	i.noted = nil
	i.some.Store(false)
	return noted
}

// hear tells of the incidents.
func (r *run) hear() {
	for _, text := range r.opt.Incidents.take() {
		r.result.EnvRestarts++
		r.warn("%s", text)
	}
}

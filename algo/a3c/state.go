package a3c

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync/atomic"

	"covey/rollout"
	"covey/state"
)

// place is where a worker stands, as a state holds it: after its last exchange. A worker goes on at once, and may
// be far into its next segment when somebody else's turn is to be saved; so it takes a recording of its world
// before it goes. Its parameters need none: they change in its turns alone. All is written in the worker's
// turn, or before it leaves it.
type place struct {
	stands  atomic.Int32
	pulled  bool   // it has parameters to act by
	version uint64 // of these
	world   world
	record  state.Recording // of world
}

// Where a worker stands.
const (
	resting    = iota // not at work, or without parameters yet: the world is as it was made, loaded or left
	exchanging        // its gradient was applied in this turn, or in the run's last: it is to have the global parameters
	leaving           // it has them, and is about to take the recording
	away              // its recording is taken, and the world has gone on
)

// world is what a worker acts in, and by what chances.
type world struct {
	stream    *rand.PCG
	collector *rollout.Collector
}

func (x *world) State(w state.Walker) error {
	if err := state.RNG(w, "rng", x.stream); err != nil {
		return err
	}
	return x.collector.State(w)
}

// enter begins a run, and says whether it goes on from a loaded state: then there is nothing to pull.
func (p *place) enter() (resumed bool) {
	if p.pulled {
		p.stands.Store(leaving)
	}
	return p.pulled
}

// exit ends a worker's run.
func (p *place) exit() { p.stands.CompareAndSwap(leaving, resting) }

// note takes the recording that lets the world go on.
func (p *place) note() error {
	if err := p.record.Take(&p.world); err != nil {
		return err
	}
	p.stands.Store(away)
	return nil
}

// settled is where the worker stands; one that is leaving is waited for, less than a microsecond.
func (p *place) settled() int32 {
	for p.stands.Load() == leaving {
		runtime.Gosched()
	}
	return p.stands.Load()
}

// State visits all that is needed to go on with the same bits: the master, whose turn is next, and each worker as
// its last exchange left it. With update: async nothing else repeats itself, but the state is one that the run
// had.
func (l *Learner) State(w state.Walker) error {
	g := l.global
	if err := g.State(w); err != nil {
		return err
	}
	w.Uint64("faults", &g.faults)
	w.Uint64("turn", &g.passed)
	for i, worker := range l.workers {
		if err := worker.State(w.Sub("worker."+strconv.Itoa(i)), g); err != nil {
			return fmt.Errorf("worker %d: %w", i, err)
		}
		if p := worker.place; g.cfg.Update == Ordered && p.pulled != (g.passed > uint64(i)) {
			return fmt.Errorf("worker %d has parameters: %v, before turn %d of %d workers", i, p.pulled, g.passed, len(l.workers))
		}
	}
	return nil
}

// State visits a worker; g is its master.
func (w *worker) State(walker state.Walker, g *global) error {
	p, local := w.place, w.policy
	stands := p.settled()
	if err := state.Bool(walker, "pulled", &p.pulled); err != nil {
		return err
	}
	version := &p.version
	if stands == exchanging {
		latest := g.updates
		version, local = &latest, g.policy
	}
	walker.Uint64("version", version)
	if *version > g.updates {
		return fmt.Errorf("parameters of version %d, after %d updates", *version, g.updates)
	}
	if g.cfg.Update != Sync { // there everybody has the global ones
		if err := local.State(walker.Sub("policy")); err != nil {
			return err
		}
	}
	if stands == away {
		return p.record.Tree().State(walker.Sub("world"))
	}
	return p.world.State(walker.Sub("world"))
}

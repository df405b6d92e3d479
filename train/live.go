package train

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"covey/algo"
	"covey/checkpoint"
)

// grace is how long an interrupted learner may take to its next boundary. Then its context ends; and after as long again it is
// given up.
const grace = 5 * time.Second

// live runs learners, one after another, until the run ends.
func (r *run) live() error {
	stop := context.AfterFunc(r.ctx, func() { r.leaving.Store(true) })
	defer stop()
	for {
		err := r.fulfil(r.progress()) // what was left to be done
		r.stopped = r.ends(r.progress())
		if !r.stopped && r.pending != 0 && r.ctx.Err() != nil { // cut short again: it is of this policy, which the learner would change
			r.stopped, r.result.Interrupted = true, true
		}
		if err == nil && !r.stopped {
			err = r.runLearner()
		} else {
			r.own = true
			err = errors.Join(err, r.close()) // which a learner that is run does by itself
		}
		r.notePanic(err)
		switch {
		case r.collapse && err == nil:
			err = r.fallBack()
		case diverged(err) && r.ctx.Err() == nil && r.canFallBack():
			r.warn("%v", err)
			err = r.fallBack()
		case !r.own && r.ctx.Err() == nil && restartable(err):
			err = r.restart(err)
		default:
			return err
		}
		if err != nil {
			return err
		}
	}
}

// hungError is the error of a learner that came to no boundary.
type hungError struct{ limit time.Duration }

func (e hungError) Error() string { return fmt.Sprintf("the learner hangs: no update in %v", e.limit) }

// errFenced stops a learner that was given up and came back.
var errFenced = errors.New("another learner has taken over")

// diverged says whether learning ran away.
func diverged(err error) bool {
	_, is := errors.AsType[algo.Divergence](err)
	return is
}

// restartable says whether another learner may do better than the one that ended with err.
func restartable(err error) bool {
	var hung hungError
	var panicked *algo.Panic
	return errors.As(err, &hung) || errors.As(err, &panicked)
}

// life is one learner at work.
type life struct {
	run   *run
	phase atomic.Int32
	beats atomic.Uint64 // boundaries that it has left
}

// Where a learner is.
const (
	outside int32 = iota // between two boundaries
	inside               // a boundary: the run is its own
	fenced               // it was given up: it comes to no boundary any more
)

// boundary is the run's for this learner, as long as it was not given up.
func (l *life) boundary(p algo.Progress) (algo.Decision, error) {
	if !l.phase.CompareAndSwap(outside, inside) {
		return algo.Decision{Stop: true}, errFenced
	}
	d, err := l.run.boundary(p)
	l.beats.Add(1)
	l.phase.Store(outside)
	return d, err
}

// fence keeps the learner from further boundaries, unless it is inside one.
func (l *life) fence() bool { return l.phase.CompareAndSwap(outside, fenced) }

// runLearner runs the learner until it ends or has to be given up.
func (r *run) runLearner() error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	defer cancel()
	l, ended := &life{run: r}, make(chan error, 1)
	go func() {
		err := errors.New("the learner's goroutine ended") // by runtime.Goexit
		defer func() { ended <- err }()
		err = call(ctx, r.learner, l.boundary)
	}()
	dog := newWatchdog(r.opt.Deadline)
	defer dog.stop()
	leave := r.ctx.Done()
	var late <-chan time.Time
	patience := r.opt.patience
	if patience == 0 {
		patience = grace
	}
	for told := false; ; {
		select {
		case err := <-ended:
			if told && only(err, ctx.Err()) {
				err = r.ctx.Err()
			}
			return err
		case <-leave:
			leave, late = nil, time.After(patience)
		case <-late:
			late = time.After(patience)
			switch {
			case l.phase.Load() == inside: // evaluations see the end of r.ctx, and saves may take their time
			case !told:
				cancel()
				told = true
			case l.fence():
				r.giveUp()
				return r.ctx.Err()
			}
		case <-dog.ticks():
			if l.phase.Load() != inside && dog.idle(l.beats.Load()) && l.fence() {
				r.giveUp()
				return hungError{r.opt.Deadline}
			}
		}
	}
}

// call runs a learner. A panic is an error.
func call(ctx context.Context, l algo.Learner, b algo.Boundary) (err error) {
	defer algo.Recover(&err)
	return l.Run(ctx, b)
}

// giveUp leaves the learner to itself, with all that is its own: what hangs in it cannot be ended.
func (r *run) giveUp() {
	r.learner = nil
	r.result.Abandoned++
}

// restart replaces a learner that failed by one that goes on from the newest checkpoint, as often as the
// options say.
func (r *run) restart(cause error) error {
	switch {
	case r.folder == nil:
		return fmt.Errorf("%w (a run without a folder has no checkpoint to go on from)", cause)
	case r.result.Restarts >= r.opt.Restarts:
		return fmt.Errorf("%w (after %d restarts)", cause, r.result.Restarts)
	}
	r.result.Restarts++
	r.warn("%v; restart %d of at most %d", cause, r.result.Restarts, r.opt.Restarts)
	if err := r.replace(r.newest); err != nil {
		return errors.Join(cause, fmt.Errorf("restart: %w", err))
	}
	r.warn("the run goes on from here")
	return nil
}

// notePanic puts where a panic happened into the run's folder.
func (r *run) notePanic(cause error) {
	var p *algo.Panic
	if r.folder == nil || !errors.As(cause, &p) {
		return
	}
	text := fmt.Sprintf("step %d: panic: %v\n\n%s\n", r.counters.EnvSteps, p.Value, p.Stack)
	if err := r.folder.append(panicFile, text); err != nil {
		r.warn("the panic's stack cannot be kept: %v", err)
	}
}

// canFallBack says whether the run may return to its best policy, and has it.
func (r *run) canFallBack() bool {
	if r.folder == nil || r.result.Fallbacks >= r.opt.Fallback.Times || !r.best.whole {
		return false
	}
	if err := r.folder.store.Wait(); err != nil { // that of the best policy may be under way
		r.noteFailedSave(err)
	}
	c, err := r.folder.store.OpenStep(r.best.counters.EnvSteps)
	if err == nil {
		err = c.Verify()
	}
	r.best.whole = err == nil && c.Manifest.Counters == r.best.counters // and not of a later update of the same step
	return r.best.whole
}

// fallBack returns to the best policy, with a lower learning rate.
func (r *run) fallBack() error {
	r.result.Fallbacks++
	r.rate *= float64(r.opt.Fallback.Rate)
	best := r.best
	if err := r.replace(func() (*checkpoint.Checkpoint, error) { return r.folder.store.OpenStep(best.counters.EnvSteps) }); err != nil {
		return fmt.Errorf("return to the best policy: %w", err)
	}
	if err := errors.Join(r.save(), r.folder.store.Wait()); err != nil { // or the run would be resumed from a checkpoint of what was given up
		r.noteFailedSave(err)
	}
	r.warn("returned to the best policy, with a mean return of %.4g; learning rates are %.3g times the configured ones now (%d of at most %d times)",
		best.mean, r.rate, r.result.Fallbacks, r.opt.Fallback.Times)
	return nil
}

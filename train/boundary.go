package train

import (
	"fmt"
	"math"
	"time"

	"covey/algo"
	"covey/checkpoint"
)

// duty is what is to be done at a boundary. What could not be done, because the run ended or was interrupted there,
// is done when it goes on.
type duty uint64

const (
	dutyEvaluate duty = 1 << iota // so many steps have been made
	dutyAttempt                   // training says that the environment is solved
	dutyRow                       // of metrics
)

// boundary is called by the learner after every update.
func (r *run) boundary(p algo.Progress) (algo.Decision, error) {
	r.counters = checkpoint.Counters{EnvSteps: p.Steps, Updates: p.Updates, Episodes: p.Episodes}
	r.result.Faults = p.Faults
	r.recorder.Observe(p.Metrics)
	r.turns++
	if len(p.Finished) == 0 && p.Steps < r.nextRow && p.Steps < r.nextEval && p.Steps < r.nextMilestone &&
		r.turns < r.nextClock && !r.leaving.Load() && !r.spent(&p) {
		return algo.Decision{Stop: r.stopped}, nil
	}
	err := r.attend(&p)
	r.own = err != nil
	return algo.Decision{Stop: r.stopped}, err
}

// attend does what is due in this turn.
func (r *run) attend(p *algo.Progress) error {
	if len(p.Finished) > 0 || r.opt.Offline {
		r.lastEnded = p.Steps
	}
	for i := range p.Finished {
		r.window.add(p.Finished[i])
		r.print(p.Episodes-uint64(len(p.Finished)-1-i), p.Finished[i].Return)
	}
	if r.turns >= r.nextClock {
		r.lookAtClock()
	}
	r.pending |= r.due(p)
	if err := r.fulfil(p); err != nil {
		return err
	}
	if r.stopped = r.ends(p); !r.stopped && r.ctx.Err() != nil {
		r.stopped, r.result.Interrupted = true, true
	}
	r.saveIfDue(p)
	return nil
}

// due is what this boundary is to do.
func (r *run) due(p *algo.Progress) (d duty) {
	if p.Steps >= r.nextRow {
		d = dutyRow
	}
	switch {
	case r.attempt(p):
		d |= dutyAttempt
	case p.Steps >= r.nextEval:
		d |= dutyEvaluate
	}
	return d
}

// fulfil does what is pending, except what the run's end makes superfluous or its interruption cuts short.
func (r *run) fulfil(p *algo.Progress) error {
	attempt := r.pending&dutyAttempt != 0
	decides := r.opt.SolveBy == ByEvaluation && r.opt.SolveAt != nil
	if attempt || r.pending&dutyEvaluate != 0 && (decides || !r.ends(p)) {
		if done, err := r.evaluate(p, attempt); !done {
			return err
		}
		r.pending = dutyRow
	}
	if r.pending&dutyRow != 0 && !r.ends(p) {
		r.pending &^= dutyRow
		r.row(time.Now())
	}
	return nil
}

// ends says whether this is the run's last boundary, or the last of this learner.
func (r *run) ends(p *algo.Progress) bool {
	b := &r.opt.Budget
	return r.stopped || r.collapse || r.spent(p) || r.result.Solved && b.UntilSolved || b.Time > 0 && r.clock >= b.Time
}

// spent says whether the budget of steps or episodes is.
func (r *run) spent(p *algo.Progress) bool {
	b := &r.opt.Budget
	return b.Steps > 0 && p.Steps >= b.Steps || b.Episodes > 0 && p.Episodes >= b.Episodes
}

// after is the first multiple of every beyond step.
func after(step, every uint64) uint64 { return (step/every + 1) * every }

// never is a step that no run comes to.
const never = ^uint64(0)

// schedule brings forward, or takes back, what is due next, by periods that a resumed run may have changed.
func (r *run) schedule() {
	sooner := func(next, steps, every uint64) uint64 {
		if every == 0 {
			return never
		}
		return min(next, after(steps, every))
	}
	steps, every := r.counters.EnvSteps, r.opt.Eval.Every
	r.nextRow = sooner(r.nextRow, steps, r.opt.logEvery())
	r.nextEval = sooner(r.nextEval, steps+every/2, every) // as evaluate says
	r.nextMilestone = sooner(r.nextMilestone, steps, r.opt.Checkpoints.Every)
}

// lookAtClock does what depends on it: the budget of time and the progress line; it notes the time for who saves,
// and hears what there is to be told. It is looked at every few milliseconds, and at least once in 64 turns.
func (r *run) lookAtClock() {
	now := r.now()
	if now-r.clock < 5*time.Millisecond {
		r.stride = min(2*r.stride, 64)
	} else {
		r.stride = max(r.stride/2, 1)
	}
	r.clock, r.nextClock = now, r.turns+r.stride
	r.hear()
	if limit := r.opt.Budget.Time; limit > 0 && now >= limit {
		r.stopped = true
	}
	if r.line.Due(now) {
		r.line.Show(now, r.status(now))
	}
}

// row makes a row of metrics, and warns if it looks as if learning were stuck.
func (r *run) row(at time.Time) {
	c := &r.counters
	r.rowAt, r.nextRow = c.EnvSteps, after(c.EnvSteps, r.opt.logEvery())
	wall := r.before + at.Sub(r.start)
	err := r.recorder.Record(c.EnvSteps, at, float64(c.EnvSteps), float64(c.Updates), float64(c.Episodes), wall.Seconds(),
		r.speed(wall), r.window.mean(), r.window.meanLength(), r.latest)
	r.latest = math.NaN()
	if err == nil {
		err = r.folder.failure()
	}
	if err != nil && !r.unrecorded {
		r.warn("metrics could not be written, and the run goes on without these rows: %v", err)
	}
	r.unrecorded = err != nil
	r.sound()
}

// speed is the number of environment steps per second of training.
func (r *run) speed(wall time.Duration) float64 {
	return float64(r.counters.EnvSteps) / (wall - r.aside).Seconds()
}

// print prints the total reward of every so many episodes.
func (r *run) print(episode uint64, total float64) {
	if o := &r.opt.Output; o.Print != nil && o.PrintEvery > 0 && episode%o.PrintEvery == 0 {
		r.line.Clear()
		_, _ = fmt.Fprintf(o.Print, "episode %d: total reward %g\n", episode, total) // nobody need watch
	}
}

// status is the progress line.
func (r *run) status(now time.Duration) string {
	b, steps := &r.opt.Budget, fmt.Sprint(r.counters.EnvSteps)
	if b.Steps > 0 {
		steps = fmt.Sprintf("%d/%d", r.counters.EnvSteps, b.Steps)
	}
	text := fmt.Sprintf("%5.1f s  steps %s  episodes %d", now.Seconds(), steps, r.counters.Episodes)
	if b.Episodes > 0 {
		text += fmt.Sprintf("/%d", b.Episodes)
	}
	if r.window.total > 0 {
		text += fmt.Sprintf("  return %.1f", r.window.mean())
	}
	if r.best.policy != nil {
		text += fmt.Sprintf("  best %.1f", r.best.mean)
	}
	return text + fmt.Sprintf("  %.3g steps/s", r.speed(now))
}

// sound warns of learning that is stuck, and decides to return to the best policy where it collapsed.
func (r *run) sound() {
	said, collapsed := r.alarms.check(reading{
		silence: r.counters.EnvSteps - r.lastEnded, window: &r.window,
		entropy: r.recorder.Last("entropy"), gradient: r.recorder.Last("gradient_norm"),
	})
	for _, text := range said {
		r.warn("%s", text)
	}
	if !collapsed || r.folder == nil || r.result.Fallbacks >= r.opt.Fallback.Times || r.stopped {
		return
	}
	if r.collapse = r.canFallBack(); !r.collapse {
		r.warn("the best policy cannot be returned to: there is no whole checkpoint of it")
	}
}

package train

import (
	"fmt"
	"math"
	"time"

	"covey/algo"
	"covey/checkpoint"
)

// boundary is called by the learner after every update.
func (r *run) boundary(p algo.Progress) (algo.Decision, error) {
	r.counters = checkpoint.Counters{EnvSteps: p.Steps, Updates: p.Updates, Episodes: p.Episodes}
	r.recorder.Observe(p.Metrics)
	r.turns++
	if len(p.Finished) == 0 && p.Steps < r.nextRow && p.Steps < r.nextEval && r.turns < r.nextClock && !r.spent(&p) {
		return algo.Decision{Stop: r.stopped}, nil
	}
	err := r.attend(&p)
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
		if err := r.lookAtClock(); err != nil {
			return err
		}
	}
	if err := r.evaluateIfDue(p); err != nil {
		return err
	}
	if p.Steps >= r.nextRow && !r.ends(p) {
		if err := r.row(time.Now(), nil); err != nil {
			return err
		}
	}
	r.stopped = r.ends(p)
	return nil
}

// ends says whether this is the run's last boundary, whose row of metrics is the final evaluation's.
func (r *run) ends(p *algo.Progress) bool {
	return r.stopped || r.spent(p) || r.result.Solved && r.opt.Budget.UntilSolved
}

// spent says whether the budget of steps or episodes is.
func (r *run) spent(p *algo.Progress) bool {
	b := &r.opt.Budget
	return b.Steps > 0 && p.Steps >= b.Steps || b.Episodes > 0 && p.Episodes >= b.Episodes
}

// after is the first multiple of every beyond step.
func after(step, every uint64) uint64 { return (step/every + 1) * every }

// lookAtClock does what depends on it: the budget of time, the progress line and saves. It is looked
// at every few milliseconds, and at most every 64 turns.
func (r *run) lookAtClock() error {
	now := time.Since(r.start)
	if now-r.clock < 5*time.Millisecond {
		r.stride = min(2*r.stride, 64)
	} else {
		r.stride = max(r.stride/2, 1)
	}
	r.clock, r.nextClock = now, r.turns+r.stride
	if limit := r.opt.Budget.Time; limit > 0 && now >= limit {
		r.stopped = true
	}
	if r.line.Due(now) {
		r.line.Show(now, r.status(now))
	}
	if now < r.nextIdle {
		return nil
	}
	return r.saveLast()
}

// saveLast writes the policy as it is.
func (r *run) saveLast() error {
	began := time.Now()
	if p := r.learner.Policy(); finite(p) {
		r.last = kept{policy: p, counters: r.counters, unsaved: true}
	}
	err := r.save(&r.last, LastFolder)
	r.aside += time.Since(began)
	r.nextIdle = time.Since(r.start) + idlePeriod
	return err
}

// row makes a row of metrics, and warns if it looks as if learning were stuck; e is the evaluation that
// was just made, if there was one.
func (r *run) row(at time.Time, e *Evaluation) error {
	r.rowAt, r.nextRow = r.counters.EnvSteps, after(r.counters.EnvSteps, r.opt.logEvery())
	wall, mean := at.Sub(r.start), math.NaN()
	if e != nil {
		mean = e.Mean
	}
	c := &r.counters
	err := r.recorder.Record(c.EnvSteps, at, float64(c.EnvSteps), float64(c.Updates), float64(c.Episodes), wall.Seconds(),
		r.speed(wall), r.window.mean(), r.window.meanLength(), mean)
	r.sound()
	return err
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

// sound warns of learning that is stuck.
func (r *run) sound() {
	steps := r.counters.EnvSteps
	if r.alarms == nil {
		r.alarms = newAlarms(r.learner.Policy().Spec, r.opt.SolveAt)
	}
	said, _ := r.alarms.check(reading{
		silence: steps - r.lastEnded, window: &r.window,
		entropy: r.recorder.Last("entropy"), gradient: r.recorder.Last("gradient_norm"),
	})
	for _, text := range said {
		r.warn("%s", text)
	}
}

// warn says what the user should know, and notes it in the result.
func (r *run) warn(format string, args ...any) {
	text := fmt.Sprintf("step %d: ", r.counters.EnvSteps) + fmt.Sprintf(format, args...)
	r.result.Warnings = append(r.result.Warnings, text)
	r.line.Event("warning: " + text)
	if r.opt.Output.Warn != nil {
		r.opt.Output.Warn(text)
	}
}

package train

import (
	"errors"

	"covey/algo"
	"covey/checkpoint"
)

// saveIfDue writes a checkpoint where one is due: at the run's end too. Failing to is no reason to end a run: the
// checkpoints before are as they were, and the next one may succeed.
func (r *run) saveIfDue(p *algo.Progress) {
	if r.folder == nil || r.collapse {
		return
	}
	wanted := r.best.unsaved && r.best.counters == r.counters && r.opt.Fallback.Times > 0
	stone := p.Steps >= r.nextMilestone
	if timed := r.opt.Checkpoints.Period > 0 && r.clock >= r.nextSave; !timed && !wanted && !stone && !r.stopped {
		return
	}
	began := r.now()
	if stone {
		r.milestones = append(r.milestones, p.Steps)
		r.nextMilestone = after(p.Steps, r.opt.Checkpoints.Every)
	}
	r.best.whole = r.best.whole || wanted
	if err := r.save(); err != nil {
		r.best.whole = r.best.whole && !wanted
		r.noteFailedSave(err)
	} else {
		r.unwritable = false
	}
	now := r.now()
	r.aside += now - began
	r.nextSave = now + r.opt.Checkpoints.Period
}

// noteFailedSave counts a checkpoint that could not be written, and warns of the first of them in a row.
func (r *run) noteFailedSave(err error) {
	r.result.FailedSaves++
	if !r.unwritable {
		r.warn("a checkpoint could not be written, and the run goes on without it: %v", err)
	}
	r.unwritable = true
}

// save writes a checkpoint of the whole run, and the best policy if its folder does not have it.
func (r *run) save() error {
	p := r.learner.Policy()
	if !finite(p) {
		return errors.New("the parameters are not finite")
	}
	if err := r.folder.sync(); err != nil {
		return err
	}
	r.elapsed = r.now().Seconds()
	m, shapes := r.describe(p)
	m.Counters = r.counters
	m.EnvironmentRestored = r.learner.Continues()
	err := r.folder.store.Save(m, p, shapes, r.parts()...)
	return errors.Join(err, r.saveBest())
}

// parts are what a checkpoint holds besides the policy.
func (r *run) parts() []checkpoint.Part {
	return []checkpoint.Part{{Name: "learner", State: r.learner}, {Name: "run", State: r}}
}

// saveBest writes the best policy unless its folder has it.
func (r *run) saveBest() error {
	b := &r.best
	if !b.unsaved || b.policy == nil {
		return nil
	}
	m, shapes := r.describe(b.policy)
	m.Counters = b.counters
	if err := r.folder.best.Save(m, b.policy, shapes); err != nil {
		return err
	}
	b.unsaved = false
	return nil
}

// saveInterrupted writes a checkpoint where an interrupted learner came to no boundary any more.
func (r *run) saveInterrupted() {
	if !r.result.Interrupted || r.stopped || r.learner == nil || r.folder == nil || r.counters.EnvSteps == 0 {
		return
	}
	if err := r.save(); err != nil {
		r.noteFailedSave(err)
	}
}

// saveLast writes what is not saved yet at the run's end, and waits until all is on the disk. After a failure that
// is the policy as it came to be.
func (r *run) saveLast() error {
	if r.folder == nil {
		return nil
	}
	if r.folder.best.Wait() != nil { // the disk may have room again
		r.best.unsaved = true
	}
	err := errors.Join(r.saveBest(), r.folder.best.Wait(), r.folder.store.Wait())
	if p := r.result.Policy; r.failure != nil && p != nil && finite(p) && !r.savedNow() {
		m, shapes := r.describe(p)
		m.Counters = r.counters
		r.folder.store.Keep++ // those that a run can go on from are not to make room for it
		err = errors.Join(err, r.folder.store.Save(m, p, shapes), r.folder.store.Wait())
	}
	if r.unwritable && r.failure == nil && !r.savedNow() { // what failed may have been the one before
		err = errors.Join(err, errors.New("the last checkpoint could not be written: see the warnings"))
	}
	return err
}

// protected says which checkpoints stay however old they are.
func (r *run) protected(step uint64) bool {
	if r.best.whole && r.opt.Fallback.Times > 0 && step == r.best.counters.EnvSteps {
		return true
	}
	for _, s := range r.milestones {
		if s == step {
			return true
		}
	}
	return false
}

// savedNow says whether the folder holds a checkpoint of where the run stands.
func (r *run) savedNow() bool {
	c, _, err := checkpoint.Newest(r.folder.path(CheckpointFolder))
	return err == nil && c.Manifest.Counters == r.counters
}

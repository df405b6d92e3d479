package train

import (
	"errors"
	"fmt"

	"covey/algo"
	"covey/checkpoint"
	"covey/state"
)

// saveIfDue writes a checkpoint where one is due: at the run's end too. Failing to is no reason to end a run: the
// checkpoints before are as they were, and the next one may succeed.
func (r *run) saveIfDue(p *algo.Progress) {
	if r.folder == nil || r.collapse {
		return
	}
	wanted := r.best.unsaved && r.best.counters == r.counters && r.opt.Fallback.Times > 0
	stone := p.Steps >= r.nextStone
	if timed := r.opt.Checkpoints.Period > 0 && r.clock >= r.nextSave; !timed && !wanted && !stone && !r.stopped {
		return
	}
	began := r.now()
	if stone {
		r.stones = append(r.stones, p.Steps)
		r.nextStone = after(p.Steps, r.opt.Checkpoints.Every)
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
	if l, ok := r.learner.(interface{ Continues() bool }); ok {
		m.EnvironmentRestored = l.Continues()
	}
	err := r.folder.store.Save(m, p, shapes, r.parts()...)
	return errors.Join(err, r.saveBest())
}

// parts are what a checkpoint holds beside the policy.
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

// saveLast writes what is not saved yet at the run's end, and waits until all is on the disk. After a failure that
// is the policy as it came to be.
func (r *run) saveLast() error {
	if r.folder == nil {
		return nil
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
	for _, s := range r.stones {
		if s == step {
			return true
		}
	}
	return false
}

// newest opens the checkpoint that the run can go on from, nil where it has had none yet; it says which ones are
// damaged.
func (r *run) newest() (*checkpoint.Checkpoint, error) {
	c, skipped, err := checkpoint.NewestResumable(r.folder.path(CheckpointFolder))
	for _, text := range skipped {
		r.warn("passed over a checkpoint: %s", text)
	}
	if errors.Is(err, checkpoint.ErrNone) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	return c, err
}

// restore loads a checkpoint, or nil: the beginning, into a new learner and into the run.
func (r *run) restore(c *checkpoint.Checkpoint) error {
	r.stopped, r.collapse = false, false
	if c == nil {
		return errors.Join(state.Load(r, r.origin), r.folder.store.GoOn(0))
	}
	p := r.learner.Policy()
	want, shapes := r.describe(p)
	if err := want.Describe(p, shapes); err != nil {
		return err
	}
	if err := c.Manifest.Match(want); err != nil {
		return fmt.Errorf("%s: %w", c.Dir, err)
	}
	if c.Manifest.Algo != want.Algo {
		return fmt.Errorf("%s: checkpoint of algorithm %s, want %s", c.Dir, c.Manifest.Algo, want.Algo)
	}
	return errors.Join(c.Load(r.parts()...), r.folder.store.GoOn(c.Manifest.Counters.EnvSteps))
}

// rewind cuts the files to what they were when the state that was restored was saved.
func (r *run) rewind() error {
	for _, j := range r.folder.journals() {
		text, err := j.cut()
		if err != nil {
			return err
		}
		if text != "" {
			r.warn("%s", text)
		}
	}
	return r.folder.beginFiles()
}

// replace makes a learner that goes on from the checkpoint that open opens, after the one before it has ended or
// was given up. What has happened since that checkpoint has happened all the same.
func (r *run) replace(open func() (*checkpoint.Checkpoint, error)) (err error) {
	if err := r.folder.renewStores(); err != nil {
		r.noteFailedSave(err)
	}
	if r.learner, err = r.create(float32(r.rate)); err != nil {
		return err
	}
	c, err := open()
	if err != nil {
		return errors.Join(err, r.discard())
	}
	happened, aside, rate := r.result, r.aside, r.rate
	err = r.restore(c)
	solved, at, steps := r.result.Solved, r.result.SolvedAtS, r.result.SolvedAtSteps
	r.result, r.aside, r.rate = happened, aside, rate
	r.result.Solved, r.result.SolvedAtS, r.result.SolvedAtSteps = solved, at, steps
	if err == nil {
		err = r.rewind()
	}
	if err != nil {
		return errors.Join(err, r.discard())
	}
	r.nextClock, r.nextSave = 0, r.now()+r.opt.Checkpoints.Period
	return nil
}

// resume goes on with the run that was left in the folder.
func (r *run) resume() error {
	c, err := r.newest()
	if err != nil {
		return err
	}
	before, err := readResult(r.folder.dir)
	if err != nil {
		return err
	}
	if c == nil {
		if before != nil && before.EnvSteps > 0 {
			return fmt.Errorf("%s holds no checkpoint, though the run came to step %d: put one back, or train anew elsewhere",
				r.folder.path(CheckpointFolder), before.EnvSteps)
		}
		rows, err := r.folder.rows()
		if err != nil {
			return err
		}
		if rows > 0 {
			return fmt.Errorf("%s holds no checkpoint, though %s has %d rows: put one back, or train anew elsewhere",
				r.folder.path(CheckpointFolder), ProgressFile, rows)
		}
		err = r.restore(nil)
		r.warn("the run in %s was ended before its first checkpoint: it starts from step 0", r.folder.dir)
		return errors.Join(err, r.rewind(), r.folder.goOn())
	}
	said := r.result.Warnings
	r.result.Replanned = c.Manifest.Replanned
	if r.opt.Fits != nil {
		replanned, err := r.opt.Fits(c.Manifest)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Dir, err)
		}
		r.result.Replanned = r.result.Replanned || replanned
	}
	if err := r.restore(c); err != nil {
		return err
	}
	if r.rate != 1 { // the learner was made before its rate was known
		err := r.discard()
		if err == nil {
			r.learner, err = r.create(float32(r.rate))
		}
		if err != nil {
			return err
		}
		if err := r.restore(c); err != nil {
			return err
		}
	}
	r.before = seconds(r.elapsed)
	r.clock = r.before
	if r.ends(r.progress()) && before.finished() {
		return fmt.Errorf("%s: %w", r.folder.dir, ErrFinished)
	}
	r.result.Warnings = append(r.result.Warnings, said...)
	r.result.Resumes++
	r.best.unsaved = r.best.policy != nil
	return errors.Join(r.rewind(), r.folder.goOn())
}

// savedNow says whether the folder holds a checkpoint of where the run stands.
func (r *run) savedNow() bool {
	c, _, err := checkpoint.Newest(r.folder.path(CheckpointFolder))
	return err == nil && c.Manifest.Counters == r.counters
}

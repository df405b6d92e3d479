package train

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"covey/checkpoint"
	"covey/state"
)

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
	r.stopped, r.collapse, r.own = false, false, false
	if c == nil {
		return errors.Join(state.Load(r, r.origin), r.folder.store.GoOn(0), r.begin())
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
	err := errors.Join(c.Load(r.parts()...), r.folder.store.GoOn(c.Manifest.Counters.EnvSteps))
	r.schedule()
	return err
}

// rewind cuts the files to what they were when the state that was restored was saved.
func (r *run) rewind() error {
	for _, t := range r.folder.tables {
		text, err := t.journal.cut()
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
	if err := r.renew(); err != nil {
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

// renew makes a learner in place of the one before, whose memory is given back first: there may be room for one replay, and not
// for two.
func (r *run) renew() (err error) {
	r.learner = nil
	debug.FreeOSMemory()
	r.learner, err = r.create(float32(r.rate))
	return err
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
		return r.startOver(before)
	}
	return r.goOnFrom(c, before)
}

// startOver goes on with a run that was ended before its first checkpoint. before: the result that it left, nil: none.
func (r *run) startOver(before *Result) error {
	if before != nil && before.EnvSteps > 0 && before.Abandoned == 0 { // a learner that was given up could not be saved
		return fmt.Errorf("%s holds no checkpoint, though the run came to step %d: put one back, or train anew elsewhere",
			r.folder.path(CheckpointFolder), before.EnvSteps)
	}
	steps, lasted, err := r.folder.latestRow()
	if err != nil {
		return err
	}
	c, late := &r.opt.Checkpoints, lasted-time.Minute // the first one may have been on its way to a slow disk
	if c.Period > 0 && late > 2*c.Period || c.Every > 0 && late > 0 && steps > 2*c.Every {
		return fmt.Errorf("%s holds no checkpoint, though %s goes up to step %d, after %.0f s: put one back, or train anew elsewhere",
			r.folder.path(CheckpointFolder), ProgressFile, steps, lasted.Seconds())
	}
	if err := r.restore(nil); err != nil {
		return err
	}
	r.warn("the run in %s was ended before its first checkpoint: it starts from step 0", r.folder.dir)
	if err := errors.Join(r.rewind(), r.folder.goOn()); err != nil {
		return err
	}
	return r.saveBegin()
}

// goOnFrom goes on from a checkpoint. before: the result that the run left, nil: none.
func (r *run) goOnFrom(c *checkpoint.Checkpoint, before *Result) error {
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
		if err := errors.Join(r.discard(), r.renew()); err != nil {
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

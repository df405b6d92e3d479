// Package train runs a learner: it keeps the budget, evaluates, says when the environment is solved
// and when learning is stuck, and leaves a folder behind that the run can be resumed from.
//
// What decides how a run goes on is decided in the learner's turn, from numbers that do not depend on
// the clock; so a learner that repeats itself repeats whole runs, as long as time is no budget. A run that was
// interrupted, or killed, and resumed is the one that never was.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"covey/algo"
	"covey/checkpoint"
	"covey/metrics"
	"covey/policy"
	"covey/state"
)

// Create makes a learner whose learning rates are those that were asked for, times rate.
type Create func(rate float32) (algo.Learner, error)

// Run trains a learner that create makes and evaluates the policy that came out. A cancelled context ends the run
// cleanly: the learner goes on to its next boundary, a checkpoint is written, the result says that it was
// interrupted, and the error is nil. Where learning fails, the result is filled in as far as the run
// came, the last good policy is kept, and the error says why.
//
// A learner that panics or hangs is replaced by another one, which goes on from the newest checkpoint.
func Run(ctx context.Context, create Create, opt Options) (*Result, error) {
	if err := opt.validate(); err != nil {
		return nil, err
	}
	r, err := newRun(ctx, create, opt)
	if err != nil {
		return nil, err
	}
	r.failure = r.live()
	return r.finish()
}

// run is a run under way.
type run struct {
	ctx      context.Context // of Run: a boundary has none of its own
	opt      Options
	create   Create
	learner  algo.Learner // nil: it was given up, and nobody may touch it
	folder   *folder      // nil: the run leaves no files
	evals    *Evaluator
	recorder *metrics.Recorder
	line     *metrics.Line
	result   Result
	failure  error
	leaving  atomic.Bool // ctx has ended: the next boundary is the last

	// What a checkpoint holds besides the learner.
	window    window
	alarms    *alarms
	lastEnded uint64              // environment steps when an episode last ended
	counters  checkpoint.Counters // as of the last boundary
	best      kept
	nextRow   uint64 // environment steps
	rowAt     uint64 // environment steps of the latest row
	nextEval  uint64 // environment steps
	// Episodes after which it may next be confirmed that the environment is solved.
	nextAttempt   uint64
	nextMilestone uint64   // environment steps of the next checkpoint that is kept for good
	milestones    []uint64 // environment steps of those that are
	pending       duty     // what the latest boundary was to do, and has not
	latest        float64  // mean of the evaluation that waits for its row; NaN: none does
	rate          float64  // of learning, times the configured one

	origin     state.Tree // the run as it began
	endless    bool       // the user was told that evaluation episodes do not end
	unwritable bool       // the latest checkpoint could not be written
	unrecorded bool       // the latest row could not be written
	stopped    bool       // by our own decision
	own        bool       // the run's own error ended the learner: another one would meet it too
	collapse   bool       // the best policy is to be returned to

	// The clock: a turn in which nothing is due costs a few comparisons.
	elapsed   float64       // seconds of the run when the latest checkpoint was written
	start     time.Time     // of Run
	before    time.Duration // that the run took before it was resumed
	turns     uint64
	nextClock uint64        // turns
	stride    uint64        // turns between two looks at the clock
	clock     time.Duration // of the latest look
	aside     time.Duration // spent on evaluations and files
	nextSave  time.Duration
}

// kept is a policy at some boundary.
type kept struct {
	policy   *policy.Policy // nil: there is none yet
	counters checkpoint.Counters
	mean     float64 // of its evaluation
	unsaved  bool    // its folder does not have it yet
	whole    bool    // there is a checkpoint of the whole run at that boundary
}

// columns are the metrics that every run has; the learner's own stand after them.
var columns = []string{"env_steps", "updates", "episodes", "wall_s", "steps_per_s",
	"train_return_mean_100", "train_length_mean_100", "eval_return_mean"}

func newRun(ctx context.Context, create Create, opt Options) (r *run, err error) {
	r = &run{
		ctx: ctx, opt: opt, create: create, start: time.Now(), evals: NewEvaluator(opt.Eval.New), line: new(metrics.Line),
		stride: 1, rate: 1, latest: math.NaN(),
	}
	l := &opt.Labels
	r.result = Result{Env: l.Env, Algo: l.Algo, Seed: l.Seed, Workers: l.Workers, Update: l.Update, Kernel: l.Kernel, Warnings: []string{}}
	if opt.Started.IsZero() {
		r.opt.Started = r.start
	}
	r.evals.Deadline, r.evals.Warn, r.evals.Progress = opt.Deadline, r.noteFailedEvaluation, r.showEvaluation
	r.nextRow, r.nextEval, r.nextMilestone, r.nextAttempt = never, never, never, windowSize
	r.schedule()
	if opt.Output.Progress != nil {
		r.line = metrics.NewLine(opt.Output.Progress, opt.Output.Terminal, opt.Output.Width)
	}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, r.discard(), r.folder.abandon())
	}
	r.nextSave = r.now() + opt.Checkpoints.Period
	return r, nil
}

// open makes the folder and the learner, or goes on with those of the run that was.
func (r *run) open() (err error) {
	if r.learner, err = r.create(1); err != nil {
		return err
	}
	if !r.opt.Resume {
		if err := r.begin(); err != nil {
			return err
		}
	}
	p := r.learner.Policy()
	r.alarms = newAlarms(p.Spec, r.opt.target(p.Spec))
	if r.opt.Dir != "" {
		if r.folder, err = openFolder(&r.opt, append(columns[:len(columns):len(columns)], r.learner.Metrics()...)); err != nil {
			return err
		}
	}
	r.recorder = metrics.NewRecorder(columns, r.learner.Metrics(), r.folder.sinks()...)
	if r.folder == nil {
		return nil
	}
	r.folder.store.Protect = r.protected
	if r.origin, err = state.Save(r); err != nil {
		return err
	}
	if r.opt.Resume {
		return r.resume()
	}
	return r.saveBegin()
}

// begin lets the learner start from what it is to start from.
func (r *run) begin() error {
	if r.opt.Begin == nil {
		return nil
	}
	return r.opt.Begin(r.learner)
}

// saveBegin saves what begin has changed.
func (r *run) saveBegin() error {
	if r.opt.Begin == nil {
		return nil
	}
	return errors.Join(r.save(), r.folder.store.Wait())
}

// discard gives up a learner that was not run.
func (r *run) discard() error {
	err := r.close()
	r.learner = nil
	return err
}

// close closes a learner that was not run. Its policy can be used still.
func (r *run) close() error {
	if r.learner == nil {
		return nil
	}
	return r.learner.Close()
}

// now is how long the run has taken.
func (r *run) now() time.Duration { return r.before + time.Since(r.start) }

// progress is where the latest boundary stood.
func (r *run) progress() *algo.Progress {
	c := &r.counters
	return &algo.Progress{Steps: c.EnvSteps, Updates: c.Updates, Episodes: c.Episodes, Faults: r.result.Faults}
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

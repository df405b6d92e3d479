// Package train runs a learner: it keeps the budget, evaluates, says when the environment is solved
// and when learning is stuck, and leaves a folder behind.
//
// What decides how a run goes on is decided in the learner's turn, from numbers that do not depend on
// the clock; so a learner that repeats itself repeats whole runs, as long as time is no budget.
package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covey/algo"
	"covey/checkpoint"
	"covey/metrics"
	"covey/policy"
)

// Run trains learner and evaluates the policy that came out. A cancelled context ends the run cleanly:
// the result says that it was interrupted, and the error is nil. Where the learner fails, the result is
// filled in as far as the run came, the last good policy is kept, and the error is the learner's.
func Run(ctx context.Context, learner algo.Learner, opt Options) (*Result, error) {
	if err := opt.validate(); err != nil {
		return nil, err
	}
	r, err := newRun(ctx, learner, opt)
	if err != nil {
		return nil, err
	}
	r.failure = learner.Run(ctx, r.boundary)
	return r.finish()
}

// run is a run under way.
type run struct {
	ctx      context.Context // of Run: a boundary has none of its own
	opt      Options
	learner  algo.Learner
	start    time.Time // of Run
	evals    *Evaluator
	recorder *metrics.Recorder
	line     *metrics.Line
	alarms   *alarms // nil before the first row
	result   Result
	failure  error

	window    window
	lastEnded uint64              // environment steps when an episode last ended
	endless   bool                // it has been said that evaluation episodes are
	counters  checkpoint.Counters // as of the last boundary
	stopped   bool                // by our own decision
	best      kept
	last      kept

	// When something is next to be done. A turn in which nothing is costs a few comparisons.
	nextRow, nextEval uint64 // environment steps
	rowAt             uint64 // environment steps of the latest row
	nextAttempt       uint64 // episodes: to confirm that the environment is solved
	nextClock         uint64 // turns
	turns             uint64
	stride            uint64        // turns between two looks at the clock
	clock             time.Duration // since start, when it was last looked at
	aside             time.Duration // spent on evaluations and files
	nextSave          time.Duration // of what an evaluation has kept
	nextIdle          time.Duration // of the policy as it is
}

// kept is a policy at some boundary.
type kept struct {
	policy   *policy.Policy
	counters checkpoint.Counters
	mean     float64 // of its evaluation
	unsaved  bool    // the folder does not have it yet
}

// savePeriod is the least time between two writings of the same checkpoint, within which a run that is
// killed loses it; idlePeriod the most, where no evaluation asks for one.
const (
	savePeriod = time.Second
	idlePeriod = time.Minute
)

// columns are the metrics that every run has; the learner's own stand after them.
var columns = []string{"env_steps", "updates", "episodes", "wall_s", "steps_per_s",
	"train_return_mean_100", "train_length_mean_100", "eval_return_mean"}

func newRun(ctx context.Context, learner algo.Learner, opt Options) (*run, error) {
	r := &run{
		ctx: ctx, opt: opt, learner: learner, start: time.Now(), evals: NewEvaluator(opt.Eval.New), line: new(metrics.Line),
		nextRow: opt.logEvery(), nextEval: opt.Eval.Every, nextAttempt: windowSize, stride: 1, nextSave: savePeriod, nextIdle: idlePeriod,
	}
	l := &opt.Labels
	r.result = Result{Env: l.Env, Algo: l.Algo, Seed: l.Seed, Workers: l.Workers, Update: l.Update, Kernel: l.Kernel, Warnings: []string{}}
	if opt.Started.IsZero() {
		r.opt.Started = r.start
	}
	if r.nextEval == 0 {
		r.nextEval = ^uint64(0)
	}
	if opt.Output.Progress != nil {
		r.line = metrics.NewLine(opt.Output.Progress, opt.Output.Terminal, opt.Output.Width)
	}
	sinks, err := r.openFolder()
	if err != nil {
		return nil, err
	}
	r.recorder = metrics.NewRecorder(columns, learner.Metrics(), sinks...)
	return r, nil
}

// openFolder makes the run's folder and the sinks in it.
func (r *run) openFolder() (sinks []metrics.Sink, err error) {
	dir := r.opt.Dir
	if dir == "" {
		return nil, nil
	}
	if err := makeFolder(dir, r.opt.Labels.Config); err != nil {
		return nil, err
	}
	names := append(columns[:len(columns):len(columns)], r.learner.Metrics()...)
	file, err := create(dir, ProgressFile)
	if err != nil {
		return nil, err
	}
	table, err := metrics.NewCSV(file, names)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	sinks = append(sinks, table)
	if r.opt.TensorBoard {
		file, err := create(dir, eventFile)
		if err != nil {
			return nil, errors.Join(err, table.Close())
		}
		board, err := metrics.NewTensorBoard(file, names, r.start)
		if err != nil {
			return nil, errors.Join(err, table.Close(), file.Close())
		}
		sinks = append(sinks, board)
	}
	return sinks, nil
}

// finish ends the run, whether the learner went to its end or not.
func (r *run) finish() (*Result, error) {
	wall := time.Since(r.start)
	r.line.Clear()
	r.judge()
	res := &r.result
	res.EnvSteps, res.Updates, res.Episodes = r.counters.EnvSteps, r.counters.Updates, r.counters.Episodes
	res.WallS = wall.Seconds()
	if busy := wall - r.aside; busy > 0 {
		res.StepsPerS = float64(res.EnvSteps) / busy.Seconds()
	}
	res.TrainReturnMean100 = known(r.window.mean())

	p := r.learner.Policy()
	if finite(p) {
		r.last = kept{policy: p, counters: r.counters, unsaved: true}
	} else if r.failure == nil {
		r.failure = fmt.Errorf("step %d: the parameters are not finite", r.counters.EnvSteps)
	}
	if r.failure == nil && !res.Interrupted {
		r.failure = r.judgeFinal(p)
	}
	var row error
	if res.Eval != nil || r.counters.EnvSteps != r.rowAt {
		row = r.row(r.start.Add(wall), res.Eval)
	}
	files := errors.Join(row, r.describePolicies(), r.save(&r.last, LastFolder), r.save(&r.best, BestFolder))
	err := errors.Join(r.failure, files, r.recorder.Close(), r.evals.Close())
	if err != nil {
		res.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	if r.opt.Dir != "" {
		err = errors.Join(err, writeResult(r.opt.Dir, res))
	}
	return res, err
}

// judge sorts out how the learner ended: stopped, interrupted or failed.
func (r *run) judge() {
	ended := r.failure
	switch {
	case r.ctx.Err() != nil && (ended == nil && !r.stopped || only(ended, r.ctx.Err())):
		r.result.Interrupted, r.failure = true, nil
	case ended == nil && !r.stopped:
		r.failure = errors.New("the learner ended before its budget was spent")
	}
	r.result.Deterministic = r.opt.Deterministic && r.opt.Budget.Time == 0 && !r.result.Interrupted && r.failure == nil
}

// only says whether err comes from cause and from nothing else.
func only(err, cause error) bool {
	switch x := err.(type) { //nolint:errorlint // the tree is walked by hand
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(x.Unwrap(), func(e error) bool { return !only(e, cause) })
	case interface{ Unwrap() error }:
		return only(x.Unwrap(), cause)
	}
	return err == cause //nolint:errorlint // a leaf of it
}

// judgeFinal evaluates the final policy on fresh episodes, greedy and sampled.
func (r *run) judgeFinal(p *policy.Policy) error {
	res, eval := &r.result, &r.opt.Eval
	for _, sample := range []bool{false, true} {
		e, err := r.evals.Evaluate(r.ctx, p, eval.Episodes, finalSeed(eval.Seed), sample)
		if r.ctx.Err() != nil {
			res.Interrupted = true
			return nil
		}
		if err != nil {
			return err
		}
		if sample {
			res.EvalSampled = e
		} else {
			res.EvalGreedy = e
		}
		r.warnOfCuts(e)
		if sample == eval.Sample {
			res.Eval = e
			r.keepBest(p, e.Mean)
		}
	}
	return nil
}

// describePolicies fills in what the result says about the last and the best policy.
func (r *run) describePolicies() (err error) {
	if r.last.policy != nil {
		if r.result.ParamsSHA256, err = fingerprint(r.last.policy); err != nil {
			return err
		}
	}
	if r.best.policy != nil {
		r.result.Best = &Best{EnvSteps: r.best.counters.EnvSteps, Mean: r.best.mean}
		r.result.Best.ParamsSHA256, err = fingerprint(r.best.policy)
	}
	return err
}

// save writes a kept policy to its folder unless it is there.
func (r *run) save(k *kept, folder string) error {
	if !k.unsaved || r.opt.Dir == "" {
		return nil
	}
	k.unsaved = false
	return SavePolicy(filepath.Join(r.opt.Dir, folder), k.policy, &r.opt.Labels, k.counters)
}

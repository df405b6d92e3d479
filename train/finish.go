package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"covey/policy"
)

// finish ends the run, whether the learner went to its end or not.
func (r *run) finish() (*Result, error) {
	at := time.Now() // the last row is of training, not of the final evaluations
	wall := r.before + at.Sub(r.start)
	r.line.Clear()
	r.hear()
	r.judge()
	r.saveInterrupted()
	res := &r.result
	res.EnvSteps, res.Updates, res.Episodes = r.counters.EnvSteps, r.counters.Updates, r.counters.Episodes
	res.WallS = wall.Seconds()
	if busy := wall - r.aside; busy > 0 {
		res.StepsPerS = float64(res.EnvSteps) / busy.Seconds()
	}
	res.TrainReturnMean100 = known(r.window.mean())

	if r.learner != nil {
		res.Policy = r.learner.Policy()
		if !finite(res.Policy) && r.failure == nil {
			r.failure = fmt.Errorf("step %d: the parameters are not finite", r.counters.EnvSteps)
		}
	}
	if r.failure == nil && !res.Interrupted {
		r.failure = r.judgeFinal(res.Policy)
		r.line.Clear()
	}
	if res.Eval != nil {
		r.latest = res.Eval.Mean
	}
	if res.Eval != nil || r.counters.EnvSteps != r.rowAt {
		r.row(at)
	}
	files := errors.Join(r.describePolicies(), r.saveLast(), r.recorder.Close(), r.evals.Close())
	err := errors.Join(r.failure, files)
	if err != nil {
		res.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return res, errors.Join(err, r.folder.writeResult(res), r.folder.close())
}

// judge sorts out how the learner ended: stopped, interrupted or failed.
func (r *run) judge() {
	ended, res := r.failure, &r.result
	res.Interrupted = r.ctx.Err() != nil && (ended == nil && (res.Interrupted || !r.stopped) || only(ended, r.ctx.Err()))
	switch {
	case res.Interrupted:
		r.failure = nil
	case ended == nil && !r.stopped:
		r.failure = errors.New("the learner ended before its budget was spent")
	}
	res.Deterministic = r.opt.Deterministic && r.opt.Budget.Time == 0 && !res.Interrupted && r.failure == nil && res.Faults == 0 && !res.Replanned
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
			res.Interrupted, res.Deterministic = true, false
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
	if p := r.result.Policy; p != nil && finite(p) {
		if r.result.ParamsSHA256, err = fingerprint(p); err != nil {
			return err
		}
	}
	if r.best.policy != nil {
		r.result.Best = &Best{EnvSteps: r.best.counters.EnvSteps, Mean: r.best.mean}
		r.result.Best.ParamsSHA256, err = fingerprint(r.best.policy)
	}
	return err
}

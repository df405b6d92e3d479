package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"covey/algo"
	"covey/policy"
)

// The seeds of evaluations during a run differ from those of its end: what the best policy was chosen
// on says little about it.
func choiceSeed(seed uint64) uint64 { return rand.NewPCG(seed, 1).Uint64() }
func finalSeed(seed uint64) uint64  { return rand.NewPCG(seed, 2).Uint64() }

// attempt says whether training gives reason to believe that the environment is solved: now, and not
// within the window that did so before.
func (r *run) attempt(p *algo.Progress) bool {
	return r.opt.SolveAt != nil && r.opt.SolveBy == ByTraining && !r.result.Solved &&
		len(p.Finished) > 0 && p.Episodes >= r.nextAttempt && r.window.full() && r.window.mean() >= *r.opt.SolveAt
}

// evaluate plays the run's evaluation episodes with the policy as it is, and keeps it if it is the best. attempt:
// it may show that the environment is solved. An interruption leaves it undone.
func (r *run) evaluate(p *algo.Progress, attempt bool) (done bool, err error) {
	began, now := r.now(), r.learner.Policy()
	if !finite(now) {
		return false, algo.Divergence(fmt.Sprintf("step %d: the parameters are not finite", p.Steps))
	}
	eval := &r.opt.Eval
	e, err := r.evals.Evaluate(r.ctx, now, eval.Episodes, choiceSeed(eval.Seed), eval.Sample)
	if r.ctx.Err() != nil {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("step %d: %w", p.Steps, err)
	}
	if every := eval.Every; every > 0 {
		r.nextEval = after(p.Steps+every/2, every) // an attempt replaces the evaluation that was to follow
	}
	if attempt {
		r.nextAttempt = p.Episodes + windowSize
	}
	r.keepBest(now, e.Mean)
	r.settle(p, e, attempt)
	r.latest = e.Mean
	r.aside += r.now() - began
	return true, nil
}

// keepBest remembers p if no policy before did better.
func (r *run) keepBest(p *policy.Policy, mean float64) {
	if r.best.policy == nil || mean >= r.best.mean {
		r.best = kept{policy: p, counters: r.counters, mean: mean, unsaved: true}
	}
}

// settle says what the evaluation e means, and notes if it shows that the environment is solved.
func (r *run) settle(p *algo.Progress, e *Evaluation, attempt bool) {
	text := fmt.Sprintf("%5.1f s  step %d: evaluation %.2f ± %.2f (%d episodes, %s)",
		r.now().Seconds(), p.Steps, e.Mean, e.Std, e.Episodes, e.Mode)
	if at := r.opt.SolveAt; at != nil && !r.result.Solved && e.Mean >= *at && (attempt || r.opt.SolveBy == ByEvaluation) {
		seconds, steps := (r.before + time.Since(r.opt.Started)).Seconds(), p.Steps
		r.result.Solved, r.result.SolvedAtS, r.result.SolvedAtSteps = true, &seconds, &steps
		text += fmt.Sprintf(": solved after %.3f s", seconds)
	} else if attempt {
		text += fmt.Sprintf(": not solved yet, though training reached %.2f", r.window.mean())
	}
	r.line.Event(text)
	r.warnOfCuts(e)
}

// showEvaluation is the progress line while episodes are evaluated, which may take longer than training.
func (r *run) showEvaluation(ended, episodes int) {
	if now := r.now(); r.line.Due(now) {
		r.line.Show(now, fmt.Sprintf("%5.1f s  step %d: evaluation: %d of %d episodes", now.Seconds(), r.counters.EnvSteps, ended, episodes))
	}
}

// noteFailedEvaluation counts environments of an evaluation that failed, and says why.
func (r *run) noteFailedEvaluation(err error) {
	r.result.EnvRestarts++
	r.warn("evaluate: %v; the episodes are played once more in fresh environments", err)
}

// warnOfCuts says once that evaluation episodes did not end.
func (r *run) warnOfCuts(e *Evaluation) {
	if e.Cut > 0 && !r.endless {
		r.endless = true
		r.warn("%d of %d evaluation episodes did not end: they were cut off at the environment's step limit, or after %d steps "+
			"where it has none; try a time limit on the environment", e.Cut, e.Episodes, endless)
	}
}

// known is a pointer to x; nil: x is not a finite number.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

package train

import (
	"fmt"
	"math"

	"covey/env"
	"covey/state"
)

// How learning that is stuck is told from learning that is slow.
const (
	silentSteps    = 200_000 // environment steps without the end of an episode
	silentEpisodes = 100     // the same in episodes of greatest length
	saturated      = 0.01    // entropy as a share of the greatest possible, where learning is poor
	narrow         = -4.0    // entropy per dimension of a continuous policy, in nats: a deviation of 0.004
	lowSaturated   = 0.2     // as saturated, where the mean return is among the lowest: a policy that collapsed
	lowNarrow      = -2.0    // as narrow, there: a deviation of 0.03; those of CartPole stop between 0.02 and 0.13 nats
	lowest         = 0.1     // what among the lowest is: the lowest tenth of all between the worst and the best return
	explosion      = 100     // a gradient norm, times the usual one
	usualRows      = 10      // rows of metrics after which one is usual
	lost           = 0.5     // share of what the mean return has gained; a loss of more is a collapse
)

// alarms watch for learning that is stuck. Each sounds once, until its cause has gone.
type alarms struct {
	spec     env.Spec
	target   *float64 // mean return below which learning is poor; nil: not known
	sounding [alarmCount]bool

	gradientRows uint64  // rows that the usual gradient norm was learned from
	gradientLog  float64 // its logarithm
	judged       bool    // start and peak are known
	start, peak  float64 // the mean return at first, and at its best
}

// The alarms.
const (
	alarmSilent = iota
	alarmFloor
	alarmSaturated
	alarmGradient
	alarmCollapse
	alarmCount
)

func newAlarms(spec env.Spec, target *float64) *alarms { return &alarms{spec: spec, target: target} }

// target is what the mean return of training episodes may be held against; nil: nothing is known.
func (o *Options) target(spec env.Spec) *float64 {
	switch {
	case o.Parts:
		return nil
	case o.SolveAt != nil:
		return o.SolveAt
	}
	return spec.RewardThreshold
}

// poor says whether the mean return leaves something to be wished for: it is below the target, or
// nearer to the lowest return than to the highest.
func (a *alarms) poor(w *window) bool {
	if a.target != nil {
		return w.mean() < *a.target
	}
	return w.mean()-w.lowest < w.highest-w.mean() || w.lowest == w.highest
}

// reading is what the alarms look at.
type reading struct {
	silence  uint64 // environment steps since an episode last ended
	window   *window
	entropy  float64 // of the policy per step; NaN: not known
	gradient float64 // norm of the gradient; NaN: not known
}

// check returns what is new to be said about learning, and whether the mean return has just collapsed.
func (a *alarms) check(x reading) (said []string, collapsed bool) {
	say := func(alarm int, text string) (news bool) {
		if news = text != "" && !a.sounding[alarm]; news {
			said = append(said, text)
		}
		a.sounding[alarm] = text != ""
		return news
	}
	say(alarmSilent, a.silent(x.silence))
	say(alarmGradient, a.exploding(x.gradient))
	var floor, saturation, collapse string
	if w := x.window; w.full() {
		if a.poor(w) {
			floor, saturation = a.floor(w), a.saturation(x.entropy, w)
		}
		collapse = a.collapse(w)
	}
	say(alarmFloor, floor)
	say(alarmSaturated, saturation)
	collapsed = say(alarmCollapse, collapse)
	return said, collapsed
}

// State visits what the alarms remember.
func (a *alarms) State(w state.Walker) error {
	var sounding, judged uint64
	for i, on := range a.sounding {
		if on {
			sounding |= 1 << i
		}
	}
	if a.judged {
		judged = 1
	}
	w.Uint64("sounding", &sounding)
	w.Uint64("gradient_rows", &a.gradientRows)
	w.Float64("gradient_log", &a.gradientLog)
	w.Uint64("judged", &judged)
	w.Float64("start", &a.start)
	w.Float64("peak", &a.peak)
	for i := range a.sounding {
		a.sounding[i] = sounding>>i&1 == 1
	}
	a.judged = judged == 1
	return nil
}

// silent: no episode ends.
func (a *alarms) silent(steps uint64) string {
	if steps < max(silentSteps, silentEpisodes*uint64(a.spec.MaxSteps)) {
		return ""
	}
	return fmt.Sprintf("no episode has ended in %d steps; try a time limit on the environment, or segments that do not wait for an end", steps)
}

// floor: whatever the policy does, episodes last to the limit and return the least that any did.
func (a *alarms) floor(w *window) string {
	list := w.latest()
	for i := range list {
		if list[i].Return != w.lowest || a.spec.MaxSteps == 0 || list[i].Length < a.spec.MaxSteps {
			return ""
		}
	}
	return fmt.Sprintf("the last %d episodes all went to the step limit with a return of %g, which tells the learner nothing; "+
		"try a larger entropy bonus, a smaller reward scale, more steps or another seed", len(list), w.lowest)
}

// exploding: the gradient norm is far beyond what it was.
func (a *alarms) exploding(norm float64) string {
	if !(norm > 0) {
		return ""
	}
	if usual := math.Exp(a.gradientLog); a.gradientRows >= usualRows && norm > explosion*usual {
		return fmt.Sprintf("the gradient norm has exploded: it is %.3g, where %.3g was usual; "+
			"try a smaller learning rate, a smaller clip_norm or a smaller reward scale", norm, usual)
	}
	a.gradientRows++
	a.gradientLog += (math.Log(norm) - a.gradientLog) / float64(min(a.gradientRows, usualRows))
	return ""
}

// collapse: half of what has been learned is gone, if it was enough to speak of: a quarter of the way to the
// target, or more than what lies between the first mean return and the worst episode.
func (a *alarms) collapse(w *window) string {
	mean := w.mean()
	if !a.judged {
		a.judged, a.start, a.peak = true, mean, mean
	}
	a.peak = max(a.peak, mean)
	from, enough := a.start, a.start-w.lowest
	switch {
	case a.target != nil && a.start >= *a.target: // it began with a good policy
		from, enough = w.lowest, 0
	case a.target != nil:
		enough = (*a.target - a.start) / 4
	}
	if gain := a.peak - from; gain <= enough || mean >= a.peak-lost*gain {
		return ""
	}
	return fmt.Sprintf("the mean return has collapsed: it was %.4g and is %.4g; "+
		"try a smaller learning rate or one that falls, mean losses instead of sums, or fallback.times to return to the best policy", a.peak, mean)
}

// saturation: the policy hardly explores.
func (a *alarms) saturation(entropy float64, w *window) string {
	share, deviation := saturated, narrow
	if w.highest > w.lowest && w.mean()-w.lowest < lowest*(w.highest-w.lowest) {
		share, deviation = lowSaturated, lowNarrow
	}
	s := a.spec.Action
	if s.Kind == env.Box {
		if n := float64(s.Size()); entropy/n < deviation {
			return fmt.Sprintf("the policy has become narrow (entropy %.3g over %d dimensions) with a mean return of %.4g; "+
				"try a larger entropy bonus or a smaller learning rate", entropy, s.Size(), w.mean())
		}
		return ""
	}
	var most float64
	for _, n := range s.N {
		if s.Kind == env.MultiBinary {
			most = float64(n) * math.Ln2
		} else {
			most += math.Log(float64(n))
		}
	}
	if most > 0 && entropy < share*most {
		return fmt.Sprintf("the policy has saturated (entropy %.3g of at most %.3g) with a mean return of %.4g; "+
			"try a smaller learning rate or reward scale, a larger entropy bonus, mean losses instead of sums, or another seed", entropy, most, w.mean())
	}
	return ""
}

package train

import (
	"fmt"
	"math"

	"covey/env"
)

// How learning that is stuck is told from learning that is slow.
const (
	silentSteps    = 200_000 // environment steps without the end of an episode
	silentEpisodes = 100     // the same in episodes of greatest length
	saturated      = 0.01    // entropy as a share of the greatest possible
	narrow         = -4.0    // entropy per dimension of a continuous policy, in nats: a deviation of 0.004
)

// alarms watch for learning that is stuck. Each sounds once, until its cause has gone.
type alarms struct {
	spec     env.Spec
	target   *float64 // mean return below which learning is poor; nil: not known
	sounding [3]bool
}

// The alarms.
const (
	alarmSilent = iota
	alarmFloor
	alarmSaturated
)

func newAlarms(spec env.Spec, solveAt *float64) *alarms {
	a := &alarms{spec: spec, target: solveAt}
	if a.target == nil {
		a.target = spec.RewardThreshold
	}
	return a
}

// poor says whether the mean return leaves something to be wished for: it is below the target, or
// nearer to the lowest return than to the highest.
func (a *alarms) poor(w *window) bool {
	if a.target != nil {
		return w.mean() < *a.target
	}
	return w.mean()-w.lowest < w.highest-w.mean() || w.lowest == w.highest
}

// check returns what is new to be said about learning, silence environment steps after an episode last
// ended. entropy is that of the policy per step; NaN: not known.
func (a *alarms) check(silence uint64, w *window, entropy float64) []string {
	var said []string
	say := func(alarm int, text string) {
		if text != "" && !a.sounding[alarm] {
			said = append(said, text)
		}
		a.sounding[alarm] = text != ""
	}
	say(alarmSilent, a.silent(silence))
	var floor, saturation string
	if w.full() && a.poor(w) {
		floor, saturation = a.floor(w), a.saturation(entropy, w)
	}
	say(alarmFloor, floor)
	say(alarmSaturated, saturation)
	return said
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

// saturation: the policy hardly explores.
func (a *alarms) saturation(entropy float64, w *window) string {
	s := a.spec.Action
	if s.Kind == env.Box {
		if n := float64(s.Size()); entropy/n < narrow {
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
	if most > 0 && entropy < saturated*most {
		return fmt.Sprintf("the policy has saturated (entropy %.3g of at most %.3g) with a mean return of %.4g; "+
			"try a smaller learning rate or reward scale, a larger entropy bonus, mean losses instead of sums, or another seed", entropy, most, w.mean())
	}
	return ""
}

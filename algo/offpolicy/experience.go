package offpolicy

import (
	"context"
	"errors"
	"fmt"

	"covey/algo"
	"covey/policy"
	"covey/replay"
)

// Experience is what was lived through before, step after step.
type Experience interface {
	// Size is the number of steps, and of the episodes that they belong to.
	Size() (steps, episodes int)
	// Next fills in the next step, its action as the environment took it.
	Next(s *replay.Step) error
	Close() error
}

// prior is what a learner starts from.
type prior struct {
	open    func() (Experience, error) // nil: nothing
	offline bool                       // it is all there will be
}

// Prefill has Run fill the replay with the experience that open returns, before anything else; not where the
// learner's state was loaded, whose replay has it already. It counts towards the warm-up, but not as steps
// of this run.
//
// With offline, nothing is added to it: no step is taken in the environments, an update follows the
// other, and progress counts updates as steps.
func (l *Learner) Prefill(open func() (Experience, error), offline bool) {
	l.prior = prior{open: open, offline: offline}
	l.collector.prior = true
}

// Holds is an error unless the replay has room for so many steps, whatever the number of environments. The end
// of an episode takes the place of a step, and so does where a stream's share was cut off.
func (c *Config) Holds(steps, episodes int) error {
	if need := steps + episodes + c.Envs; need > c.Replay {
		return fmt.Errorf("replay is %d, but %d transitions in %d episodes want %d", c.Replay, steps, episodes, need)
	}
	return nil
}

// prepare makes the learner ready to act, or to learn offline.
func (l *Learner) prepare() error {
	resumed := l.buffer.Begun()
	if l.prior.open != nil && !resumed {
		if err := l.prefill(); err != nil {
			return err
		}
	}
	if l.prior.offline {
		return nil
	}
	return l.collector.begin(resumed)
}

func (l *Learner) prefill() error {
	x, err := l.prior.open()
	if err != nil {
		return err
	}
	return errors.Join(l.fill(x), x.Close())
}

// fill puts the experience into the replay, the same share of slots in each stream, in order.
func (l *Learner) fill(x Experience) error {
	steps, episodes := x.Size()
	if steps == 0 {
		return errors.New("the experience to start from has no transitions")
	}
	if err := l.cfg.Holds(steps, episodes); err != nil {
		return err
	}
	p := l.agent.Policy()
	bounds, s := policy.NewBounds(p.Spec.Action), replay.NewStep(p.Spec.Observation, p.Spec.Action.Size())
	envs := l.cfg.Envs
	share := (steps + episodes + 2*(envs-1)) / envs // of slots, rounded up; each stream but the first may begin with a cut
	stream, used := 0, 0
	for range steps {
		if err := x.Next(s); err != nil {
			return err
		}
		if used >= share && stream < envs-1 {
			stream, used, s.Start = stream+1, 0, true
		}
		if used++; s.Start {
			used++
		}
		bounds.Invert(s.Action, s.Action)
		l.buffer.Insert(stream, s)
		if p.Moments.NormalizesObservations() {
			p.Moments.Observation.Observe(s.Next.F)
		}
	}
	l.collector.prefilled = uint64(steps)
	return nil
}

// offline makes one update after the other.
func (l *Learner) offline(ctx context.Context, b algo.Boundary) error {
	for {
		if err := l.update(); err != nil {
			return err
		}
		if stop, err := l.report(ctx, b); stop || err != nil {
			return err
		}
	}
}

package envtest

import (
	"errors"
	"fmt"

	"covey/env"
	"covey/state"
)

// snapshotsContinue: what was saved in the middle of an episode goes on bit for bit, in the
// environment that it was taken of and in a new one; what was saved after an end still needs a Reset. Environments
// that cannot be saved pass, unless they are native.
func (s *suite) snapshotsContinue() error {
	return s.with(func(e env.Environment) error {
		if _, ok := e.(state.Stateful); !ok {
			if s.native {
				return errors.New("the environment is not state.Stateful")
			}
			return nil
		}
		for _, steps := range []int{0, 1, 7} {
			if err := s.continues(e, steps); err != nil {
				return fmt.Errorf("saved after %d steps: %w", steps, err)
			}
		}
		return s.staysEnded(e)
	})
}

func (s *suite) continues(e env.Environment, steps int) error {
	moments, err := s.play(e, 3, steps)
	if err != nil {
		return err
	}
	if moments[len(moments)-1].ended() {
		return nil // too short an episode
	}
	tree, err := state.Save(e.(state.Stateful))
	if err != nil {
		return err
	}
	want, err := s.proceed(e, actions(99), longest)
	if err != nil {
		return err
	}
	return s.with(func(fresh env.Environment) error {
		for _, restored := range []env.Environment{e, fresh} {
			if err := state.Load(restored.(state.Stateful), tree); err != nil {
				return err
			}
			got, err := s.proceed(restored, actions(99), longest)
			if err != nil {
				return err
			}
			if err := difference(want, got); err != nil {
				return fmt.Errorf("it goes on differently: %w", err)
			}
		}
		return nil
	})
}

func (s *suite) staysEnded(e env.Environment) error {
	moments, err := s.play(e, 3, longest)
	if err != nil {
		return err
	}
	if !moments[len(moments)-1].ended() {
		return nil
	}
	tree, err := state.Save(e.(state.Stateful))
	if err != nil {
		return err
	}
	if _, err := s.play(e, 4, 1); err != nil {
		return err
	}
	if err := state.Load(e.(state.Stateful), tree); err != nil {
		return err
	}
	if _, err := s.proceed(e, actions(0), 1); !errors.Is(err, env.ErrResetNeeded) {
		return fmt.Errorf("saved after the end: a step returns error %s, want env.ErrResetNeeded", fmt.Sprint(err))
	}
	return nil
}

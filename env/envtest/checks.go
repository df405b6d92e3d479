package envtest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"covey/env"
)

func (s *suite) specIsValid() error {
	spec := s.spec
	var errs []error
	if spec.ID == "" {
		errs = append(errs, errors.New("no ID"))
	}
	errs = append(errs, spec.Validate())
	if t := spec.RewardThreshold; t != nil && (math.IsNaN(*t) || math.IsInf(*t, 0)) {
		errs = append(errs, fmt.Errorf("reward threshold %v", *t))
	}
	errs = append(errs, s.with(func(e env.Environment) error {
		if again := e.Spec(); !reflect.DeepEqual(again, spec) {
			return fmt.Errorf("the spec is %+v once and %+v then", spec, again)
		}
		return nil
	}))
	return errors.Join(errs...)
}

// observationsAreInSpace: and finite, as rewards are.
func (s *suite) observationsAreInSpace() error {
	return s.with(func(e env.Environment) error {
		for seed := range uint64(5) {
			moments, err := s.play(e, seed, longest)
			if err != nil {
				return err
			}
			for i, m := range moments {
				if err := s.spec.Observation.Check(m.obs); err != nil {
					return fmt.Errorf("seed %d, after %d steps: observation: %w", seed, i, err)
				}
				for j, x := range m.obs.F {
					if math.IsInf(float64(x), 0) {
						return fmt.Errorf("seed %d, after %d steps: observation: element %d is %v", seed, i, j, x)
					}
				}
				if r := float64(m.out.Reward); math.IsNaN(r) || math.IsInf(r, 0) {
					return fmt.Errorf("seed %d, after %d steps: reward %v", seed, i, r)
				}
			}
		}
		return nil
	})
}

// sameSeedSameEpisode: in a new environment as in one that is in the middle of another episode.
func (s *suite) sameSeedSameEpisode() error {
	return s.with(func(e env.Environment) error {
		first, err := s.play(e, 7, longest)
		if err != nil {
			return err
		}
		if _, err := s.play(e, 8, 5); err != nil {
			return err
		}
		again, err := s.play(e, 7, longest)
		if err != nil {
			return err
		}
		if err := difference(first, again); err != nil {
			return fmt.Errorf("seed 7 played twice: %w", err)
		}
		return s.with(func(fresh env.Environment) error {
			other, err := s.play(fresh, 7, longest)
			if err != nil {
				return err
			}
			if err := difference(first, other); err != nil {
				return fmt.Errorf("seed 7 played by two environments: %w", err)
			}
			return nil
		})
	})
}

// otherSeedOtherEpisode: some of a few seeds differ from the first, under equal actions.
func (s *suite) otherSeedOtherEpisode() error {
	return s.with(func(e env.Environment) error {
		var first []moment
		for seed := range uint64(8) {
			start := moment{obs: s.poisoned(0)}
			if err := e.Reset(seed, start.obs); err != nil {
				return err
			}
			moments, err := s.proceed(e, actions(0), 50)
			if err != nil {
				return err
			}
			moments = append([]moment{start}, moments...)
			if seed == 0 {
				first = moments
			} else if differs := difference(first, moments) != nil; differs && s.unseeded {
				return fmt.Errorf("seed %d differs from seed 0", seed)
			} else if differs {
				return nil
			}
		}
		if !s.unseeded {
			return errors.New("8 seeds give one and the same episode")
		}
		return nil
	})
}

// endsAreTold: no episode is longer than MaxSteps; it is truncated there and, by that limit, only there;
// and terminated and truncated come together only there.
func (s *suite) endsAreTold() error {
	limit := s.spec.MaxSteps
	return s.with(func(e env.Environment) error {
		for seed := range uint64(10) {
			moments, err := s.play(e, seed, max(longest, min(limit, 10*longest))+1)
			if err != nil {
				return err
			}
			steps, out := len(moments)-1, moments[len(moments)-1].out
			switch {
			case limit > 0 && steps > limit:
				return fmt.Errorf("seed %d: an episode of more than %d steps", seed, limit)
			case limit > 0 && steps == limit && !out.Truncated:
				return fmt.Errorf("seed %d: not truncated after %d steps: %+v", seed, steps, out)
			case limit > 0 && steps < limit && out.Truncated:
				return fmt.Errorf("seed %d: truncated after %d of %d steps; where that is meant, MaxSteps is 0", seed, steps, limit)
			case limit == 0 && out.Truncated && out.Terminated:
				return fmt.Errorf("seed %d: terminated and truncated after %d steps, with no limit", seed, steps)
			}
		}
		return nil
	})
}

// resetIsNeeded: before the first step, and after an end.
func (s *suite) resetIsNeeded() error {
	action := make([]float32, s.spec.Action.Size())
	refused := func(e env.Environment, when string) error {
		if _, err := e.Step(action, s.poisoned(0)); !errors.Is(err, env.ErrResetNeeded) {
			return fmt.Errorf("a step %s returns error %s, want env.ErrResetNeeded", when, fmt.Sprint(err))
		}
		return nil
	}
	s.spec.Action.Sample(action, actions(0))
	return s.with(func(e env.Environment) error {
		if err := refused(e, "before the first reset"); err != nil {
			return err
		}
		for seed := range uint64(3) {
			moments, err := s.play(e, seed, longest)
			if err != nil {
				return err
			}
			if moments[len(moments)-1].ended() {
				if err := refused(e, "after the end"); err != nil {
					return err
				}
				return refused(e, "once more after the end")
			}
		}
		return nil
	})
}

// nothingIsAllocated in Step and Reset, where the environment is native.
func (s *suite) nothingIsAllocated() error {
	if !s.native {
		return nil
	}
	return s.with(func(e env.Environment) error {
		obs, action := s.poisoned(0), make([]float32, s.spec.Action.Size())
		rng, seed := actions(0), uint64(0)
		failed := e.Reset(seed, obs)
		allocations := testing.AllocsPerRun(500, func() {
			s.spec.Action.Sample(action, rng)
			out, err := e.Step(action, obs)
			if err == nil && (out.Terminated || out.Truncated || seed%8 == 0) {
				seed++
				err = e.Reset(seed, obs)
			}
			if err != nil {
				failed = err
			}
		})
		if failed != nil {
			return failed
		}
		if allocations != 0 {
			return fmt.Errorf("%v allocations per step", allocations)
		}
		return nil
	})
}

func (s *suite) closes() error {
	e := s.create()
	if err := e.Reset(1, s.poisoned(0)); err != nil {
		return err
	}
	return e.Close()
}

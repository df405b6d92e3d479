package envtest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"covey/env"
)

// invalidActionsAreErrors: they name the environment.
func (s *suite) invalidActionsAreErrors() error {
	space := s.spec.Action
	valid := make([]float32, space.Size())
	space.Sample(valid, actions(0))
	invalid := [][]float32{nil, append(slices.Clone(valid), 0)}
	nan := slices.Clone(valid)
	nan[len(nan)-1] = float32(math.NaN())
	invalid = append(invalid, nan)
	if space.Kind != env.Box {
		high := float32(2)
		if space.Kind != env.MultiBinary {
			high = float32(space.N[0])
		}
		for _, x := range []float32{-1, 0.5, high, float32(math.Inf(1)), 1e30} {
			bad := slices.Clone(valid)
			bad[0] = x
			invalid = append(invalid, bad)
		}
	}
	return s.with(func(e env.Environment) error {
		for _, action := range invalid {
			if err := e.Reset(1, s.poisoned(0)); err != nil {
				return err
			}
			switch err := s.stepCaught(e, action); {
			case err == nil:
				return fmt.Errorf("action %v of %v passes", action, space.Kind)
			case !strings.Contains(err.Error(), s.spec.ID):
				return fmt.Errorf("the error of action %v does not name %s: %w", action, s.spec.ID, err)
			}
		}
		return nil
	})
}

// stepCaught returns a panic as an error that names nothing.
func (s *suite) stepCaught(e env.Environment, action []float32) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("panic")
		}
	}()
	_, err = e.Step(action, s.poisoned(0))
	return err
}

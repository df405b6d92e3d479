package envtest

import (
	"errors"
	"fmt"
	"slices"

	"covey/env"
)

// guard is what stands on either side of an observation's storage.
const guard = 0x5a

// memoryIsTheCallers: an observation is written as a whole and not beyond, an action is not
// written, and neither is kept.
func (s *suite) memoryIsTheCallers() error {
	return s.with(func(e env.Environment) error {
		first, err := s.guarded(e, 0x11)
		if err != nil {
			return err
		}
		second, err := s.guarded(e, 0xee)
		if err != nil {
			return err
		}
		if err := difference(first, second); err != nil { // what was not written is the poison
			return fmt.Errorf("the observation was not written as a whole: over different memory, %w", err)
		}
		return nil
	})
}

// guarded makes a reset and a step into storage that is poisoned, and guarded on both sides.
func (s *suite) guarded(e env.Environment, poisonous uint8) ([]moment, error) {
	n := s.spec.Observation.Size()
	storage := [2]env.Values{} // of the reset and of the step: [1 + n + 1]
	moments := make([]moment, 2)
	for i := range storage {
		storage[i] = env.MakeValues(s.spec.Observation, n+2)
		poison(storage[i], guard)
		moments[i].obs = storage[i].Slice(1, 1+n)
		poison(moments[i].obs, poisonous)
	}
	if err := e.Reset(1, moments[0].obs); err != nil {
		return nil, err
	}
	before := moment{obs: env.MakeValues(s.spec.Observation, n)}
	before.obs.Copy(moments[0].obs)

	action := make([]float32, s.spec.Action.Size())
	s.spec.Action.Sample(action, actions(1))
	given := slices.Clone(action)
	var err error
	if moments[1].out, err = e.Step(action, moments[1].obs); err != nil {
		return nil, err
	}
	if !slices.Equal(action, given) {
		return nil, fmt.Errorf("the step changed its action %v to %v", given, action)
	}
	if !moments[0].equal(before) {
		return nil, errors.New("the step changed the observation of the reset before it")
	}
	for i, m := range moments {
		if err := s.intact(storage[i]); err != nil {
			return nil, err
		}
		for j, x := range m.obs.F {
			if x != x {
				return nil, fmt.Errorf("element %d of the observation was not written", j)
			}
		}
	}
	return moments, nil
}

// intact says whether the guards on both sides of the storage stand.
func (s *suite) intact(storage env.Values) error {
	last := storage.Len() - 1
	want := env.MakeValues(s.spec.Observation, 1)
	poison(want, guard)
	for _, i := range []int{0, last} {
		if !(moment{obs: storage.Slice(i, i+1)}).equal(moment{obs: want}) {
			return errors.New("an observation was written beyond its end")
		}
	}
	return nil
}

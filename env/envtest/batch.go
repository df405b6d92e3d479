package envtest

import (
	"fmt"

	"covey/env"
)

// batchEqualsAlone: a Batch of three, with episodes cut short so that some end, equals three that are
// stepped alone. Environments that share memory fail here.
func (s *suite) batchEqualsAlone() error {
	const n, steps = 3, 13
	all := make([]env.Environment, 2*n)
	for i := range all {
		e := s.create()
		defer func() { _ = e.Close() }()
		all[i] = env.TimeLimit(e, steps)
	}
	v, err := env.Batch(all[:n]...)
	if err != nil {
		return err
	}
	return s.vectorEqualsAlone(v, all[n:])
}

// vectorEqualsAlone compares v, row by row, with environments that are reset when they end.
func (s *suite) vectorEqualsAlone(v env.Vector, alone []env.Environment) error {
	n, frame, width := len(alone), s.spec.Observation.Size(), s.spec.Action.Size()
	if v.Len() != n {
		return fmt.Errorf("the vector has length %d, want %d", v.Len(), n)
	}
	obs, final := env.MakeValues(s.spec.Observation, n*frame), env.MakeValues(s.spec.Observation, n*frame)
	seeds, episodes, rng := make([]uint64, n), make([]uint64, n), actions(5)
	want := make([]moment, n)
	for i := range seeds {
		seeds[i] = uint64(100 + i)
		want[i].obs = s.poisoned(0)
		if err := alone[i].Reset(seeds[i], want[i].obs); err != nil {
			return err
		}
	}
	if err := v.Reset(seeds, obs); err != nil {
		return err
	}
	action, out := make([]float32, n*width), make([]env.Outcome, n)
	for step := range 100 {
		for i := range n {
			row := obs.Slice(i*frame, (i+1)*frame)
			if got := (moment{obs: row, out: out[i]}); !got.equal(want[i]) {
				return fmt.Errorf("row %d after %d steps: %v, alone %v", i, step, got, want[i])
			}
			s.spec.Action.Sample(action[i*width:(i+1)*width], rng)
		}
		poison(final, 0x77)
		if err := v.Step(action, obs, final, out); err != nil {
			return err
		}
		for i, e := range alone {
			last := s.poisoned(0x77)
			var err error
			if want[i].out, err = e.Step(action[i*width:(i+1)*width], want[i].obs); err != nil {
				return err
			}
			if want[i].ended() {
				last.Copy(want[i].obs)
				episodes[i]++
				if err := e.Reset(env.EpisodeSeed(seeds[i], episodes[i]), want[i].obs); err != nil {
					return err
				}
			}
			got := moment{obs: final.Slice(i*frame, (i+1)*frame)}
			if !got.equal(moment{obs: last}) {
				return fmt.Errorf("row %d after %d steps: final observation %v, alone %v", i, step+1, got, last)
			}
		}
	}
	return nil
}

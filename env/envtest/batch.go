package envtest

import (
	"fmt"
	"slices"

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

// vectorEqualsAlone compares each row of v with an environment of its own, stepped afterwards and reset
// when it ends.
func (s *suite) vectorEqualsAlone(v env.Vector, alone []env.Environment) error {
	n := len(alone)
	if v.Len() != n {
		return fmt.Errorf("the vector has length %d, want %d", v.Len(), n)
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = uint64(100 + i)
	}
	rows, err := s.playVector(v, seeds)
	if err != nil {
		return err
	}
	for i, e := range alone {
		want, err := s.playRow(e, seeds[i], rows[i].actions)
		if err != nil {
			return err
		}
		if err := difference(rows[i].moments, want.moments); err != nil {
			return fmt.Errorf("row %d in the vector and alone: %w", i, err)
		}
		if err := difference(rows[i].finals, want.finals); err != nil {
			return fmt.Errorf("final observations of row %d in the vector and alone: %w", i, err)
		}
	}
	return nil
}

// row is what happened to one environment of a vector.
type row struct {
	actions [][]float32
	moments []moment // the first is that of Reset
	finals  []moment // what stands in the final observation after each step, poison but after an end
}

// vectorSteps is the number of steps that a vector is compared over.
const vectorSteps = 100

func (s *suite) playVector(v env.Vector, seeds []uint64) ([]row, error) {
	n, frame, width := v.Len(), s.spec.Observation.Size(), s.spec.Action.Size()
	obs, final := env.MakeValues(s.spec.Observation, n*frame), env.MakeValues(s.spec.Observation, n*frame)
	action, out, rng := make([]float32, n*width), make([]env.Outcome, n), actions(5)
	if err := v.Reset(seeds, obs); err != nil {
		return nil, err
	}
	rows := make([]row, n)
	for step := range vectorSteps + 1 {
		for i := range rows {
			r := &rows[i]
			r.moments = append(r.moments, moment{obs: s.copied(obs.Slice(i*frame, (i+1)*frame)), out: out[i]})
			if step > 0 {
				r.finals = append(r.finals, moment{obs: s.copied(final.Slice(i*frame, (i+1)*frame))})
			}
			a := action[i*width : (i+1)*width]
			s.spec.Action.Sample(a, rng)
			r.actions = append(r.actions, slices.Clone(a))
		}
		if step == vectorSteps {
			break
		}
		poison(final, 0x77)
		if err := v.Step(action, obs, final, out); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// playRow does with one environment what a vector should.
func (s *suite) playRow(e env.Environment, seed uint64, actions [][]float32) (row, error) {
	var r row
	obs, episode := s.poisoned(0), uint64(0)
	if err := e.Reset(seed, obs); err != nil {
		return r, err
	}
	r.moments = append(r.moments, moment{obs: s.copied(obs)})
	for _, action := range actions[:vectorSteps] {
		out, err := e.Step(action, obs)
		if err != nil {
			return r, err
		}
		final := s.poisoned(0x77)
		if out.Terminated || out.Truncated {
			final.Copy(obs)
			episode++
			if err := e.Reset(env.EpisodeSeed(seed, episode), obs); err != nil {
				return r, err
			}
		}
		r.moments = append(r.moments, moment{obs: s.copied(obs), out: out})
		r.finals = append(r.finals, moment{obs: final})
	}
	return r, nil
}

func (s *suite) copied(v env.Values) env.Values {
	c := s.poisoned(0)
	c.Copy(v)
	return c
}

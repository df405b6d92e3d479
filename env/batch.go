package env

import (
	"errors"
	"fmt"
	"strconv"

	"covey/state"
)

// Batch makes a Vector of environments that offer the same spaces, stepped one after the other in
// the caller's goroutine. Episode k of an environment that was reset with seed s runs with
// [EpisodeSeed](s, k). The Vector is a [state.Stateful] when all its environments are.
//
// An error names the environment's index and ID; the Vector must be Reset after one.
func Batch(envs ...Environment) (Vector, error) {
	if len(envs) == 0 {
		return nil, errors.New("batch: no environments")
	}
	for i, e := range envs {
		if e == nil {
			return nil, fmt.Errorf("batch: environment %d is nil", i)
		}
	}
	spec := envs[0].Spec()
	for i, e := range envs {
		s := e.Spec()
		err := s.Validate()
		if err == nil {
			err = spec.SameSpaces(s)
		}
		if a, b := max(spec.Stack, 1), max(s.Stack, 1); err == nil && a != b {
			err = fmt.Errorf("stacks %d frames, the first environment %d", b, a)
		}
		if err != nil {
			return nil, fmt.Errorf("batch: environment %d (%s): %w", i, s.ID, err)
		}
	}
	b := &batch{
		spec:   spec,
		envs:   envs,
		seeds:  make([]uint64, len(envs)),
		number: make([]uint64, len(envs)),
		frame:  spec.Observation.Size(),
		action: spec.Action.Size(),
	}
	stateful := make([]state.Stateful, len(envs))
	for i, e := range envs {
		s, ok := e.(state.Stateful)
		if !ok {
			return b, nil
		}
		stateful[i] = s
	}
	names := make([]string, len(envs))
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return &statefulBatch{batch: b, stateful: stateful, names: names}, nil
}

// EpisodeSeed is the seed of the episode with the given number, counted from 0, of an environment
// that was reset with seed base: base itself for episode 0, and then mix(mix(base) + episode·γ),
// where mix is SplitMix64's finaliser and γ its increment 0x9e3779b97f4a7c15 (Steele, Lea, Flood: Fast
// splittable pseudorandom number generators, 2014). The inner mix keeps neighbouring bases from
// sharing a sequence.
func EpisodeSeed(base, episode uint64) uint64 {
	if episode == 0 {
		return base
	}
	return mix64(mix64(base) + episode*0x9e3779b97f4a7c15)
}

func mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// batch is the Vector behind Batch.
type batch struct {
	spec          Spec
	envs          []Environment
	seeds         []uint64 // [Len] what each environment was reset with
	number        []uint64 // [Len] of the running episode, from 0
	frame, action int      // elements of an observation, of an action
}

func (b *batch) Spec() Spec { return b.spec }
func (b *batch) Len() int   { return len(b.envs) }

func (b *batch) Reset(seeds []uint64, obs Values) error {
	if n := len(b.envs); len(seeds) != n || obs.Len() != n*b.frame {
		panic(fmt.Sprintf("env: reset of %d × %s with %d seeds, observations [%d]; want [%d × %d]",
			n, b.spec.ID, len(seeds), obs.Len(), n, b.frame))
	}
	copy(b.seeds, seeds)
	clear(b.number)
	for i, e := range b.envs {
		if err := e.Reset(seeds[i], obs.Slice(i*b.frame, (i+1)*b.frame)); err != nil {
			return b.errorAt(i, err)
		}
	}
	return nil
}

func (b *batch) Step(actions []float32, obs, final Values, out []Outcome) error {
	n, frame, action := len(b.envs), b.frame, b.action
	if len(actions) != n*action || obs.Len() != n*frame || final.Len() != n*frame || len(out) != n {
		panic(fmt.Sprintf("env: step of %d × %s with actions [%d], observations [%d], final [%d], outcomes [%d]; want [%d × %d], [%d × %d], the same, [%d]",
			n, b.spec.ID, len(actions), obs.Len(), final.Len(), len(out), n, action, n, frame, n))
	}
	for i, e := range b.envs {
		row := obs.Slice(i*frame, (i+1)*frame)
		var err error
		if out[i], err = e.Step(actions[i*action:(i+1)*action], row); err != nil {
			return b.errorAt(i, err)
		}
		if !out[i].Terminated && !out[i].Truncated {
			continue
		}
		final.Slice(i*frame, (i+1)*frame).Copy(row)
		b.number[i]++
		if err := e.Reset(EpisodeSeed(b.seeds[i], b.number[i]), row); err != nil {
			return b.errorAt(i, err)
		}
	}
	return nil
}

func (b *batch) errorAt(i int, err error) error {
	return fmt.Errorf("environment %d (%s): %w", i, b.envs[i].Spec().ID, err)
}

// Close closes every environment, whatever the others return.
func (b *batch) Close() error {
	var errs []error
	for i, e := range b.envs {
		if err := e.Close(); err != nil {
			errs = append(errs, b.errorAt(i, err))
		}
	}
	return errors.Join(errs...)
}

// statefulBatch is a batch of environments that can all be saved.
type statefulBatch struct {
	*batch
	stateful []state.Stateful // [Len] the environments
	names    []string         // [Len] of their parts
}

// State visits each environment with its seed and the number of its episode. Observations are the
// caller's.
func (b *statefulBatch) State(w state.Walker) error {
	for i, e := range b.stateful {
		row := w.Sub(b.names[i])
		row.Uint64("seed", &b.seeds[i])
		row.Uint64("episode", &b.number[i])
		if err := e.State(row.Sub("env")); err != nil {
			return b.errorAt(i, err)
		}
	}
	return nil
}

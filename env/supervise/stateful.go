package supervise

import (
	"fmt"

	"covey/env"
	"covey/state"
)

// period is the number of steps between two recordings: as many are taken again after a failure at most.
const period = 256

// stateful supervises a vector that can be saved. It has a recording of it, and the actions since.
type stateful struct {
	guard
	recording state.Recording
	actions   []float32 // [period, Len, action]
	width     int       // of a step's actions
	logged    int       // steps since the recording; period: there is none to go by, and the next step needs one

	obs, final env.Values // of steps taken again
	out        []env.Outcome
}

func newStateful(g guard) *stateful {
	n, obs := g.Len(), g.spec.Observation
	s := &stateful{
		guard: g, width: n * g.spec.Action.Size(), logged: period,
		obs: env.MakeValues(obs, n*obs.Size()), final: env.MakeValues(obs, n*obs.Size()), out: make([]env.Outcome, n),
	}
	s.actions = make([]float32, period*s.width)
	return s
}

func (s *stateful) Reset(seeds []uint64, obs env.Values) error {
	s.logged = period
	err := begin(s.vector, seeds, obs)
	for err != nil {
		cause := err
		if err := s.restart(cause); err != nil {
			return err
		}
		if err = begin(s.vector, seeds, obs); err != nil && repeats(err, cause) {
			return err
		}
	}
	return nil
}

func (s *stateful) Step(actions []float32, obs, final env.Values, out []env.Outcome) (err error) {
	if s.logged == period {
		if err := s.record(); err != nil {
			return fmt.Errorf("%s: %w", s.spec.ID, err)
		}
	}
	defer func() { // here: a call between would cost 4 ns of 11
		if v := recover(); v != nil {
			err = panicked(v)
		}
		if err != nil {
			err = s.again(err, actions, obs, final, out)
		}
		if err == nil {
			copy(s.actions[s.logged*s.width:], actions)
			s.logged++
		}
	}()
	return s.vector.Step(actions, obs, final, out)
}

func (s *stateful) record() (err error) {
	defer catch(&err)
	s.logged = 0
	if err := s.recording.Take(s.saves); err != nil {
		s.logged = period
		return err
	}
	return nil
}

// again takes a step again that failed with cause, in a new vector that has come to the same point.
func (s *stateful) again(cause error, actions []float32, obs, final env.Values, out []env.Outcome) error {
	for {
		if err := s.restart(cause); err != nil {
			return err
		}
		err := s.catchUp()
		if err == nil {
			err = step(s.vector, actions, obs, final, out)
		}
		if err == nil || repeats(err, cause) {
			return err
		}
		cause = err
	}
}

// catchUp brings a new vector to where the old one was before it failed.
func (s *stateful) catchUp() (err error) {
	defer catch(&err)
	if err := state.Load(s.saves, s.recording.Tree()); err != nil {
		return err
	}
	for i := range s.logged {
		if err := step(s.vector, s.actions[i*s.width:(i+1)*s.width], s.obs, s.final, s.out); err != nil {
			return err
		}
	}
	return nil
}

// State visits the vector, and how often it was restarted.
func (s *stateful) State(w state.Walker) error {
	if state.MayLoad(w) {
		s.logged = period
	}
	w.Uint64("restarts", &s.restarts)
	return s.saves.State(w.Sub("env"))
}

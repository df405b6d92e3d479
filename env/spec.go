package env

import (
	"errors"
	"fmt"
	"slices"
)

// Spec describes an environment: what it shows, what it takes, and what is known of it.
type Spec struct {
	ID          string
	Observation Space // covey's algorithms want a Box: show a choice as a one-hot vector
	Action      Space // of numbers, never of bytes
	MaxSteps    int   // steps after which, and only then, an episode is truncated; 0: there is no limit, or not only that
	Stack       int   // frames that make one observation; 0 and 1: a single frame
	// RewardThreshold is the mean return over 100 episodes that its authors call solved; nil: they name none. Alarms go by it;
	// whether a run has solved the environment is for its own mark to say.
	RewardThreshold *float64
}

// Validate says what is impossible about it.
func (s Spec) Validate() error {
	if err := s.Observation.Validate(); err != nil {
		return fmt.Errorf("observation space: %w", err)
	}
	if err := s.Action.Validate(); err != nil {
		return fmt.Errorf("action space: %w", err)
	}
	switch {
	case s.Action.Bytes:
		return errors.New("action space: of bytes")
	case s.MaxSteps < 0:
		return fmt.Errorf("MaxSteps is %d", s.MaxSteps)
	case s.Stack < 0:
		return fmt.Errorf("Stack is %d", s.Stack)
	}
	return nil
}

// SameSpaces says, by the error, in which space o differs from s. Observations of floats may have other bounds: no policy
// goes by them.
func (s Spec) SameSpaces(o Spec) error {
	if difference := o.Observation.unlike(s.Observation, s.Observation.Bytes); difference != "" {
		return errors.New("observation space " + difference)
	}
	if difference := o.Action.unlike(s.Action, true); difference != "" {
		return errors.New("action space " + difference)
	}
	return nil
}

// unlike says in what the space differs from another, in its bounds too if these matter; "": it does not.
func (s Space) unlike(o Space, bounds bool) string {
	switch {
	case s.Kind != o.Kind:
		return fmt.Sprintf("is %v, not %v", s.Kind, o.Kind)
	case !slices.Equal(s.Shape, o.Shape):
		return fmt.Sprintf("has the shape %v, not %v", s.Shape, o.Shape)
	case !slices.Equal(s.N, o.N):
		return fmt.Sprintf("has %v choices, not %v", s.N, o.N)
	case !slices.Equal(s.Start, o.Start):
		return fmt.Sprintf("counts choices from %v, not from %v", s.Start, o.Start)
	case s.Bytes != o.Bytes:
		return fmt.Sprintf("is of bytes: %t, not %t", s.Bytes, o.Bytes)
	case !bounds:
		return ""
	case len(s.Low) != len(o.Low) || len(s.High) != len(o.High):
		return "has bounds that are not of its shape"
	}
	for i := range s.Low {
		if s.Low[i] != o.Low[i] || s.High[i] != o.High[i] {
			return fmt.Sprintf("has element %d within [%v, %v], not [%v, %v]", i, s.Low[i], s.High[i], o.Low[i], o.High[i])
		}
	}
	return ""
}

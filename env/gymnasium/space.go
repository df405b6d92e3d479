package gymnasium

import (
	"fmt"
	"math"

	"covey/env"
)

// description is what a child says of its environments.
type description struct {
	Observation space    `json:"observation"`
	Action      space    `json:"action"`
	Threshold   *float64 `json:"threshold"`
	MaxSteps    int      `json:"max_steps"`
	FrameRate   float64  `json:"frame_rate"`
}

// space is a space in JSON, which has no infinity: a bound that is null.
type space struct {
	Kind  string     `json:"kind"`
	Shape []int      `json:"shape"`
	Low   []*float64 `json:"low"` // one for all, or one for each element
	High  []*float64 `json:"high"`
	N     []int      `json:"n"`
	Start []int      `json:"start"`
	Bytes bool       `json:"bytes"`
}

func (d *description) spec(id string) (env.Spec, error) {
	s := env.Spec{ID: id, RewardThreshold: d.Threshold, MaxSteps: d.MaxSteps}
	var err error
	if s.Observation, err = d.Observation.space(); err != nil {
		return s, fmt.Errorf("the observation space: %w", err)
	}
	if s.Action, err = d.Action.space(); err != nil {
		return s, fmt.Errorf("the action space: %w", err)
	}
	return s, nil
}

func (s *space) space() (env.Space, error) {
	kind, err := env.ParseKind(s.Kind)
	if err != nil {
		return env.Space{}, err
	}
	x := env.Space{Kind: kind, Shape: s.Shape, N: s.N, Bytes: s.Bytes}
	for _, n := range s.Start {
		if n != 0 {
			x.Start = s.Start
		}
	}
	if x.Kind == env.Box {
		n := x.Size()
		x.Low, x.High = bounds(s.Low, n, math.Inf(-1)), bounds(s.High, n, math.Inf(1))
	}
	return x, x.Validate()
}

// bounds writes out bounds of n elements.
func bounds(b []*float64, n int, infinity float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		v := infinity
		switch {
		case len(b) == 1 && b[0] != nil:
			v = *b[0]
		case len(b) == n && b[i] != nil:
			v = *b[i]
		}
		x[i] = float32(v)
	}
	return x
}

package env

import (
	"fmt"

	"covey/state"
)

// ScaleReward multiplies the rewards of e by factor. Its returns are scaled too, so the threshold in
// its Spec is.
func ScaleReward(e Environment, factor float32) Environment {
	w := scaleReward{Environment: e, factor: factor}
	if s, ok := e.(state.Stateful); ok {
		return &statefulScaleReward{scaleReward: w, Stateful: s}
	}
	return &w
}

type scaleReward struct {
	Environment
	factor float32
}

// Unwrap returns the environment inside.
func (s *scaleReward) Unwrap() Environment { return s.Environment }

func (s *scaleReward) Spec() Spec {
	spec := s.Environment.Spec()
	if spec.RewardThreshold != nil {
		scaled := *spec.RewardThreshold * float64(s.factor)
		spec.RewardThreshold = &scaled
	}
	return spec
}

func (s *scaleReward) Step(action []float32, obs Values) (Outcome, error) {
	out, err := s.Environment.Step(action, obs)
	out.Reward *= s.factor
	return out, err
}

type statefulScaleReward struct {
	scaleReward
	state.Stateful // the environment inside; the wrapper has no state of its own
}

// ClipReward clips the rewards of e to [low, high]. What they add up to then says little about e's
// threshold, so its Spec has none.
func ClipReward(e Environment, low, high float32) Environment {
	if !(low <= high) {
		panic(fmt.Sprintf("env: clip rewards to [%v, %v]", low, high))
	}
	w := clipReward{Environment: e, low: low, high: high}
	if s, ok := e.(state.Stateful); ok {
		return &statefulClipReward{clipReward: w, Stateful: s}
	}
	return &w
}

type clipReward struct {
	Environment
	low, high float32
}

// Unwrap returns the environment inside.
func (c *clipReward) Unwrap() Environment { return c.Environment }

func (c *clipReward) Spec() Spec {
	spec := c.Environment.Spec()
	spec.RewardThreshold = nil
	return spec
}

func (c *clipReward) Step(action []float32, obs Values) (Outcome, error) {
	out, err := c.Environment.Step(action, obs)
	out.Reward = min(max(out.Reward, c.low), c.high)
	return out, err
}

type statefulClipReward struct {
	clipReward
	state.Stateful // the environment inside; the wrapper has no state of its own
}

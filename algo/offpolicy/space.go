package offpolicy

import (
	"fmt"
	"math"

	"covey/env"
	"covey/policy"
)

// CheckBox is an error unless the actions are a box bounded on all sides, onto which [−1, 1] can be mapped, and the
// observations are floats, which stand beside them in a critic's input.
func CheckBox(spec env.Spec) error {
	if spec.Observation.Bytes {
		return fmt.Errorf("%s has observations of bytes; this algorithm wants floats (dqn and a3c take bytes)", spec.ID)
	}
	if spec.Action.Kind != env.Box {
		return fmt.Errorf("%s has %v actions; this algorithm wants a box of numbers (dqn and a3c take choices)", spec.ID, spec.Action.Kind)
	}
	for i, low := range spec.Action.Low {
		if !spec.Action.Bounded(i) {
			return fmt.Errorf("%s has actions between %v and %v in dimension %d; this algorithm wants bounds", spec.ID, low, spec.Action.High[i], i)
		}
	}
	return nil
}

// Moments are the statistics of a policy's normaliser, where the configuration asks for one.
func (c *Config) Moments(spec env.Spec) policy.Moments {
	if c.NormalizeObservations {
		return policy.NewMoments(spec.Observation.Size(), false)
	}
	return policy.NewMoments(0, false)
}

// unbounded is the space of width floats.
func unbounded(width int) env.Space {
	low, high := make([]float32, width), make([]float32, width)
	for i := range low {
		low[i], high[i] = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	return env.NewBox(low, high)
}

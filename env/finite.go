package env

import "fmt"

// CheckFinite returns an error, which names the element, where v holds NaN or an infinite number.
func (v Values) CheckFinite() error {
	for i, x := range v.F {
		if x-x != 0 {
			return fmt.Errorf("element %d of the observation is %v", i, x)
		}
	}
	return nil
}

// CheckFinite returns an error where the reward is NaN or infinite.
func (o Outcome) CheckFinite() error {
	if r := o.Reward; r-r != 0 {
		return fmt.Errorf("reward is %v", r)
	}
	return nil
}

// CheckReset returns an error, which names the environment, unless the observations that a vector's episodes begin with are
// finite. obs: [B, frame].
func CheckReset(s *Spec, obs Values) error {
	for i, frame := 0, s.Observation.Size(); i*frame < obs.Len(); i++ {
		if err := obs.Slice(i*frame, (i+1)*frame).CheckFinite(); err != nil {
			return fmt.Errorf("environment %d (%s), reset: %w", i, s.ID, err)
		}
	}
	return nil
}

// CheckStep returns an error, which names the environment, unless what a vector's step has given is finite.
// out: [B], obs and final: [B, frame], as [Vector] says.
func CheckStep(s *Spec, out []Outcome, obs, final Values) error {
	frame := s.Observation.Size()
	for i, o := range out {
		err := o.CheckFinite()
		if err == nil {
			err = obs.Slice(i*frame, (i+1)*frame).CheckFinite()
		}
		if err == nil && (o.Terminated || o.Truncated) {
			err = final.Slice(i*frame, (i+1)*frame).CheckFinite()
		}
		if err != nil {
			return fmt.Errorf("environment %d (%s): %w", i, s.ID, err)
		}
	}
	return nil
}

package supervise

import "covey/env"

// plain supervises a vector that cannot be saved.
type plain struct {
	guard
	seeds []uint64 // [Len] of the latest Reset
	cause error    // of a restart, until the step after it has succeeded
}

func (p *plain) Reset(seeds []uint64, obs env.Values) error {
	copy(p.seeds, seeds)
	if err := begin(p.vector, seeds, obs); err != nil {
		return p.anew(err, obs)
	}
	return nil
}

func (p *plain) Step(actions []float32, obs, final env.Values, out []env.Outcome) error {
	err := step(p.vector, actions, obs, final, out)
	if err == nil {
		p.cause = nil
		return nil
	}
	if p.cause != nil && repeats(err, p.cause) {
		return err
	}
	p.cause = err
	for i, s := range p.seeds {
		p.seeds[i] = env.EpisodeSeed(^s, p.restarts+1) // the inverse: no seed of an episode that was
	}
	if err := p.anew(err, obs); err != nil {
		return err
	}
	return &env.Restarted{Cause: err}
}

// anew begins episodes in a new vector, after cause.
func (p *plain) anew(cause error, obs env.Values) error {
	for {
		if err := p.restart(cause); err != nil {
			return err
		}
		err := begin(p.vector, p.seeds, obs)
		if err == nil || repeats(err, cause) {
			return err
		}
		cause = err
	}
}

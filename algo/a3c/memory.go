package a3c

import (
	"fmt"

	"covey/env"
	"covey/rollout"
)

// Memory is about how many bytes a learner takes: parameters with their moments and gradients, and what the workers hold
// of their segments, observations and activations. Nothing of that size is allocated. It is an error where the network
// does not fit the observations, and where segments are to be whole episodes that may last for ever.
func Memory(cfg *Config, spec env.Spec) (uint64, error) {
	net, _, err := layOut(cfg, spec)
	if err != nil {
		return 0, err
	}
	steps := cfg.SegmentLength
	if cfg.Segment == rollout.WholeEpisode {
		if steps = spec.MaxSteps; steps == 0 {
			return 0, fmt.Errorf("segment is %s, but episodes of %s have no limit that is known; use %s or %s", cfg.Segment, spec.ID, rollout.UntilEnd, rollout.Fixed)
		}
	}
	rows := uint64(steps) * uint64(cfg.Envs)
	segment := rows * uint64(2*net.In.ElementSize()*net.In.Size()+4*(2*net.Out+8))
	worker := net.PassBytes(int(rows)+cfg.Envs) + segment + 2*4*uint64(net.Size)
	return uint64(cfg.Workers)*worker + 4*4*uint64(net.Size), nil
}

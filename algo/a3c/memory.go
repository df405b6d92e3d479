package a3c

import (
	"covey/env"
	"covey/rollout"
)

// Memory is about how many bytes a learner takes: parameters with their moments and gradients, and what the workers hold
// of their segments, observations and activations. Nothing of that size is allocated. It is an error where the network
// does not fit the observations.
func Memory(cfg *Config, spec env.Spec) (uint64, error) {
	net, _, err := layOut(cfg, spec)
	if err != nil {
		return 0, err
	}
	steps := cfg.SegmentLength
	if cfg.Segment == rollout.WholeEpisode {
		steps = spec.MaxSteps
	}
	rows, element := uint64(steps)*uint64(cfg.Envs), uint64(4)
	if spec.Observation.Bytes {
		element = 1
	}
	segment := rows * (2*element*uint64(net.In.Size()) + 4*uint64(2*net.Out+8))
	worker := net.PassBytes(int(rows)+cfg.Envs) + segment + 2*4*uint64(net.Size)
	return uint64(cfg.Workers)*worker + 4*4*uint64(net.Size), nil
}

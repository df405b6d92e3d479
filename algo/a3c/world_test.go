package a3c

import (
	"testing"

	"covey/env"
	"covey/internal/corridor"
	"covey/optim"
)

// corridors makes each worker's vector of n corridors; alter, unless nil, sees each of them.
func corridors(n int, continuous bool, alter func(worker int, w *corridor.World)) func(int) (env.Vector, error) {
	return func(worker int) (env.Vector, error) {
		return corridor.Batch(n, continuous, func(_ int, w *corridor.World) {
			if alter != nil {
				alter(worker, w)
			}
		})
	}
}

// small is a configuration that learns the corridor in milliseconds.
func small() Config {
	cfg := DefaultConfig()
	cfg.Network.Hidden = []int{16, 16}
	cfg.SegmentLength, cfg.Envs = 7, 3
	cfg.LearningRate, cfg.Anneal = 5e-3, optim.Constant
	return cfg
}

func newLearner(t testing.TB, cfg Config, seed uint64, vector func(int) (env.Vector, error)) *Learner {
	t.Helper()
	l, err := New(cfg, seed, vector)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

package sac

import (
	"math"

	"covey/algo"
	"covey/internal/kernel"
	"covey/optim"
	"covey/state"
)

// temperature is α, the weight of the entropy in the objective, learned on its logarithm so that it stays
// positive:
//
//	L(log α) = −log α · mean(log π(a|s) + H̄)    ∂L/∂ log α = −mean(log π(a|s) + H̄)
//
// α falls while the policy's entropy is above H̄, and rises while it is below.
type temperature struct {
	logAlpha  [1]float32
	alpha     [1]float32
	target    float32 // H̄
	rate      float32 // 0: fixed
	optimizer optim.Optimizer
	gradient  [1]float32
}

func newTemperature(cfg *Config, actions int) (*temperature, error) {
	t := &temperature{target: algo.OrElse(cfg.Temperature.Target, -float32(actions)), rate: algo.OrElse(cfg.Temperature.Rate, cfg.LearningRate)}
	if cfg.Temperature.Fixed {
		t.rate = 0
	}
	var err error
	t.optimizer, err = optim.New(cfg.Optimizer, 1)
	t.logAlpha[0], t.alpha[0] = float32(math.Log(float64(cfg.Temperature.Initial))), cfg.Temperature.Initial
	return t, err
}

// learn makes one step; logProb is the mean of log π(a|s).
func (t *temperature) learn(logProb float64) {
	if t.rate == 0 {
		return
	}
	t.gradient[0] = -(float32(logProb) + t.target)
	t.optimizer.Step(t.logAlpha[:], t.gradient[:], t.rate)
	kernel.Exp(t.alpha[:], t.logAlpha[:])
}

// State visits log α and its optimiser.
func (t *temperature) State(w state.Walker) error {
	w.Floats("log_alpha", t.logAlpha[:])
	w.Floats("alpha", t.alpha[:])
	return t.optimizer.State(w.Sub("optimizer"))
}

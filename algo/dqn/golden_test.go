package dqn

import (
	"math"
	"math/rand/v2"
	"testing"

	"covey/algo/offpolicy"
	"covey/env"
	"covey/internal/golden"
	"covey/nn"
	"covey/replay"
)

// goldenCase is a case of testdata/golden.json, made by golden.py beside it with PyTorch.
type goldenCase struct {
	Name   string
	Config struct {
		Optimizer, Loss string
		Double, Dueling bool
		Tau             float32
		TargetEvery     uint64  `json:"target_every"`
		LearningRate    float32 `json:"learning_rate"`
	}
	Start   struct{ Params, Target []float32 }
	Updates []struct {
		Observations, Actions, Rewards, Next, Discounts []float32

		Y, Params, Target []float64
		Loss              float64
	}
}

// TestGoldenUpdates holds three whole updates, from batches to parameters, against PyTorch's.
func TestGoldenUpdates(t *testing.T) {
	for _, c := range golden.Read[goldenCase](t, "testdata/golden.json", 3) {
		t.Run(c.Name, func(t *testing.T) {
			a := goldenAgent(t, &c)
			for _, u := range c.Updates {
				batch := &replay.Batch{Observations: env.Values{F: u.Observations}, Actions: u.Actions, Rewards: u.Rewards,
					Next: env.Values{F: u.Next}, Discounts: u.Discounts}
				if err := a.Update(batch, nil); err != nil {
					t.Fatal(err)
				}
				golden.Near(t, "targets", a.update.targets, u.Y)
				golden.Near(t, "loss", []float32{float32(a.update.loss)}, []float64{u.Loss})
				golden.Near(t, "parameters", a.model.Params, u.Params)
				golden.Near(t, "target network", a.model.Target, u.Target)
			}
		})
	}
}

// goldenAgent returns an agent with the case's network and parameters.
func goldenAgent(t *testing.T, c *goldenCase) *agent {
	cfg := DefaultConfig()
	cfg.Batch, cfg.Tau, cfg.TargetEvery, cfg.Optimizer.Kind = len(c.Updates[0].Rewards), c.Config.Tau, c.Config.TargetEvery, c.Config.Optimizer
	cfg.LearningRate, cfg.Loss, cfg.Double, cfg.Dueling = c.Config.LearningRate, c.Config.Loss, c.Config.Double, c.Config.Dueling
	cfg.Network = nn.Config{Hidden: []int{8, 5}, Activation: "relu", Init: "fan_in"}
	inf := float32(math.Inf(1))
	spec := env.Spec{Observation: env.NewBox([]float32{-inf, -inf, -inf}, []float32{inf, inf, inf}), Action: env.NewDiscrete(4)}
	a, err := newAgent(&cfg, spec, &offpolicy.Pair{}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Start.Params) != len(a.model.Params) {
		t.Fatalf("%d parameters, the network has %d", len(c.Start.Params), len(a.model.Params))
	}
	copy(a.model.Params, c.Start.Params)
	copy(a.model.Target, c.Start.Target)
	return a
}

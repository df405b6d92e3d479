package ddpg

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
		Optimizer    string
		Twin, Smooth bool
		Delay        uint64
		Tau          float32
		LearningRate float32 `json:"learning_rate"`
		CriticRate   float32 `json:"critic_rate"`
	}
	Start struct {
		Actor         []float32
		ActorTarget   []float32 `json:"actor_target"`
		Critics       [][]float32
		CriticTargets [][]float32 `json:"critic_targets"`
	}
	Updates []struct {
		Observations, Actions, Rewards, Next, Discounts, Noise []float32

		Y, Actor      []float64
		ActorTarget   []float64 `json:"actor_target"`
		Critics       [][]float64
		CriticTargets [][]float64 `json:"critic_targets"`
		CriticLoss    float64     `json:"critic_loss"`
		ActorLoss     float64     `json:"actor_loss"`
	}
}

// TestGoldenUpdates holds four whole updates, from batches to parameters, against PyTorch's.
func TestGoldenUpdates(t *testing.T) {
	for _, c := range golden.Read[goldenCase](t, "testdata/golden.json", 3) {
		t.Run(c.Name, func(t *testing.T) {
			a := goldenAgent(t, &c)
			metrics := make([]float64, len(a.Metrics()))
			for _, u := range c.Updates {
				a.update.batch = &replay.Batch{Observations: env.Values{F: u.Observations}, Actions: u.Actions, Rewards: u.Rewards,
					Next: env.Values{F: u.Next}, Discounts: u.Discounts}
				copy(a.update.noise, u.Noise)
				if err := a.learn(); err != nil {
					t.Fatal(err)
				}
				a.Measure(metrics)
				golden.Near(t, "targets", a.critics.Targets, u.Y)
				golden.Near(t, "critic loss", []float32{float32(metrics[0])}, []float64{u.CriticLoss})
				golden.Near(t, "actor loss", []float32{float32(metrics[1])}, []float64{u.ActorLoss})
				golden.Near(t, "actor", a.actor.Params, u.Actor)
				golden.Near(t, "target actor", a.actor.Target, u.ActorTarget)
				for i, m := range a.critics.Models {
					golden.Near(t, "critic", m.Params, u.Critics[i])
					golden.Near(t, "target critic", m.Target, u.CriticTargets[i])
				}
			}
		})
	}
}

// goldenAgent returns an agent with the case's networks and parameters.
func goldenAgent(t *testing.T, c *goldenCase) *agent {
	cfg := DefaultConfig()
	cfg.Batch, cfg.Tau, cfg.Optimizer.Kind = len(c.Updates[0].Rewards), c.Config.Tau, c.Config.Optimizer
	cfg.LearningRate, cfg.CriticRate = c.Config.LearningRate, &c.Config.CriticRate
	cfg.Twin, cfg.Delay = c.Config.Twin, c.Config.Delay
	cfg.Network = nn.Config{Hidden: []int{8, 5}, Activation: "relu", Init: "fan_in"}
	inf := float32(math.Inf(1))
	spec := env.Spec{Observation: env.NewBox([]float32{-inf, -inf, -inf}, []float32{inf, inf, inf}), Action: env.NewBox([]float32{-2, -2}, []float32{2, 2})}
	a, err := newAgent(&cfg, spec, &offpolicy.Pair{}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Start.Actor) != len(a.actor.Params) || len(c.Start.Critics[0]) != len(a.critics.Models[0].Params) || len(c.Start.Critics) != len(a.critics.Models) {
		t.Fatalf("%d and %d parameters, the networks have %d and %d",
			len(c.Start.Actor), len(c.Start.Critics[0]), len(a.actor.Params), len(a.critics.Models[0].Params))
	}
	copy(a.actor.Params, c.Start.Actor)
	copy(a.actor.Target, c.Start.ActorTarget)
	for i, m := range a.critics.Models {
		copy(m.Params, c.Start.Critics[i])
		copy(m.Target, c.Start.CriticTargets[i])
	}
	return a
}

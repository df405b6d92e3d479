package sac

import (
	"math"
	"math/rand/v2"
	"testing"

	"covey/algo/offpolicy"
	"covey/dist"
	"covey/env"
	"covey/internal/golden"
	"covey/nn"
	"covey/replay"
)

// goldenCase is a case of testdata/golden.json, made by golden.py beside it with PyTorch.
type goldenCase struct {
	Name   string
	Config struct {
		Optimizer       string
		LogStd          dist.LogStdBound `json:"log_std"`
		Fixed           bool
		Alpha, Tau      float32
		Target          float32
		LearningRate    float32 `json:"learning_rate"`
		CriticRate      float32 `json:"critic_rate"`
		TemperatureRate float32 `json:"temperature_rate"`
	}
	Start struct {
		Actor            []float32
		Critics, Targets [][]float32
	}
	Updates []struct {
		Observations, Actions, Rewards, Next, Discounts, Noise []float32
		NextNoise                                              []float32 `json:"next_noise"`

		Y, Actor         []float64
		Critics, Targets [][]float64
		CriticLoss       float64 `json:"critic_loss"`
		ActorLoss        float64 `json:"actor_loss"`
		Entropy, Alpha   float64
	}
}

// TestGoldenUpdates holds three whole updates, from batches to parameters, against PyTorch's.
func TestGoldenUpdates(t *testing.T) {
	for _, c := range golden.Read[goldenCase](t, "testdata/golden.json", 3) {
		t.Run(c.Name, func(t *testing.T) {
			a := goldenAgent(t, &c)
			for _, u := range c.Updates {
				a.update.batch = &replay.Batch{Observations: env.Values{F: u.Observations}, Actions: u.Actions, Rewards: u.Rewards,
					Next: env.Values{F: u.Next}, Discounts: u.Discounts}
				copy(a.update.next.noise, u.NextNoise)
				copy(a.update.now.noise, u.Noise)
				if err := a.learn(); err != nil {
					t.Fatal(err)
				}
				metrics := make([]float64, len(a.Metrics()))
				a.Measure(metrics)
				golden.Near(t, "targets", a.critics.Targets, u.Y)
				golden.Near(t, "critic loss", []float32{float32(metrics[0])}, []float64{u.CriticLoss})
				golden.Near(t, "actor loss", []float32{float32(metrics[1])}, []float64{u.ActorLoss})
				golden.Near(t, "entropy", []float32{float32(metrics[3])}, []float64{u.Entropy})
				golden.Near(t, "alpha", a.temperature.alpha[:], []float64{u.Alpha})
				golden.Near(t, "actor", a.actor.Params, u.Actor)
				for i, m := range a.critics.Models {
					golden.Near(t, "critic", m.Params, u.Critics[i])
					golden.Near(t, "target network", m.Target, u.Targets[i])
				}
			}
		})
	}
}

// goldenAgent returns an agent with the case's networks and parameters.
func goldenAgent(t *testing.T, c *goldenCase) *agent {
	cfg := DefaultConfig()
	cfg.Batch, cfg.Tau, cfg.Optimizer.Kind = len(c.Updates[0].Rewards), c.Config.Tau, c.Config.Optimizer
	cfg.LearningRate, cfg.CriticRate, cfg.LogStd = c.Config.LearningRate, &c.Config.CriticRate, c.Config.LogStd
	cfg.Temperature = Temperature{Initial: c.Config.Alpha, Fixed: c.Config.Fixed, Rate: &c.Config.TemperatureRate, Target: &c.Config.Target}
	cfg.Network = nn.Config{Hidden: []int{8, 5}, Activation: "relu", Init: "fan_in"}
	a, err := newAgent(&cfg, box(3, 2), &offpolicy.Pair{}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Start.Actor) != len(a.actor.Params) || len(c.Start.Critics[0]) != len(a.critics.Models[0].Params) {
		t.Fatalf("%d and %d parameters, the networks have %d and %d",
			len(c.Start.Actor), len(c.Start.Critics[0]), len(a.actor.Params), len(a.critics.Models[0].Params))
	}
	copy(a.actor.Params, c.Start.Actor)
	for i, m := range a.critics.Models {
		copy(m.Params, c.Start.Critics[i])
		copy(m.Target, c.Start.Targets[i])
	}
	return a
}

// box is a world of so many observations, and actions between −2 and 2.
func box(observations, actions int) env.Spec {
	low, high := make([]float32, observations), make([]float32, observations)
	for i := range low {
		low[i], high[i] = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	least, most := make([]float32, actions), make([]float32, actions)
	for i := range least {
		least[i], most[i] = -2, 2
	}
	return env.Spec{ID: "Box", Observation: env.NewBox(low, high), Action: env.NewBox(least, most)}
}

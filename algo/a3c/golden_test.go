package a3c

import (
	"math"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/internal/golden"
	"covey/nn"
	"covey/optim"
	"covey/policy"
	"covey/rollout"
)

// goldenCase is a case of testdata/golden.json, made by golden.py beside it with PyTorch.
type goldenCase struct {
	Name   string
	Config struct {
		Gamma         float32
		Lambda        float32
		EntropyWeight float32 `json:"entropy_weight"`
		ValueWeight   float32 `json:"value_weight"`
		ValueLoss     string  `json:"value_loss"`
		Reduction     string
		ClipNorm      float32 `json:"clip_norm"`
		LearningRate  float32 `json:"learning_rate"`
	}
	Start    []float32
	Segments []struct {
		Observations, Actions, Rewards, Final []float32
		Terminated, Truncated                 []bool
		Advantages, Targets, Gradient, Params []float64
		GradientNorm                          float64 `json:"gradient_norm"`
	}
}

// TestGoldenUpdates holds three whole updates, from segments to parameters, against PyTorch's.
func TestGoldenUpdates(t *testing.T) {
	const steps, streams = 6, 2
	for _, c := range golden.Read[goldenCase](t, "testdata/golden.json", 2) {
		t.Run(c.Name, func(t *testing.T) {
			if len(c.Segments) != 3 {
				t.Fatalf("%d segments, want 3", len(c.Segments))
			}
			w, g := goldenWorker(t, &c)
			for i, s := range c.Segments {
				seg := &rollout.Segment{T: steps, B: streams, Observations: env.Values{F: s.Observations}, Actions: s.Actions,
					Rewards: s.Rewards, Terminated: s.Terminated, Truncated: s.Truncated, Final: env.Values{F: s.Final},
					Outputs: make([]float32, steps*streams*w.policy.Net.Out), Version: uint64(i)}
				for row, cut := range s.Truncated {
					if cut {
						seg.FinalRows = append(seg.FinalRows, int32(row))
					}
				}
				frame, out := len(s.Observations)/(steps+1), streams*w.policy.Net.Out
				for k := range steps {
					w.collect.Pass.Step(w.policy.Params, seg.Outputs[k*out:(k+1)*out], nil, seg.Observations.Slice(k*frame, (k+1)*frame), k, streams)
				}
				w.advantages(seg)
				golden.Near(t, "advantages", w.scratch.advantages, s.Advantages)
				golden.Near(t, "targets", w.scratch.targets, s.Targets)
				w.differentiate(seg)
				norm := optim.ClipNorm(w.gradient.Values, w.cfg.ClipNorm)
				golden.Near(t, "gradient norm", []float32{norm}, []float64{s.GradientNorm})
				golden.Near(t, "gradient", w.gradient.Values, s.Gradient)
				if err := g.apply(w.gradient.Values, []*Gradient{&w.gradient}); err != nil {
					t.Fatal(err)
				}
				golden.Near(t, "parameters", g.policy.Params, s.Params)
				copy(w.policy.Params, g.policy.Params)
			}
		})
	}
}

// goldenWorker returns a worker and its master with the case's network and parameters.
func goldenWorker(t *testing.T, c *goldenCase) (*worker, *global) {
	cfg := small()
	cfg.Workers, cfg.Envs, cfg.SegmentLength = 1, 2, 6
	cfg.Gamma, cfg.Lambda = c.Config.Gamma, c.Config.Lambda
	cfg.EntropyWeight, cfg.ValueWeight, cfg.ValueLoss = c.Config.EntropyWeight, c.Config.ValueWeight, c.Config.ValueLoss
	cfg.Reduction, cfg.ClipNorm, cfg.LearningRate = c.Config.Reduction, c.Config.ClipNorm, c.Config.LearningRate
	inf := float32(math.Inf(1))
	spec := env.Spec{Observation: env.NewBox([]float32{-inf, -inf, -inf}, []float32{inf, inf, inf}), Action: env.NewDiscrete(2)}
	cfg.Network = nn.Config{Hidden: []int{8, 5}, Activation: "relu", Init: "glorot"}
	if c.Config.ValueLoss == "huber" {
		spec.Action = env.NewBox([]float32{-inf, -inf}, []float32{inf, inf})
		cfg.Network = nn.Config{Hidden: []int{7}, Activation: "tanh", Separate: true, Init: "glorot"}
	}
	p, err := NewPolicy(&cfg, spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Start) != p.Net.Size {
		t.Fatalf("%d parameters, the network has %d", len(c.Start), p.Net.Size)
	}
	copy(p.Params, c.Start)
	g, err := newGlobal(&cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	g.boundary = func(algo.Progress) (algo.Decision, error) { return algo.Decision{}, nil }
	distribution, err := policy.Distribution(spec.Action)
	if err != nil {
		t.Fatal(err)
	}
	local := p.Clone()
	seen := policy.NewMoments(0, false)
	return &worker{cfg: &cfg, policy: local, distribution: distribution(), scratch: newScratch(12, 2, p.Net),
		collect:  &rollout.Collector{Pass: p.Net.NewPass(14), Seen: seen},
		gradient: Gradient{Values: make([]float32, p.Net.Size)}}, g
}

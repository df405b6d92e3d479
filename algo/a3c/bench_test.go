package a3c_test

import (
	"context"
	"fmt"
	"testing"

	"covey/algo"
	"covey/algo/a3c"
	"covey/env"
	"covey/env/classic"
)

// BenchmarkCartPole is the whole loop, 4-128-128-{2,1} with T = 20, in environment steps per second. The
// learning rate is 0 after the first moments, so that all orders work on the same policy.
func BenchmarkCartPole(b *testing.B) {
	for _, update := range []string{a3c.Ordered, a3c.Async, a3c.Sync} {
		for _, workers := range []int{1, 2} {
			for _, envs := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("%s/W=%d/B=%d", update, workers, envs), func(b *testing.B) {
					cfg := a3c.DefaultConfig()
					cfg.Update, cfg.Workers, cfg.Envs, cfg.AnnealSteps = update, workers, envs, 200_000
					cfg.RewardScale = 0.02
					l, err := a3c.New(cfg, 1, cartPoles(envs))
					if err != nil {
						b.Fatal(err)
					}
					const warm = 200_000
					var steps uint64
					err = l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
						if steps == 0 && p.Steps < warm {
							return algo.Decision{}, nil
						}
						if steps == 0 {
							b.ResetTimer()
						}
						steps = p.Steps - warm
						return algo.Decision{Stop: steps >= uint64(b.N)}, nil
					})
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(steps)/b.Elapsed().Seconds()/1e6, "Msteps/s")
				})
			}
		}
	}
}

// BenchmarkRecording is what a worker does in each of its turns so that it can be saved in those of others.
func BenchmarkRecording(b *testing.B) {
	for _, envs := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("B=%d", envs), func(b *testing.B) {
			cfg := a3c.DefaultConfig()
			cfg.Envs, cfg.AnnealSteps = envs, 1000
			l, err := a3c.New(cfg, 1, cartPoles(envs))
			if err != nil {
				b.Fatal(err)
			}
			note := a3c.Note(l)
			b.ReportAllocs()
			for b.Loop() {
				if err := note(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// cartPoles makes a worker's vector.
func cartPoles(envs int) func(int) (env.Vector, error) {
	return func(int) (env.Vector, error) {
		many := make([]env.Environment, envs)
		for i := range many {
			var err error
			if many[i], err = classic.New("CartPole-v1"); err != nil {
				return nil, err
			}
		}
		return env.Batch(many...)
	}
}

package sac

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"covey/algo/offpolicy"
	"covey/env"
	"covey/replay"
)

// BenchmarkUpdate is one update of critics, actor and temperature, with observations of 3 and actions of 1.
func BenchmarkUpdate(b *testing.B) {
	for _, size := range []struct{ hidden, batch int }{{256, 256}, {64, 100}, {64, 32}} {
		for _, cores := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d-%dx%d/cores=%d", size.hidden, size.hidden, size.batch, cores), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				cfg := DefaultConfig()
				cfg.Network.Hidden, cfg.Batch = []int{size.hidden, size.hidden}, size.batch
				spec := env.Spec{Observation: env.NewBox([]float32{-1, -1, -8}, []float32{1, 1, 8}), Action: env.NewBox([]float32{-2}, []float32{2})}
				pair, rng := &offpolicy.Pair{}, rand.New(rand.NewPCG(1, 1))
				a, err := newAgent(&cfg, spec, pair, rng)
				if err != nil {
					b.Fatal(err)
				}
				batch := replay.NewBatch(spec, size.batch)
				for _, x := range [][]float32{batch.Observations.F, batch.Next.F, batch.Actions, batch.Rewards} {
					for i := range x {
						x[i] = float32(rng.NormFloat64())
					}
				}
				for i := range batch.Discounts {
					batch.Discounts[i] = 0.99
				}
				pair.Start()
				defer pair.Stop()
				for b.Loop() {
					if err := a.Update(batch, rng); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

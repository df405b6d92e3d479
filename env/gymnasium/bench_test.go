package gymnasium

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkStep is a step of all environments of a vector, with random actions: the time for one step of one of them,
// and the median for all.
func BenchmarkStep(b *testing.B) {
	atari := map[string]any{"stack_num": 1, "num_threads": 1, "reward_clipping": false}
	for _, c := range []struct {
		id              string
		vector          bool
		kwargs          map[string]any
		envs, processes int
	}{
		{"CartPole-v1", false, nil, 1, 1},
		{"CartPole-v1", false, nil, 8, 1},
		{"CartPole-v1", true, nil, 8, 1},
		{"CartPole-v1", true, nil, 16, 2},
		{"ALE/Pong-v5", false, nil, 4, 1},
		{"ALE/Pong-v5", false, nil, 4, 2},
		{"ALE/Pong-v5", true, atari, 4, 1},
		{"ALE/Pong-v5", true, atari, 8, 2},
		{"HalfCheetah-v5", false, nil, 1, 1},
		{"HalfCheetah-v5", false, nil, 8, 1},
		{"HalfCheetah-v5", false, nil, 16, 2},
	} {
		for _, piped := range transports() {
			b.Run(fmt.Sprintf("%s/own=%v/k=%d/children=%d/piped=%v", c.id, c.vector, c.envs, c.processes, piped), func(b *testing.B) {
				o := options(b, c.id, c.kwargs)
				o.Piped, o.Vector = piped, c.vector
				w := newWorld(b, o, c.envs, c.processes)
				if err := w.reset(1); err != nil {
					b.Fatal(err)
				}
				rng := rand.New(rand.NewPCG(1, 2))
				times := make([]time.Duration, 0, 1<<16)
				b.ReportAllocs()
				for b.Loop() {
					for i := range c.envs {
						w.spec.Action.Sample(w.actions[i*w.action:(i+1)*w.action], rng)
					}
					begun := time.Now()
					if err := w.step(); err != nil {
						b.Fatal(err)
					}
					if len(times) < cap(times) {
						times = append(times, time.Since(begun))
					}
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50-µs")
				b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*c.envs), "µs/step")
			})
		}
	}
}

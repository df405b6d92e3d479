package supervise_test

import (
	"fmt"
	"testing"

	"covey/env"
	"covey/env/classic"
	"covey/env/supervise"
)

// BenchmarkStep is a step of CartPole, alone and supervised.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{1, 16} {
		create := func() (env.Vector, error) {
			envs := make([]env.Environment, n)
			for i := range envs {
				var err error
				if envs[i], err = classic.New("CartPole-v1"); err != nil {
					return nil, err
				}
			}
			return env.Batch(envs...)
		}
		supervised := func() (env.Vector, error) { return supervise.Vector(create, supervise.Options{Budget: 1}) }
		for i, create := range []func() (env.Vector, error){create, supervised} {
			name := []string{"alone", "supervised"}[i]
			v, err := create()
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/B=%d", name, n), func(b *testing.B) {
				space := v.Spec().Observation
				obs, final := env.MakeValues(space, 4*n), env.MakeValues(space, 4*n)
				actions, out := make([]float32, n), make([]env.Outcome, n)
				if err := v.Reset(make([]uint64, n), obs); err != nil {
					b.Fatal(err)
				}
				for i := 0; b.Loop(); i++ {
					actions[i%n] = float32(i & 1)
					if err := v.Step(actions, obs, final, out); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

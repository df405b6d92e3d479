package gymnasium

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/policy"
)

// wrapped is an environment within one of Gymnasium's wrappers, or none.
func wrapped(t *testing.T, id, wrapper string, kwargs map[string]any) env.Environment {
	t.Helper()
	o := options(t, id, nil)
	if wrapper != "" {
		o.Wrappers = []Wrapper{{Name: "gymnasium.wrappers:" + wrapper, Kwargs: kwargs}}
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestWrappersAreGymnasiums: covey's wrappers around the bare environment do what Gymnasium's do in Python.
func TestWrappersAreGymnasiums(t *testing.T) {
	bounds := policy.NewBounds(env.NewBox([]float32{-2}, []float32{2}))
	for _, c := range []struct {
		id, wrapper string
		kwargs      map[string]any
		ours        func(env.Environment) env.Environment
		act         func(action []float32) // what ours is given instead
	}{
		{"CartPole-v1", "FrameStackObservation", map[string]any{"stack_size": 4}, func(e env.Environment) env.Environment { return env.Stack(e, 4) }, nil},
		{"CartPole-v1", "TimeLimit", map[string]any{"max_episode_steps": 7}, func(e env.Environment) env.Environment { return env.TimeLimit(e, 7) }, nil},
		{"Pendulum-v1", "ClipReward", map[string]any{"min_reward": -3, "max_reward": -0.5}, func(e env.Environment) env.Environment { return env.ClipReward(e, -3, -0.5) }, nil},
		{"Pendulum-v1", "RescaleAction", map[string]any{"min_action": -1, "max_action": 1}, func(e env.Environment) env.Environment { return e }, func(a []float32) { bounds.Apply(a, a) }},
	} {
		t.Run(c.wrapper, func(t *testing.T) {
			theirs, ours := wrapped(t, c.id, c.wrapper, c.kwargs), c.ours(wrapped(t, c.id, "", nil))
			seen := env.NewHistory(ours.Spec(), 1)
			want := env.MakeValues(theirs.Spec().Observation, theirs.Spec().Observation.Size())
			if want.Len() != seen.Width() {
				t.Fatalf("Gymnasium's shows %d numbers, ours %d", want.Len(), seen.Width())
			}
			rng := rand.New(rand.NewPCG(1, 1))
			ended, action := true, make([]float32, 1)
			for step := range 100 {
				if ended {
					seed := rng.Uint64()
					if err := theirs.Reset(seed, want); err != nil {
						t.Fatal(err)
					}
					if err := ours.Reset(seed, seen.Frames); err != nil {
						t.Fatal(err)
					}
					seen.ShowRow(0, true)
					ended = false
				} else {
					theirs.Spec().Action.Sample(action, rng)
					out, err := theirs.Step(action, want)
					if err != nil {
						t.Fatal(err)
					}
					if c.act != nil {
						c.act(action)
					}
					got, err := ours.Step(action, seen.Frames)
					if err != nil || got != out {
						t.Fatalf("step %d: %+v (error %v), Gymnasium's %+v", step, got, err, out)
					}
					ended = out.Terminated || out.Truncated
					seen.ShowRow(0, false)
				}
				if !slices.Equal(seen.Observations.F, want.F) {
					t.Fatalf("step %d: shown %v, Gymnasium's %v", step, seen.Observations.F, want.F)
				}
			}
		})
	}
}

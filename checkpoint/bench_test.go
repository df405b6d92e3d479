package checkpoint_test

import (
	"testing"

	"covey/checkpoint"
	"covey/env"
	"covey/env/classic"
	"covey/replay"
	"covey/state"
)

// pendulums is a replay of a million transitions of Pendulum-v1.
func pendulums(b *testing.B) (*replay.Buffer, func()) {
	b.Helper()
	e, err := classic.New("Pendulum-v1")
	if err != nil {
		b.Fatal(err)
	}
	const capacity = 1_000_000
	spec := e.Spec()
	buffer := replay.New(spec, 1, capacity)
	obs := env.MakeValues(spec.Observation, 3)
	buffer.Begin(obs)
	outcome, action := make([]env.Outcome, 1), make([]float32, 1)
	step := func() {
		obs.F[0]++
		action[0], outcome[0].Reward = obs.F[0], -obs.F[0]
		buffer.Add(action, outcome, obs, obs)
	}
	for range capacity {
		step()
	}
	return buffer, step
}

// BenchmarkSave is how long a save of a run with a replay of a million transitions stops the training: all of
// it is new, or what a thousand further steps have changed. The wait for the disk afterwards is not counted.
func BenchmarkSave(b *testing.B) {
	for name, fresh := range map[string]bool{"all": true, "further": false} {
		b.Run(name, func(b *testing.B) {
			buffer, step := pendulums(b)
			s := &checkpoint.Store{Dir: b.TempDir(), Keep: 2}
			run := checkpoint.Part{Name: "learner", State: buffer}
			save := func(x uint64) {
				m := manifest()
				m.Counters.EnvSteps = x
				if err := s.Save(m, state.Tree{}, nil, run); err != nil {
					b.Fatal(err)
				}
			}
			save(0)
			b.ReportAllocs()
			for i := uint64(1); b.Loop(); i++ {
				b.StopTimer()
				if err := s.Wait(); err != nil {
					b.Fatal(err)
				}
				if fresh {
					s = &checkpoint.Store{Dir: s.Dir, Keep: 2}
				}
				for range 1000 {
					step()
				}
				b.StartTimer()
				save(i)
			}
			b.StopTimer()
			if err := s.Wait(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkLoad is how long it takes to verify and load it.
func BenchmarkLoad(b *testing.B) {
	buffer, _ := pendulums(b)
	dir := b.TempDir()
	s := &checkpoint.Store{Dir: dir}
	run := checkpoint.Part{Name: "learner", State: buffer}
	if err := s.Save(manifest(), state.Tree{}, nil, run); err != nil {
		b.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c, _, err := checkpoint.NewestResumable(dir)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Load(run); err != nil {
			b.Fatal(err)
		}
	}
}

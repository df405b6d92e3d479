package rollout

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/dist"
	"covey/env"
	"covey/env/classic"
	"covey/internal/corridor"
	"covey/nn"
	"covey/policy"
	"covey/state"
)

// living returns a collector in v.
func living(t *testing.T, v env.Vector, err error) *Collector {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	d, err := policy.Distribution(v.Spec().Action)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(v.Spec().Stacked(), nn.DefaultConfig(), nn.Head{Name: "value", Width: 1, Gain: 1}, nn.Head{Name: "policy", Width: d().Params(), Gain: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{Spec: v.Spec(), Net: net, Column: 1, NewSampler: func() dist.Sampler { return d() }, Params: make([]float32, net.Size),
		Moments: policy.NewMoments(v.Spec().Observation.Size(), true)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	c, err := NewCollector(p, v, Fixed, 8, 0.9, make([]uint64, v.Len()), rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRecordingACollectorAllocatesNothing, in any of the native environments, also the hundredth of a vector.
func TestRecordingACollectorAllocatesNothing(t *testing.T) {
	for _, id := range classic.IDs() {
		envs := make([]env.Environment, 120)
		for i := range envs {
			var err error
			if envs[i], err = classic.New(id); err != nil {
				t.Fatal(err)
			}
		}
		v, err := env.Batch(envs...)
		c := living(t, v, err)
		var r state.Recording
		if n := testing.AllocsPerRun(10, func() {
			if err := r.Take(c); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", id, n)
		}
	}
}

// TestLostEpisodes: the segment in which a vector lost its episodes is lost, and the next one begins with new ones.
func TestLostEpisodes(t *testing.T) {
	v, err := corridor.Batch(3, false, nil)
	c := living(t, &corridor.Restarting{Vector: v, Every: 11}, err)
	collect(t, c) // 8 steps
	_, err = c.Collect(t.Context())
	if _, lost := errors.AsType[*env.Restarted](err); !lost || !errors.Is(err, corridor.ErrCaveIn) {
		t.Fatalf("error %v", err)
	}
	s := collect(t, c)
	if !slices.Equal(s.Starts[:3], []bool{true, true, true}) {
		t.Errorf("the next segment begins with starts %v", s.Starts[:3])
	}
	for _, e := range s.Episodes {
		if e.Length > 8 {
			t.Errorf("an episode of %d steps ends in it", e.Length)
		}
	}
}

// TestRestart begins new episodes in what cannot be saved.
func TestRestart(t *testing.T) {
	v, err := corridor.Batch(2, false, nil)
	c := living(t, &corridor.Restarting{Vector: v}, err)
	if c.Continues() {
		t.Fatal("a vector that cannot be saved continues")
	}
	first := slices.Clone(c.history.Frames.F)
	collect(t, c)
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	if s := collect(t, c); slices.Equal(s.Observations.F[:4], first) || !s.Starts[0] || !s.Starts[1] {
		t.Errorf("it begins at %v with starts %v", s.Observations.F[:4], s.Starts[:2])
	}
}

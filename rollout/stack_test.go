package rollout

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/dist"
	"covey/env"
	"covey/env/classic"
	"covey/nn"
	"covey/policy"
	"covey/state"
)

// stacked is a collector of clocks of which a policy sees the last frames.
func stacked(t *testing.T, stack, steps int, normalize bool, limits ...float32) *Collector {
	t.Helper()
	envs := make([]env.Environment, len(limits))
	for i, l := range limits {
		envs[i] = env.Stack(&clock{limit: l}, stack)
	}
	v, err := env.Batch(envs...)
	if err != nil {
		t.Fatal(err)
	}
	d, err := policy.Distribution(v.Spec().Action)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(v.Spec().Stacked(), nn.Config{Activation: "relu", Init: "glorot"},
		nn.Head{Name: "value", Width: 1, Gain: 1}, nn.Head{Name: "policy", Width: 2, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	frame := 0
	if normalize {
		frame = 2
	}
	p := &policy.Policy{Spec: v.Spec(), Net: net, Column: 1, NewSampler: func() dist.Sampler { return d() }, Params: make([]float32, net.Size), Moments: policy.NewMoments(frame, false)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	c, err := NewCollector(p, v, Fixed, steps, 0.5, make([]uint64, len(limits)), rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// frames are those that a clock shows at a step of an episode, the first standing in for those before.
func frames(stack int, episode, step float32) []float32 {
	var all []float32
	for j := range stack {
		all = append(all, episode, max(step-float32(stack-1-j), 0))
	}
	return all
}

// TestStackedFramesAreOfOneEpisode follows streams through many segments, some shorter than the stack: each frame is
// stored once, the inputs put together from them are what the network was shown, and no frame comes from another episode.
func TestStackedFramesAreOfOneEpisode(t *testing.T) {
	for _, c := range []struct{ stack, steps int }{{1, 4}, {2, 1}, {3, 2}, {4, 4}, {4, 9}} {
		for _, normalize := range []bool{false, true} {
			follow(t, c.stack, c.steps, normalize)
		}
	}
}

func follow(t *testing.T, stack, steps int, normalize bool) {
	t.Helper()
	limits := []float32{3, 5, 7}
	c := stacked(t, stack, steps, normalize, limits...)
	again := c.policy.Net.NewPass(3)
	width := 2 * stack
	input := env.Values{F: make([]float32, 3*width)}
	out := make([]float32, 3*c.policy.Net.Out)
	episode, step := []float32{1, 1, 1}, []float32{0, 0, 0}
	for n := range 12 {
		s := collect(t, c)
		if got := len(s.Observations.F); got != 2*3*(stack-1+steps+1) {
			t.Fatalf("%d steps of %d frames each take %d elements", steps, stack, got)
		}
		var finals []float32
		for u := range s.T + 1 {
			shown := s.Input(input, u)
			for b := range 3 {
				want := frames(stack, episode[b], step[b])
				if c.policy.Moments.NormalizesObservations() {
					c.policy.Moments.Normalize(want, want)
				}
				if got := shown.F[b*width : (b+1)*width]; !slices.Equal(got, want) {
					t.Fatalf("stack %d, segment %d, step %d, stream %d: shown %v, want %v", stack, n, u, b, got, want)
				}
			}
			if u == s.T {
				break
			}
			again.Step(c.policy.Params, out, nil, shown, 0, 3)
			if got := s.Outputs[u*len(out) : (u+1)*len(out)]; !slices.Equal(got, out) {
				t.Fatalf("stack %d, segment %d, step %d: acted by %v, the input gives %v", stack, n, u, got, out)
			}
			for b := range 3 {
				if step[b]++; step[b] < limits[b] {
					continue
				}
				if int(episode[b])%2 == 1 {
					finals = append(finals, frames(stack, episode[b], step[b])...)
				}
				episode[b]++
				step[b] = 0
			}
		}
		if c.policy.Moments.NormalizesObservations() {
			c.policy.Moments.Normalize(finals, finals)
		}
		if got := s.Final.F[:width*len(s.FinalRows)]; !slices.Equal(got, finals) {
			t.Fatalf("stack %d, segment %d: final observations %v, want %v", stack, n, got, finals)
		}
		if normalize { // what is normalised anew at a segment's start are the frames as they were given
			c.policy.Moments.Merge(&c.Seen)
			c.Seen.Reset()
		}
	}
}

// TestStackedStateGoesOn: the frames before are part of the state.
func TestStackedStateGoesOn(t *testing.T) {
	poles := func() *Collector {
		e, err := classic.New("CartPole-v1")
		if err != nil {
			t.Fatal(err)
		}
		v, err := env.Batch(env.Stack(e, 3))
		return living(t, v, err)
	}
	c := poles()
	collect(t, c)
	saved, err := state.Save(c)
	if err != nil {
		t.Fatal(err)
	}
	other := poles()
	if err := state.Load(other, saved); err != nil {
		t.Fatal(err)
	}
	input := env.MakeValues(c.policy.Net.In, c.policy.Net.In.Size())
	want := slices.Clone(collect(t, c).Input(input, 0).F)
	if got := collect(t, other).Input(input, 0).F; !slices.Equal(got, want) {
		t.Errorf("loaded, it is shown %v, want %v", got, want)
	}
}

func TestStackingAllocatesNothing(t *testing.T) {
	c := stacked(t, 4, 8, true, 3, 5)
	if n := testing.AllocsPerRun(20, func() { collect(t, c) }); n > 0 {
		t.Errorf("a segment allocates %v times", n)
	}
}

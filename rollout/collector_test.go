package rollout

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"covey/dist"
	"covey/env"
	"covey/nn"
	"covey/policy"
)

// clock shows its episode's number and step; an episode ends after limit steps, terminated where its
// number is even, truncated where it is odd. Its reward is the step.
type clock struct{ episode, step, limit float32 }

func (c *clock) Spec() env.Spec {
	inf := float32(math.Inf(1))
	return env.Spec{ID: "Clock", MaxSteps: int(c.limit), Action: env.NewDiscrete(2), Observation: env.NewBox([]float32{0, 0}, []float32{inf, inf})}
}

func (c *clock) Reset(_ uint64, obs env.Values) error {
	c.episode++
	c.step = 0
	obs.F[0], obs.F[1] = c.episode, 0
	return nil
}

func (c *clock) Step(_ []float32, obs env.Values) (env.Outcome, error) {
	c.step++
	obs.F[0], obs.F[1] = c.episode, c.step
	end, even := c.step == c.limit, int(c.episode)%2 == 0
	return env.Outcome{Reward: c.step, Terminated: end && even, Truncated: end && !even}, nil
}

func (c *clock) Close() error { return nil }

// collector of clocks whose streams end after the given limits.
func collector(t *testing.T, extent Extent, steps int, normalize bool, limits ...float32) *Collector {
	t.Helper()
	envs := make([]env.Environment, len(limits))
	for i, l := range limits {
		envs[i] = &clock{limit: l}
	}
	v, err := env.Batch(envs...)
	if err != nil {
		t.Fatal(err)
	}
	d, err := policy.Distribution(v.Spec().Action)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(v.Spec().Observation, nn.Config{Activation: "relu", Init: "glorot"},
		nn.Head{Name: "value", Width: 1, Gain: 1}, nn.Head{Name: "policy", Width: 2, Gain: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	frame := 0
	if normalize {
		frame = 2
	}
	p := &policy.Policy{Spec: v.Spec(), Net: net, Column: 1, NewSampler: func() dist.Sampler { return d() }, Params: make([]float32, net.Size), Moments: policy.NewMoments(frame, normalize)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	c, err := NewCollector(p, v, extent, steps, 0.5, make([]uint64, len(limits)), rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func collect(t *testing.T, c *Collector) *Segment {
	t.Helper()
	s, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSegmentsAreOneLife follows each stream through many segments: observations go on where the segment
// before ended, episodes cross the borders whole, endings and final observations stand where they belong.
func TestSegmentsAreOneLife(t *testing.T) {
	limits := []float32{3, 5, 7}
	c := collector(t, Fixed, 4, false, limits...)
	episode, step := []float32{1, 1, 1}, []float32{0, 0, 0}
	for range 20 {
		s := collect(t, c)
		if s.T != 4 || s.B != 3 {
			t.Fatalf("segment of %d × %d steps, want 4 × 3", s.T, s.B)
		}
		var finals []float32
		episodes := s.Episodes
		for row := range s.Rows() {
			b := row % s.B
			if got := s.Observations.F[row*2 : row*2+2]; got[0] != episode[b] || got[1] != step[b] {
				t.Fatalf("row %d shows %v, want episode %v step %v", row, got, episode[b], step[b])
			}
			if s.Starts[row] != (step[b] == 0) {
				t.Fatalf("row %d: start is %v at step %v", row, s.Starts[row], step[b])
			}
			step[b]++
			end, even := step[b] == limits[b], int(episode[b])%2 == 0
			if s.Rewards[row] != step[b] || s.Terminated[row] != (end && even) || s.Truncated[row] != (end && !even) {
				t.Fatalf("row %d: reward %v, terminated %v, truncated %v at step %v of episode %v", row, s.Rewards[row], s.Terminated[row], s.Truncated[row], step[b], episode[b])
			}
			if !end {
				continue
			}
			if want := (Episode{Return: float64(limits[b] * (limits[b] + 1) / 2), Length: int(limits[b]), Stream: b}); len(episodes) == 0 || episodes[0] != want {
				t.Fatalf("episodes %v, want %v next", episodes, want)
			}
			episodes = episodes[1:]
			if !even {
				finals = append(finals, episode[b], step[b])
			}
			episode[b]++
			step[b] = 0
		}
		if len(episodes) != 0 {
			t.Fatalf("episodes %v that did not end here", episodes)
		}
		if got := s.Final.F[:2*len(s.FinalRows)]; !slices.Equal(got, finals) {
			t.Fatalf("final observations %v, want %v", got, finals)
		}
		for b := range s.B {
			if got := s.Observations.F[(s.Rows()+b)*2:][:2]; got[0] != episode[b] || got[1] != step[b] {
				t.Fatalf("stream %d ends at %v, want episode %v step %v", b, got, episode[b], step[b])
			}
		}
	}
}

func TestExtents(t *testing.T) {
	for _, c := range []struct {
		extent Extent
		steps  int
		want   []int
	}{
		{Fixed, 4, []int{4, 4, 4, 4}},
		{UntilEnd, 4, []int{4, 3, 4, 3}},
		{UntilEnd, 9, []int{7, 7, 7, 7}},
		{WholeEpisode, 4, []int{7, 7, 7, 7}},
	} {
		col := collector(t, c.extent, c.steps, false, 7)
		var got []int
		for range c.want {
			got = append(got, collect(t, col).T)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s of %d: lengths %v, want %v", c.extent, c.steps, got, c.want)
		}
	}
}

func TestExtentsWantOneStream(t *testing.T) {
	v, err := env.Batch(&clock{limit: 3}, &clock{limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	p := collector(t, Fixed, 1, false, 3).policy
	if _, err := NewCollector(p, v, UntilEnd, 4, 1, []uint64{1, 2}, nil); err == nil || !strings.Contains(err.Error(), "want one environment, there are 2") {
		t.Errorf("error %v", err)
	}
	endless, _ := env.Batch(&clock{})
	if _, err := NewCollector(p, endless, WholeEpisode, 4, 1, []uint64{1}, nil); err == nil || !strings.Contains(err.Error(), "have no limit") {
		t.Errorf("error %v", err)
	}
}

// TestMomentsAreFrozen: what is seen goes to Seen; the policy's moments, and so what the network is shown,
// change only when their owner merges.
func TestMomentsAreFrozen(t *testing.T) {
	c := collector(t, Fixed, 6, true, 3)
	s := collect(t, c)
	if c.policy.Moments.Observation.Count != 0 || c.Seen.Observation.Count != 6 || c.Seen.Return.Count != 6 {
		t.Fatalf("counts: policy %v, seen %v and %v; want 0, 6, 6", c.policy.Moments.Observation.Count, c.Seen.Observation.Count, c.Seen.Return.Count)
	}
	if s.Observations.F[2] != 1 || s.Observations.F[3] != 1 { // mean 0, deviation 1 before anything was merged
		t.Errorf("row 1 shows %v, want [1 1]", s.Observations.F[2:4])
	}
	// discounted at 0.5, episodes of rewards 1, 2, 3: 1, 2.5, 4.25, and again
	if got, want := c.Seen.Return.Mean[0], (1+2.5+4.25)/3; math.Abs(got-want) > 1e-12 {
		t.Errorf("mean discounted return %v, want %v", got, want)
	}
	c.policy.Moments.Merge(&c.Seen)
	s = collect(t, c)
	m := c.policy.Moments.Observation
	for i, raw := range []float64{3, 0} { // the third episode begins
		want := (raw - m.Mean[i]) / m.Deviation(i)
		if got := float64(s.Observations.F[i]); math.Abs(got-want) > 1e-6 {
			t.Errorf("element %d is shown as %v, want %v", i, got, want)
		}
	}
	for i, raw := range []float64{3, 3} { // and is cut off
		want := (raw - m.Mean[i]) / m.Deviation(i)
		if got := float64(s.Final.F[i]); len(s.FinalRows) != 1 || math.Abs(got-want) > 1e-6 {
			t.Errorf("element %d of the final observation is shown as %v, want %v", i, got, want)
		}
	}
}

// valve takes numbers between 2 and 4 and ends each episode at once, both terminated and truncated.
type valve struct {
	clock
	taken []float32
}

func (v *valve) Spec() env.Spec {
	s := v.clock.Spec()
	s.Action = env.NewBox([]float32{2}, []float32{4})
	return s
}

func (v *valve) Step(action []float32, _ env.Values) (env.Outcome, error) {
	v.taken = append(v.taken, action[0])
	return env.Outcome{Terminated: true, Truncated: true}, nil
}

// TestBoundsAreTheEnvironments: it gets actions within its bounds, while the segment holds them as sampled.
// What is both terminated and truncated has no final observation: nothing follows it.
func TestBoundsAreTheEnvironments(t *testing.T) {
	world := &valve{clock: clock{limit: 1}}
	v, err := env.Batch(world)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(v.Spec().Observation, nn.Config{Activation: "relu", Init: "glorot"}, nn.Head{Name: "policy", Width: 2, Gain: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{Spec: v.Spec(), Net: net, NewSampler: func() dist.Sampler { return dist.NewGaussian(1) }, Params: make([]float32, net.Size)}
	c, err := NewCollector(p, v, Fixed, 50, 1, []uint64{1}, rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	s := collect(t, c)
	beyond := 0
	for i, a := range s.Actions {
		if a < -1 || a > 1 {
			beyond++
		}
		if want := 3 + min(max(a, -1), 1); math.Abs(float64(world.taken[i]-want)) > 1e-6 {
			t.Errorf("sampled %v, the environment got %v, want %v", a, world.taken[i], want)
		}
	}
	if beyond == 0 || len(s.FinalRows) != 0 || len(s.Episodes) != 50 {
		t.Errorf("%d samples beyond the bounds, %d final observations, %d episodes; want some, 0, 50", beyond, len(s.FinalRows), len(s.Episodes))
	}
}

// TestCorrelate: the actions are the policy's, with noise that remembers and that starts afresh with each episode.
func TestCorrelate(t *testing.T) {
	envs := []env.Environment{&valve{clock: clock{limit: 7}}, &valve{clock: clock{limit: 4}}}
	v, err := env.Batch(envs...)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.New(v.Spec().Observation, nn.Config{Activation: "relu", Init: "glorot"}, nn.Head{Name: "policy", Width: 2, Gain: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{Spec: v.Spec(), Net: net, NewSampler: func() dist.Sampler { return dist.NewGaussian(1) }, Params: make([]float32, net.Size)}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 1)))
	c, err := NewCollector(p, v, Fixed, 10, 1, []uint64{1, 2}, rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Correlate(0.9); err != nil {
		t.Fatal(err)
	}
	noise, rng := dist.NewNoise(2, 1, 0.9), rand.New(rand.NewPCG(2, 2))
	for range 3 {
		s := collect(t, c)
		for row := 0; row < s.Rows(); row += 2 {
			for i, e := range noise.Next(s.Starts[row:row+2], rng) {
				out := s.Outputs[2*(row+i) : 2*(row+i)+2]
				if want := float64(out[0]) + math.Exp(float64(out[1]))*float64(e); math.Abs(float64(s.Actions[row+i])-want) > 1e-5 {
					t.Fatalf("row %d: action %v, want %v", row+i, s.Actions[row+i], want)
				}
			}
		}
	}
	if err := collector(t, Fixed, 5, false, 3).Correlate(0.9); err == nil || !strings.Contains(err.Error(), "Clock has Discrete actions") {
		t.Errorf("noise for choices: %v", err)
	}
}

func TestCollectAllocatesNothing(t *testing.T) {
	c := collector(t, Fixed, 5, true, 3, 4)
	if n := testing.AllocsPerRun(20, func() { collect(t, c) }); n != 0 {
		t.Errorf("%v allocations per segment", n)
	}
}

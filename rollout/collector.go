package rollout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"covey/dist"
	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/policy"
)

// Extent says where a segment ends.
type Extent string

// The extents. All but Fixed want a single stream.
const (
	Fixed        Extent = "fixed"     // after n steps
	UntilEnd     Extent = "until_end" // after n steps or at the end of the episode, as in the A3C paper
	WholeEpisode Extent = "episode"   // at the end of the episode
)

// Collector lives in a vector of environments by a policy and hands out what it lived through, one
// segment at a time. It belongs to one goroutine.
type Collector struct {
	policy *policy.Policy
	vector env.Vector
	extent Extent
	gamma  float32 // discount of the return whose deviation scales rewards
	rng    *rand.Rand

	// Pass holds the activations of the segment's rows, and room for B more after them.
	Pass nn.Pass
	// Seen is what the normalisers would learn from the segments since it was last reset.
	Seen policy.Moments

	sampler  dist.Sampler
	gaussian *dist.Gaussian // the sampler, which turns noise into actions; nil without noise
	noise    *dist.Noise    // that remembers; nil: the sampler draws its own
	bounds   policy.Bounds
	frame    int // elements of what an environment shows at once
	segment  Segment
	capacity int          // most steps in a segment
	history  *env.History // what to act on next, as the environments gave it
	input    env.Values   // [B, Stack, frame]: the same, as the network sees it
	final    env.Values   // [B, frame]
	actions  []float32    // [B, action], within the space's bounds
	outcomes []env.Outcome
	state    []float32 // [B, state]
	starts   []bool    // [B]
	running  []Episode // [B]: the episodes under way
	names    []string  // [B]: of their parts
	returns  []float32 // [B]: their discounted rewards so far
}

// NewCollector returns a collector of segments of up to steps steps. The policy's parameters and
// moments may change between segments, not during one. seeds: one per environment.
func NewCollector(p *policy.Policy, v env.Vector, extent Extent, steps int, gamma float32, seeds []uint64, rng *rand.Rand) (*Collector, error) {
	b, frame, older := v.Len(), p.Spec.Observation.Size(), max(p.Spec.Stack, 1)-1
	if extent != Fixed && b != 1 {
		return nil, fmt.Errorf("segments of extent %s want one environment, there are %d", extent, b)
	}
	if extent == WholeEpisode {
		if steps = v.Spec().MaxSteps; steps == 0 {
			return nil, fmt.Errorf("whole episodes of %s have no limit: give it one, or use extent %s", v.Spec().ID, UntilEnd)
		}
	}
	sampler := p.NewSampler()
	rows := steps * b
	c := &Collector{
		policy: p, vector: v, extent: extent, gamma: gamma, rng: rng,
		Pass: p.Net.NewPass(rows + b), Seen: p.Moments.Clone(),
		sampler: sampler, bounds: policy.NewBounds(p.Spec.Action), frame: frame, capacity: steps,
		history: env.NewHistory(p.Spec, b), final: env.MakeValues(p.Spec.Observation, b*frame),
		actions: make([]float32, b*sampler.Actions()), outcomes: make([]env.Outcome, b),
		state: make([]float32, b*p.Net.State), starts: make([]bool, b),
		running: make([]Episode, b), names: make([]string, b), returns: make([]float32, b),
		segment: Segment{
			B: b, Stack: older + 1,
			Observations: env.MakeValues(p.Net.In, (older*b+rows+b)*frame),
			Actions:      make([]float32, rows*sampler.Actions()),
			Outputs:      make([]float32, rows*p.Net.Out),
			Rewards:      make([]float32, rows),
			Terminated:   make([]bool, rows),
			Truncated:    make([]bool, rows),
			Starts:       make([]bool, rows+b),
			Final:        env.MakeValues(p.Net.In, rows*p.Net.In.Size()),
			FinalRows:    make([]int32, 0, rows),
			State:        make([]float32, b*p.Net.State),
			Episodes:     make([]Episode, 0, rows),
		},
	}
	c.Seen.Reset()
	for i := range c.names {
		c.names[i] = "stream." + strconv.Itoa(i)
	}
	if older > 0 && p.Moments.NormalizesObservations() {
		c.input = env.MakeValues(p.Net.In, b*p.Net.In.Size())
	}
	if err := v.Reset(seeds, c.history.Frames); err != nil {
		return nil, err
	}
	return c, c.begin()
}

// Correlate makes the noise in the policy's actions remember rho of the step before, as [dist.Noise] does. It is
// an error unless the policy is Gaussian.
func (c *Collector) Correlate(rho float32) error {
	gaussian, ok := c.sampler.(*dist.Gaussian)
	if !ok {
		return fmt.Errorf("noise that remembers wants a Gaussian policy, over numbers; %s has %v actions", c.policy.Spec.ID, c.policy.Spec.Action.Kind)
	}
	c.gaussian, c.noise = gaussian, dist.NewNoise(c.segment.B, gaussian.Actions(), rho)
	return nil
}

// begin stands at the start of an episode in every environment, whose first observations are there.
func (c *Collector) begin() error {
	for i := range c.running {
		c.starts[i], c.running[i] = true, Episode{Stream: i}
	}
	clear(c.returns)
	clear(c.state)
	c.history.Show(c.starts)
	return env.CheckReset(&c.policy.Spec, c.history.Frames)
}

// Collect lives through a segment. The segment is valid until the next call. Where the vector lost its episodes, the
// error is the vector's [*env.Restarted], the segment is lost too, and the next one begins with new episodes. A number
// that is not finite is an error.
func (c *Collector) Collect(ctx context.Context) (*Segment, error) {
	s := &c.segment
	s.T, s.FinalRows, s.Episodes = 0, s.FinalRows[:0], s.Episodes[:0]
	copy(s.State, c.state)
	c.remember()
	for ended := false; s.T < c.capacity && !(ended && c.extent != Fixed); s.T++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.observe(s.T)
		c.act(s.T)
		if err := c.vector.Step(c.actions, c.history.Frames, c.final, c.outcomes); err != nil {
			if _, restarted := errors.AsType[*env.Restarted](err); restarted {
				if failed := c.begin(); failed != nil {
					return nil, failed
				}
			}
			return nil, err
		}
		if err := env.CheckStep(&c.policy.Spec, c.outcomes, c.history.Frames, c.final); err != nil {
			return nil, err
		}
		ended = c.record(s.T)
		c.history.Show(c.starts)
	}
	c.observe(s.T)
	return s, nil
}

// remember puts the frames before the segment's first one ahead of it.
func (c *Collector) remember() {
	s, n := &c.segment, c.frame
	for j := range s.Stack - 1 {
		for i := range s.B {
			at := (j*s.B + i) * n
			c.normalize(s.Observations.Slice(at, at+n), c.history.Row(i).Slice(j*n, (j+1)*n))
		}
	}
}

// observe makes the current observations row t of the segment.
func (c *Collector) observe(t int) {
	s, n := &c.segment, c.segment.B*c.frame
	copy(s.Starts[t*s.B:(t+1)*s.B], c.starts)
	frames := s.Observations.Slice((s.Stack-1+t)*n, (s.Stack+t)*n)
	c.normalize(frames, c.history.Frames)
	switch {
	case s.Stack == 1:
		c.input = frames
	case c.policy.Moments.NormalizesObservations():
		c.normalize(c.input, c.history.Observations)
	default:
		c.input = c.history.Observations
	}
}

func (c *Collector) normalize(dst, src env.Values) {
	if c.policy.Moments.NormalizesObservations() {
		c.policy.Moments.Normalize(dst.F, src.F)
	} else {
		dst.Copy(src)
	}
}

// act samples the actions of row t.
func (c *Collector) act(t int) {
	s, p, b := &c.segment, c.policy, c.segment.B
	out := s.Outputs[t*b*p.Net.Out : (t+1)*b*p.Net.Out]
	c.Pass.Step(p.Params, out, c.state, c.input, t, b)
	params := kernel.Mat{X: out[p.Column:], Rows: b, Cols: c.sampler.Params(), Stride: p.Net.Out}
	sampled := s.Actions[t*len(c.actions) : (t+1)*len(c.actions)]
	if c.noise != nil {
		c.gaussian.Transform(sampled, params, c.noise.Next(s.Starts[t*b:(t+1)*b], c.rng))
	} else {
		c.sampler.Sample(sampled, nil, params, c.rng)
	}
	c.bounds.Apply(c.actions, sampled)
}

// record writes row t's outcomes and says whether an episode ended.
func (c *Collector) record(t int) (ended bool) {
	s := &c.segment
	for i, o := range c.outcomes {
		row := t*s.B + i
		s.Rewards[row], s.Terminated[row], s.Truncated[row] = o.Reward, o.Terminated, o.Truncated
		e := &c.running[i]
		e.Return += float64(o.Reward)
		e.Length++
		c.learnMoments(i, o)
		c.starts[i] = o.Terminated || o.Truncated
		if !c.starts[i] {
			continue
		}
		ended = true
		s.Episodes = append(s.Episodes, *e)
		*e = Episode{Stream: i}
		c.returns[i] = 0
		clear(c.state[i*c.policy.Net.State : (i+1)*c.policy.Net.State])
		if o.Truncated && !o.Terminated {
			final := s.Final.Slice(len(s.FinalRows)*c.history.Width(), (len(s.FinalRows)+1)*c.history.Width())
			s.FinalRows = append(s.FinalRows, int32(row))
			c.history.Final(final, i, c.final.Slice(i*c.frame, (i+1)*c.frame))
			c.normalize(final, final)
		}
	}
	return ended
}

// learnMoments shows stream i's step to the normalisers that are in use.
func (c *Collector) learnMoments(i int, o env.Outcome) {
	if c.Seen.NormalizesObservations() {
		c.Seen.Observation.Observe(c.history.Frame(i).F)
	}
	if c.Seen.NormalizesRewards() {
		c.returns[i] = float32(c.gamma*c.returns[i]) + o.Reward
		c.Seen.Return.Observe(c.returns[i : i+1])
	}
}

// Capacity is the most rows that a segment can have.
func (c *Collector) Capacity() int { return c.capacity * c.segment.B }

// Close closes the environments.
func (c *Collector) Close() error { return c.vector.Close() }

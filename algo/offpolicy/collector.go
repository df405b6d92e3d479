package offpolicy

import (
	"fmt"
	"math/rand/v2"

	"covey/env"
	"covey/policy"
	"covey/replay"
	"covey/rollout"
	"covey/state"
)

// Scene is what an agent is to act in.
type Scene struct {
	Observations env.Values // [B, Stack, frame], as its network is to see them
	Starts       []bool     // [B]: the first observation of an episode
	Steps        uint64     // taken before, in all environments
	Params       []float32  // of the acting network
}

// collector lives in a vector of environments and remembers it.
type collector struct {
	vector  env.Vector
	spec    *env.Spec
	agent   Agent
	buffer  *replay.Buffer
	moments *policy.Moments
	bounds  policy.Bounds
	warmup  uint64
	stream  *rand.PCG
	rng     *rand.Rand
	seeds   []uint64 // [B]

	scene    Scene
	history  *env.History // what to act on next, as the environments gave it
	final    env.Values   // [B, frame]
	chosen   []float32    // [B, action], as the agent chose them
	actions  []float32    // [B, action], within the space's bounds
	outcomes []env.Outcome
	running  []rollout.Episode // [B]: the episodes under way

	steps, episodes uint64
	faults          uint64            // as algo.Progress has them
	finished, told  []rollout.Episode // those that are not told yet, and those that were last
	prior           bool              // the replay began with earlier experience
	prefilled       uint64            // its steps, which count towards the warm-up
}

func newCollector(cfg *Config, v env.Vector, agent Agent, buffer *replay.Buffer, stream *rand.PCG) *collector {
	p, b := agent.Policy(), v.Len()
	frame, action := p.Spec.Observation.Size(), p.Spec.Action.Size()
	c := &collector{
		vector: v, spec: &p.Spec, agent: agent, buffer: buffer, moments: &p.Moments, bounds: policy.NewBounds(p.Spec.Action), warmup: cfg.Warmup,
		stream: stream, rng: rand.New(stream), seeds: make([]uint64, b),
		history: env.NewHistory(p.Spec, b), final: env.MakeValues(p.Spec.Observation, b*frame),
		chosen: make([]float32, b*action), actions: make([]float32, b*action), outcomes: make([]env.Outcome, b),
		running: make([]rollout.Episode, b), finished: make([]rollout.Episode, 0, 2*b), told: make([]rollout.Episode, 0, 2*b),
	}
	c.scene = Scene{Observations: c.history.Observations, Starts: make([]bool, b)}
	if p.Moments.NormalizesObservations() {
		c.scene.Observations = env.Values{F: make([]float32, b*c.history.Width())}
	}
	return c
}

// begin starts an episode in every environment, unless those under way can go on. resumed: the state was
// loaded.
func (c *collector) begin(resumed bool) error {
	if _, kept := c.vector.(state.Stateful); kept && resumed {
		return nil
	}
	if resumed {
		c.faults++
	}
	for i := range c.seeds {
		c.seeds[i] = c.rng.Uint64()
	}
	if err := c.vector.Reset(c.seeds, c.history.Frames); err != nil {
		return err
	}
	return c.start()
}

// start makes the observations the first ones of new episodes.
func (c *collector) start() error {
	if err := env.CheckReset(c.spec, c.history.Frames); err != nil {
		return err
	}
	for i := range c.running {
		c.scene.Starts[i], c.running[i] = true, rollout.Episode{Stream: i}
	}
	c.history.Show(c.scene.Starts)
	c.buffer.Begin(c.history.Frames)
	return nil
}

// warm says whether the warm-up is over after so many steps.
func (c *collector) warm(steps uint64) bool { return steps+c.prefilled >= c.warmup }

// step acts once in every environment, by params, which nobody may change meanwhile.
func (c *collector) step(params []float32) error {
	if c.scene.Steps = c.steps; !c.warm(c.steps) {
		uniform(c.chosen, c.vector.Spec().Action, c.rng)
	} else {
		if c.moments.NormalizesObservations() {
			c.moments.Normalize(c.scene.Observations.F, c.history.Observations.F)
		}
		c.scene.Params = params
		c.agent.Explore(c.chosen, &c.scene, c.rng)
	}
	c.bounds.Apply(c.actions, c.chosen)
	return c.vector.Step(c.actions, c.history.Frames, c.final, c.outcomes)
}

// tell hands out the episodes that have finished since the call before. They are valid until the next call.
func (c *collector) tell() []rollout.Episode {
	c.finished, c.told = c.told[:0], c.finished
	return c.told
}

// uniform draws actions as a policy would choose them: [−1, 1) in a box, an index elsewhere.
func uniform(actions []float32, space env.Space, rng *rand.Rand) {
	if space.Kind != env.Box {
		for n := space.Size(); len(actions) > 0; actions = actions[n:] {
			space.Sample(actions[:n], rng)
		}
		return
	}
	for i := range actions {
		actions[i] = float32(2*rng.Float64() - 1)
	}
}

// record remembers the latest step.
func (c *collector) record() error {
	if err := env.CheckStep(c.spec, c.outcomes, c.history.Frames, c.final); err != nil {
		return fmt.Errorf("step %d, %w", c.steps, err)
	}
	c.buffer.Add(c.chosen, c.outcomes, c.history.Frames, c.final)
	c.steps += uint64(len(c.outcomes))
	for i, o := range c.outcomes {
		if c.moments.NormalizesObservations() {
			c.moments.Observation.Observe(c.history.Frame(i).F)
		}
		e := &c.running[i]
		e.Return += float64(o.Reward)
		e.Length++
		if c.scene.Starts[i] = o.Terminated || o.Truncated; !c.scene.Starts[i] {
			continue
		}
		c.episodes++
		c.finished = append(c.finished, *e)
		*e = rollout.Episode{Stream: i}
	}
	c.history.Show(c.scene.Starts)
	return nil
}

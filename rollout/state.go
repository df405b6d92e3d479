package rollout

import (
	"covey/state"
)

// Continues says whether the episodes under way are part of the state: those of environments that cannot be saved
// are not.
func (c *Collector) Continues() bool {
	_, ok := c.vector.(state.Stateful)
	return ok
}

// State visits the environments and their episodes, as they are between two segments, unless the environments
// cannot be saved: then there is nothing to visit. The random stream belongs to whoever made the collector, and
// Seen says nothing that the next segment depends on.
func (c *Collector) State(w state.Walker) error {
	environments, ok := c.vector.(state.Stateful)
	if !ok {
		return nil
	}
	if err := c.history.State(w); err != nil {
		return err
	}
	w.Floats("returns", c.returns)
	w.Floats("recurrent", c.state)
	if c.noise != nil {
		if err := c.noise.State(w.Sub("noise")); err != nil {
			return err
		}
	}
	for i := range c.running {
		e, stream := &c.running[i], w.Sub(c.names[i])
		stream.Float64("return", &e.Return)
		if err := state.Int(stream, "length", &e.Length); err != nil {
			return err
		}
		c.starts[i] = e.Length == 0
	}
	return environments.State(w.Sub("environments"))
}

// Restart begins a new episode in every environment, with seeds drawn from the stream: for a collector whose state
// was loaded and does not continue.
func (c *Collector) Restart() error {
	seeds := make([]uint64, len(c.running))
	for i := range seeds {
		seeds[i] = c.rng.Uint64()
	}
	if err := c.vector.Reset(seeds, c.history.Frames); err != nil {
		return err
	}
	return c.begin()
}

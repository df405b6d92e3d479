package offpolicy

import (
	"fmt"
	"strconv"

	"covey/rollout"
	"covey/state"
)

// State visits all that is needed to go on with the same bits: networks and optimisers, the replay, the
// random streams and, where they can be saved, the environments.
func (l *Learner) State(w state.Walker) error {
	w.Uint64("updates", &l.updates)
	w.Uint64("unlearned", &l.unlearned)
	w.Uint64("debt", &l.debt)
	w.Uint64("owed", &l.owed)
	metrics := w.Sub("metrics") // the next boundary may come before the next update
	for i, name := range l.agent.Metrics() {
		metrics.Float64(name, &l.metrics[i])
	}
	l.measured = l.updates
	if err := state.RNG(w, "rng", l.stream); err != nil {
		return err
	}
	if err := l.collector.State(w.Sub("collector")); err != nil {
		return err
	}
	return l.agent.State(w.Sub("agent"))
}

// State visits the counters and, where the environments can be saved, them and their episodes; others
// start anew.
func (c *collector) State(w state.Walker) error {
	w.Uint64("steps", &c.steps)
	w.Uint64("episodes", &c.episodes)
	w.Uint64("faults", &c.faults)
	if c.prior {
		w.Uint64("prefilled", &c.prefilled)
	}
	if err := c.finishedState(w); err != nil {
		return err
	}
	if err := state.RNG(w, "rng", c.stream); err != nil {
		return err
	}
	if err := c.buffer.State(w.Sub("replay")); err != nil {
		return err
	}
	environments, ok := c.vector.(state.Stateful)
	if !ok {
		return nil
	}
	if err := c.history.State(w); err != nil {
		return err
	}
	for i := range c.running {
		if err := c.episodeState(w.Sub("episode."+strconv.Itoa(i)), i); err != nil {
			return err
		}
	}
	return environments.State(w.Sub("environments"))
}

// finishedState visits the episodes that are told when the round under way is over.
func (c *collector) finishedState(w state.Walker) error {
	var b []byte
	for _, e := range c.finished {
		b = e.AppendBytes(b)
	}
	w.Bytes("finished", &b)
	if len(b)%rollout.EpisodeBytes != 0 || len(b)/rollout.EpisodeBytes > len(c.running) {
		return fmt.Errorf("%d bytes of finished episodes", len(b))
	}
	for c.finished = c.finished[:0]; len(b) > 0; b = b[rollout.EpisodeBytes:] {
		c.finished = append(c.finished, rollout.EpisodeOf(b))
	}
	return nil
}

func (c *collector) episodeState(w state.Walker, i int) error {
	e := &c.running[i]
	w.Float64("return", &e.Return)
	if err := state.Int(w, "length", &e.Length); err != nil {
		return err
	}
	e.Stream, c.scene.Starts[i] = i, e.Length == 0
	return nil
}

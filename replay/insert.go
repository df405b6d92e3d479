package replay

import (
	"fmt"

	"covey/env"
)

// Step is a step that was taken elsewhere, in an environment of its own.
type Step struct {
	Start       bool       // it begins an episode
	Observation env.Values // [frame]
	Action      []float32  // [action], as a policy chooses it
	Outcome     env.Outcome
	Next        env.Values // [frame]: the observation that followed, of the same episode
}

// NewStep returns a step to be filled in.
func NewStep(observation env.Space, action int) *Step {
	n := observation.Size()
	return &Step{Observation: env.MakeValues(observation, n), Next: env.MakeValues(observation, n), Action: make([]float32, action)}
}

// Insert records a step in one stream, whose steps come in the order in which they were lived through: each
// that is no Start was taken in the Next of the one before. One that is a Start, or the first of its stream, need not
// follow what the stream holds.
func (b *Buffer) Insert(stream int, s *Step) {
	if len(s.Action) != b.action || s.Observation.Len() != b.frame || s.Next.Len() != b.frame {
		panic(fmt.Sprintf("replay: Insert of action [%d] and observations [%d] and [%d], want [%d], [%d] and the same",
			len(s.Action), s.Observation.Len(), s.Next.Len(), b.action, b.frame))
	}
	if s.Start || b.rings[stream].used == 0 {
		b.push(stream, s.Observation)
	}
	b.act(stream, s.Action, s.Outcome)
	b.push(stream, s.Next)
}

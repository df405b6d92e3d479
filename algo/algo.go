// Package algo is what every learning algorithm offers to whoever runs it. The algorithms live in
// the folders below and know nothing of each other.
package algo

import (
	"context"

	"covey/policy"
	"covey/rollout"
	"covey/state"
)

// Progress is where a learner stands after an update.
type Progress struct {
	Steps    uint64            // environment steps learned from
	Updates  uint64            // updates of the parameters
	Episodes uint64            // finished training episodes
	Finished []rollout.Episode // those finished since the last boundary; valid during the call
	Metrics  []float64         // as Learner.Metrics names them; valid during the call
}

// Decision is what the run wants of its learner.
type Decision struct {
	Save bool // take a checkpoint at the end of this round
	Stop bool // learn nothing more
}

// Boundary is called after each update, one call at a time, in update order. An error stops the learner.
type Boundary func(Progress) (Decision, error)

// Learner is an algorithm at work on its environments.
type Learner interface {
	// Run learns until the boundary stops it, ctx ends or something fails.
	Run(ctx context.Context, b Boundary) error
	// Metrics names the values in Progress.Metrics.
	Metrics() []string
	// Policy is a copy of the policy as of the last boundary; call it inside a boundary or after Run.
	Policy() *policy.Policy
	state.Stateful
}

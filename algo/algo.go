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
	Steps    uint64            // environment steps whose updates, as far as any are due, were made
	Updates  uint64            // updates of the parameters
	Episodes uint64            // finished training episodes
	Finished []rollout.Episode // those finished since the last boundary; valid during the call
	Metrics  []float64         // as Learner.Metrics names them; valid during the call
	// Faults counts how often the episodes under way were lost, in one of the learner's vectors: to an
	// environment that had to be made anew, or could not be restored with the rest. A learner that had one does
	// not repeat itself.
	Faults uint64
}

// Decision is what the run wants of its learner.
type Decision struct {
	Stop bool // learn nothing more
}

// Boundary is called after each update, or each few of them and in a warm-up after each step, one call at a time, in
// order. An error stops the learner.
type Boundary func(Progress) (Decision, error)

// Learner is an algorithm at work on its environments.
type Learner interface {
	// Run learns until the boundary stops it, ctx ends or something fails. A panic in any of its goroutines is an
	// error, of which there is a *Panic in the tree.
	Run(ctx context.Context, b Boundary) error
	// Close closes the environments of a learner that was not run; Run does so by itself. The policy can be used still.
	Close() error
	// Continues says whether the episodes under way are part of the state.
	Continues() bool
	// Metrics names the values in Progress.Metrics.
	Metrics() []string
	// Policy is a copy of the policy as of the last boundary; call it inside a boundary or after Run.
	Policy() *policy.Policy
	// State visits all that is needed to go on as if nothing had been between: inside a boundary, before Run
	// (where it may be loaded) and after Run. Environments that are not Stateful begin new episodes instead.
	state.Stateful
}

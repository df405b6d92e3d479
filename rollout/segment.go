// Package rollout collects segments of experience: it steps a vector of environments with one
// batched forward pass of a policy.
package rollout

import "covey/env"

// Segment is what B streams lived through in T steps, time-major: step t of stream b is row t*B+b.
type Segment struct {
	T, B         int
	Observations env.Values // [T+1, B, frame], as the network saw them; the last row is only bootstrapped from
	Actions      []float32  // [T, B, action], as sampled
	Outputs      []float32  // [T, B, out], of the network that acted; they hold the policy's log-probabilities
	Rewards      []float32  // [T, B], as the environment gave them
	Terminated   []bool     // [T, B]: nothing follows
	Truncated    []bool     // [T, B]: cut off; what would have followed is in Final
	Starts       []bool     // [T+1, B]: this row is the first of an episode
	Final        env.Values // [len(FinalRows), frame]: the observations cut off by a truncation
	FinalRows    []int32
	State        []float32 // [B, state], recurrent state at row 0
	Version      uint64    // of the parameters that acted
	Episodes     []Episode // those that ended inside
}

// Episode is a finished episode.
type Episode struct {
	Return float64 // sum of the raw rewards
	Length int     // steps
	Stream int
}

// Rows is the number of steps taken in all streams.
func (s *Segment) Rows() int { return s.T * s.B }

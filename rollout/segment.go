// Package rollout collects segments of experience: it steps a vector of environments with one
// batched forward pass of a policy.
package rollout

import "covey/env"

// Segment is what B streams lived through in T steps, time-major: step t of stream b is row t*B+b.
type Segment struct {
	T, B         int
	Stack        int        // frames that make an observation; 0 and 1: one
	Observations env.Values // [Stack−1 + T+1, B, frame], as the network saw them; the last row is only bootstrapped from
	Actions      []float32  // [T, B, action], as sampled
	Outputs      []float32  // [T, B, out], of the network that acted; they hold the policy's log-probabilities
	Rewards      []float32  // [T, B], as the environment gave them
	Terminated   []bool     // [T, B]: nothing follows
	Truncated    []bool     // [T, B]: cut off; what would have followed is in Final
	Starts       []bool     // [T+1, B]: this row is the first of an episode
	Final        env.Values // [len(FinalRows), Stack, frame]: the observations cut off by a truncation
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

// Input is what the network is shown in step t, T included: [B, Stack, frame], as dst is. Where an observation is one
// frame that is a part of Observations; otherwise it is put together in dst, from the frames of its episode: the first
// of them stands in for those before it.
func (s *Segment) Input(dst env.Values, t int) env.Values {
	if s.Stack <= 1 {
		return s.Observations.Slice(t*dst.Len(), (t+1)*dst.Len())
	}
	n, older := dst.Len()/(s.B*s.Stack), s.Stack-1
	for b := range s.B {
		first := t - older // of the frames shown; those from before the segment stand as they were shown
		for u := t; u >= max(t-older, 0); u-- {
			if s.Starts[u*s.B+b] {
				first = u
				break
			}
		}
		for j := range s.Stack {
			from := ((max(t-older+j, first)+older)*s.B + b) * n
			to := (b*s.Stack + j) * n
			dst.Slice(to, to+n).Copy(s.Observations.Slice(from, from+n))
		}
	}
	return dst
}

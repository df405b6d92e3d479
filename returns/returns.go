// Package returns estimates what an agent's choices were worth: n-step returns, generalised
// advantages and whole-episode sums. Its functions are pure, allocate nothing, and know no networks:
// values come in as numbers.
//
// Slices are time-major: step t of stream i is row t*B+i of [T,B]. Three facts describe how each row
// went on, and they never merge:
//
//   - terminated: the episode ended in this row. Nothing follows: the value after it is 0, whatever
//     next holds.
//   - truncated: the episode was cut off after this row. Its value lives on in next, but the row below
//     belongs to another episode.
//   - neither: the row below is the next step of the same episode, or, in the last row, next is what
//     remains of it.
//
// A row that is both terminated and truncated is terminated.
//
// next[row] is the value of the observation that followed the row in its own episode: that of the row
// below, that of the episode's own final observation at a truncation, and that of the observation after
// the segment in the last row. The value that the row below holds after a truncation is another
// episode's, and no function here looks at it.
package returns

import "fmt"

// NStep writes the n-step returns of Mnih et al. 2016 (arXiv:1602.01783, algorithm S3), which run
// from each row to the end of its episode or of the segment, whichever comes first:
//
//	R_t = r_t + γ R_{t+1}    R_{t+1} = 0          at a termination
//	                                   V(s_{t+1})  at a truncation and at the segment's end
//
// All slices are [T,B]; targets may be rewards itself, and nothing else may overlap.
func NStep(targets, rewards, next []float32, terminated, truncated []bool, gamma float32, t, b int) {
	rows := t * b
	check("NStep", t, b, len(terminated), len(truncated), len(targets), len(rewards), len(next))
	for row := rows - 1; row >= 0; row-- {
		following := next[row]
		if row+b < rows && !truncated[row] {
			following = targets[row+b]
		}
		if terminated[row] {
			following = 0 // nothing follows
		}
		targets[row] = rewards[row] + float32(gamma*following)
	}
}

// RewardsToGo writes the discounted sum of the rewards from each row to the end of its episode:
//
//	R_t = r_t + γ R_{t+1}    R_{t+1} = 0          at a termination and at the segment's end
//	                                   V(s_{t+1})  at a truncation
//
// It differs from [NStep] at the segment's end only: it takes segments to hold whole episodes, so an
// episode that has not ended there counts as worth nothing more. next is read at truncations alone.
//
// All slices are [T,B]; targets may be rewards itself, and nothing else may overlap.
func RewardsToGo(targets, rewards, next []float32, terminated, truncated []bool, gamma float32, t, b int) {
	rows := t * b
	check("RewardsToGo", t, b, len(terminated), len(truncated), len(targets), len(rewards), len(next))
	for row := rows - 1; row >= 0; row-- {
		var following float32
		switch {
		case terminated[row]: // nothing follows
		case truncated[row]:
			following = next[row]
		case row+b < rows:
			following = targets[row+b]
		}
		targets[row] = rewards[row] + float32(gamma*following)
	}
}

// GAE writes the generalised advantages of Schulman et al. 2015 (arXiv:1506.02438, eq. 16), and the
// λ-returns that the critic is drawn to:
//
//	Â_t = Σ_l (γλ)^l δ_{t+l}    δ_t = r_t + γ V(s_{t+1}) − V(s_t)    target_t = Â_t + V(s_t)
//
// V(s_{t+1}) is next[row], or 0 at a termination; the sum stops at the end of the episode or of the
// segment. λ = 0 gives the one-step error δ, λ = 1 the n-step return ([NStep]) as target.
//
// All slices are [T,B]; none may overlap another.
func GAE(advantages, targets, rewards, values, next []float32, terminated, truncated []bool, gamma, lambda float32, t, b int) {
	rows := t * b
	check("GAE", t, b, len(terminated), len(truncated), len(advantages), len(targets), len(rewards), len(values), len(next))
	decay := gamma * lambda
	for row := rows - 1; row >= 0; row-- {
		following, trace := next[row], float32(0)
		if row+b < rows {
			trace = advantages[row+b]
		}
		if terminated[row] {
			following = 0 // nothing follows
		}
		if terminated[row] || truncated[row] {
			trace = 0 // another episode follows
		}
		delta := rewards[row] + float32(gamma*following) - values[row]
		advantages[row] = delta + float32(decay*trace)
		targets[row] = advantages[row] + values[row]
	}
}

// check panics unless every length is t*b.
func check(function string, t, b int, lengths ...int) {
	for _, n := range lengths {
		if n != t*b || t < 0 || b < 0 {
			// A copy, so that lengths itself stays on the caller's stack.
			panic(fmt.Sprintf("returns.%s: lengths %v (the flags' first), want [%d,%d] = %d each",
				function, append([]int(nil), lengths...), t, b, t*b))
		}
	}
}

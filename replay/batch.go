package replay

import (
	"fmt"
	"math/rand/v2"

	"covey/env"
)

// Batch is a number of transitions, in rows that lie one after another.
type Batch struct {
	Observations env.Values // [rows, Stack, frame]
	Actions      []float32  // [rows, action]
	Rewards      []float32  // [rows]: Σ γᵏ r over the steps of the row
	Next         env.Values // [rows, Stack, frame]: the observation that followed them
	// Discounts is what the value of Next counts in the row's target R + discount·V(Next): γ to the number of
	// steps, and 0 where the episode terminated, but not where it was truncated. [rows]
	Discounts []float32

	first, last []int // [rows]: the slots of Observations and of Next
}

// NewBatch returns a batch of rows transitions of the environments of a spec.
func NewBatch(spec env.Spec, rows int) *Batch {
	n := rows * max(spec.Stack, 1) * spec.Observation.Size()
	return &Batch{
		Observations: env.MakeValues(spec.Observation, n), Next: env.MakeValues(spec.Observation, n),
		Actions: make([]float32, rows*spec.Action.Size()), Rewards: make([]float32, rows), Discounts: make([]float32, rows),
		first: make([]int, rows), last: make([]int, rows),
	}
}

// Sum says how the rewards of a row are added up.
type Sum struct {
	Steps int     // that a row covers, or as many as its episode has
	Gamma float32 // γ
	Clip  float32 // each reward is cut to ± this; 0: it is not
}

// Sample fills the batch with transitions drawn uniformly, with replacement, from those held, of which
// there must be one.
func (b *Buffer) Sample(batch *Batch, sum Sum, rng *rand.Rand) {
	rows := len(batch.Rewards)
	if b.transitions == 0 || sum.Steps < 1 || len(batch.Actions) != rows*b.action || batch.Next.Len() != rows*b.stack*b.frame {
		panic(fmt.Sprintf("replay: Sample of %d rows of %d steps with actions [%d] and observations [%d] from %d transitions of %d and %d",
			rows, sum.Steps, len(batch.Actions), batch.Next.Len(), b.transitions, b.action, b.stack*b.frame))
	}
	b.draw(batch.first, rng)
	for i, at := range batch.first {
		batch.last[i], batch.Rewards[i], batch.Discounts[i] = b.unroll(at, sum)
	}
	gather(batch.Actions, b.actions, batch.first, b.action)
	if b.stack > 1 {
		b.stacked(batch.Observations, batch.first)
		b.stacked(batch.Next, batch.last)
	} else if b.observations.U != nil {
		gather(batch.Observations.U, b.observations.U, batch.first, b.frame)
		gather(batch.Next.U, b.observations.U, batch.last, b.frame)
	} else {
		gather(batch.Observations.F, b.observations.F, batch.first, b.frame)
		gather(batch.Next.F, b.observations.F, batch.last, b.frame)
	}
}

// draw picks slots: any that a stream may have used, and again until somebody acted in it and all the
// frames that he was shown are still there.
func (b *Buffer) draw(slots []int, rng *rand.Rand) {
	longest := 0 // streams whose episodes ended more often have used more slots
	for i := range b.rings {
		longest = max(longest, b.rings[i].used)
	}
	for i := range slots {
		at := 0
		for {
			at = rng.IntN(b.streams * longest)
			if b.streams > 1 && longest < b.slots {
				at = at/longest*b.slots + at%longest
			}
			if b.flags[at]&acted != 0 && b.whole(at) {
				break
			}
		}
		slots[i] = at
	}
}

// unroll adds up to n = sum.Steps rewards from a slot on:
//
//	R = Σ_{k<m} γᵏ r_k    discount = γᵐ, or 0 where the last step terminated
//
// It stops at the end of the episode, and before a slot in which nobody has acted yet: the stream's latest.
// last is the slot after the last step.
func (b *Buffer) unroll(at int, sum Sum) (last int, reward, discount float32) {
	discount = 1
	for n := sum.Steps; ; {
		r := b.rewards[at]
		if sum.Clip > 0 {
			r = min(max(r, -sum.Clip), sum.Clip)
		}
		reward += float32(discount * r)
		discount *= sum.Gamma
		flags := b.flags[at]
		if at++; at%b.slots == 0 { // the ring is closed
			at -= b.slots
		}
		n--
		switch {
		case flags&terminated != 0:
			return at, reward, 0
		case n == 0, flags&truncated != 0, b.flags[at]&acted == 0:
			return at, reward, discount
		}
	}
}

// gather copies the rows of src at the given slots: dst [len(slots), width], src [_, width].
func gather[E float32 | uint8](dst, src []E, slots []int, width int) {
	if width > 4 {
		for i, at := range slots {
			copy(dst[i*width:(i+1)*width], src[at*width:(at+1)*width])
		}
		return
	}
	for i, at := range slots { // a call for each row would take longer than its elements
		to, from := dst[i*width:(i+1)*width], src[at*width:(at+1)*width]
		for j := range to {
			to[j] = from[j]
		}
	}
}

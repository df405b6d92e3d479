package replay

import "covey/env"

// before is the slot before one in its ring; ok: it holds the frame before, of the same episode. A frame follows
// from what was done in the slot before it, or it is the first of an episode.
func (b *Buffer) before(at int) (slot int, ok bool) {
	slot = at - 1
	if at%b.slots == 0 {
		slot += b.slots
	}
	return slot, b.flags[slot]&acted != 0
}

// whole says whether all the frames of the observation in a slot are held. They are not where the ring has
// written over the first of them: the oldest slot that is left follows the latest one, in which nobody has acted.
func (b *Buffer) whole(at int) bool {
	if b.stack == 1 {
		return true
	}
	stream := at / b.slots
	r := &b.rings[stream]
	for range b.stack - 1 {
		slot, ok := b.before(at)
		if !ok {
			return r.used < b.slots || slot != stream*b.slots+r.head
		}
		at = slot
	}
	return true
}

// stacked writes the observations of slots: dst [len(slots), Stack, frame], oldest frame first. The first frame of an episode
// stands in for those before it.
func (b *Buffer) stacked(dst env.Values, slots []int) {
	width := b.stack * b.frame
	for i, at := range slots {
		for j := b.stack - 1; j >= 0; j-- {
			from := i*width + j*b.frame
			dst.Slice(from, from+b.frame).Copy(b.row(b.observations, at))
			if slot, ok := b.before(at); ok {
				at = slot
			}
		}
	}
}

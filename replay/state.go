package replay

import (
	"fmt"
	"strconv"

	"covey/state"
)

// chunkBytes is about the size of the parts in which a stream is saved. What was not written to since the last
// time need not be saved again: smaller parts let more be left out, larger ones make fewer of them.
const chunkBytes = 8 << 20

// State visits everything that is held, in chunks of slots, where it is.
func (b *Buffer) State(w state.Walker) error {
	for i := range b.rings {
		if err := b.streamState(w.Sub("stream."+strconv.Itoa(i)), i); err != nil {
			return fmt.Errorf("replay: stream %d: %w", i, err)
		}
	}
	return b.recount()
}

func (b *Buffer) streamState(w state.Walker, stream int) error {
	r := &b.rings[stream]
	w.Uint64("written", &r.written)
	r.head, r.used = 0, int(min(r.written, uint64(b.slots)))
	if r.written > 0 {
		r.head = int((r.written - 1) % uint64(b.slots))
	}
	for k, from := 0, 0; from < b.slots; k, from = k+1, from+b.chunk {
		to := min(from+b.chunk, b.slots)
		err := state.Chunk(w, "chunk."+strconv.Itoa(k), r.version(from, to, b.slots), func(w state.Walker) error {
			return b.slotsState(w, stream*b.slots+from, stream*b.slots+to, min(max(r.used-from, 0), to-from))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// slotsState visits the slots from up to to, counted over all streams, of which the first used are in use. Of screens,
// which make a replay large, no others are visited.
func (b *Buffer) slotsState(w state.Walker, from, to, used int) error {
	obs := b.observations.Slice(from*b.frame, to*b.frame)
	if obs.U != nil {
		screens := obs.U[: used*b.frame : used*b.frame]
		w.Bytes("observations", &screens)
		if len(screens) > len(obs.U) {
			return fmt.Errorf("%d bytes of observations in %d slots of %d", len(screens), to-from, b.frame)
		}
		copy(obs.U, screens) // where they were loaded elsewhere
	} else {
		w.Floats("observations", obs.F)
	}
	w.Floats("actions", b.actions[from*b.action:to*b.action])
	w.Floats("rewards", b.rewards[from:to])
	return state.FixedBytes(w, "flags", b.flags[from:to])
}

// version of the slots [from, to): the number of observations that had been written when one of the slots last
// changed, which is when somebody acted in it, just before the next slot was written. 0: never.
func (r *ring) version(from, to, slots int) uint64 {
	latest := to - 1 // slot of the chunk's that was written last
	if r.head >= from && r.head < to {
		latest = r.head
	}
	since := uint64((r.head - latest + slots) % slots) // observations written after it
	if r.written <= since {
		return 0
	}
	return min(r.written-since+1, r.written)
}

// recount finds the number of transitions from their flags.
func (b *Buffer) recount() error {
	b.transitions = 0
	for i, r := range b.rings {
		for slot, flags := range b.flags[i*b.slots : (i+1)*b.slots] {
			if flags&acted == 0 {
				continue
			}
			if slot >= r.used || slot == r.head {
				return fmt.Errorf("replay: stream %d has an action in slot %d, where none can be", i, slot)
			}
			b.transitions++
		}
	}
	return nil
}

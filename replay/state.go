package replay

import (
	"fmt"
	"strconv"

	"covey/state"
)

// State visits everything that is held.
func (b *Buffer) State(w state.Walker) error {
	observations := len(b.observations.U)
	if b.observations.U != nil {
		w.Bytes("observations", &b.observations.U)
	} else {
		w.Floats("observations", b.observations.F)
	}
	w.Floats("actions", b.actions)
	w.Floats("rewards", b.rewards)
	w.Bytes("flags", &b.flags)
	if len(b.observations.U) != observations || len(b.flags) != b.streams*b.slots {
		return fmt.Errorf("replay: %d bytes of observations and %d flags, want %d and %d × %d",
			len(b.observations.U), len(b.flags), observations, b.streams, b.slots)
	}
	for i := range b.rings {
		if err := b.rings[i].state(w.Sub("stream."+strconv.Itoa(i)), b.slots); err != nil {
			return fmt.Errorf("replay: stream %d: %w", i, err)
		}
	}
	return b.recount()
}

func (r *ring) state(w state.Walker, slots int) error {
	head, used := uint64(r.head), uint64(r.used)
	w.Uint64("head", &head)
	w.Uint64("used", &used)
	if head >= uint64(slots) || used > uint64(slots) || head >= max(used, 1) {
		return fmt.Errorf("slot %d is the latest of %d in a ring of %d", head, used, slots)
	}
	r.head, r.used = int(head), int(used)
	return nil
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

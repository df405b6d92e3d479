// Package replay remembers what an agent lived through, and hands out random batches of it: the
// memory of off-policy learning (Lin 1992; Mnih et al. 2015, doi:10.1038/nature14236).
//
// Each stream of experience has a ring of slots of its own. A slot is an observation with the action
// and the reward that followed it, and the next slot's observation is the one that came of them: of
// two transitions in a row, the observation between is stored once, as bytes where its space is bytes.
// The last observation of an episode takes a slot in which nobody acted.
package replay

import (
	"fmt"

	"covey/env"
)

// Buffer holds the latest transitions of a number of streams. It belongs to one goroutine.
type Buffer struct {
	streams, slots, frame, action int
	stack                         int // frames that make an observation
	chunk                         int // slots that are saved together

	observations env.Values // [streams, slots, frame]
	actions      []float32  // [streams, slots, action], as the policy chose them
	rewards      []float32  // [streams, slots]
	flags        []uint8    // [streams, slots]: acted, terminated, truncated
	rings        []ring     // [streams]
	transitions  int        // slots with the flag acted
}

// ring is where a stream stands: its slots are written in a circle.
type ring struct {
	head    int    // the slot of the latest observation, in which nobody has acted yet
	used    int    // slots written, head included
	written uint64 // observations, over all rounds
}

const (
	acted      = 1 << iota // an action and a reward follow the observation
	terminated             // nothing follows the reward
	truncated              // the episode was cut off after the reward
)

// New returns a buffer for capacity transitions of the environments of a spec, spread evenly over the streams; the end
// of an episode takes the place of one. Where several frames make an observation, each is stored once.
func New(spec env.Spec, streams, capacity int) *Buffer {
	if streams < 1 || capacity < 1 {
		panic(fmt.Sprintf("replay: %d transitions of %d streams", capacity, streams))
	}
	b := &Buffer{streams: streams, slots: slots(spec, streams, capacity), stack: max(spec.Stack, 1),
		frame: spec.Observation.Size(), action: spec.Action.Size()}
	n := b.streams * b.slots
	b.chunk = max(1, int(chunkBytes/slotSize(spec)))
	b.observations = env.MakeValues(spec.Observation, n*b.frame)
	b.actions, b.rewards, b.flags = make([]float32, n*b.action), make([]float32, n), make([]uint8, n)
	b.rings = make([]ring, streams)
	return b
}

// slots are those of one stream: its share of the capacity and the latest observation; and where frames are stacked, the
// older ones, and one for the end of an episode, so that there is always a transition whose frames are all held.
func slots(spec env.Spec, streams, capacity int) int {
	n := (capacity+streams-1)/streams + 1
	if spec.Stack > 1 {
		n += spec.Stack
	}
	return n
}

// Size is what New allocates for the same arguments, in bytes.
func Size(spec env.Spec, streams, capacity int) uint64 {
	return uint64(streams) * uint64(slots(spec, streams, capacity)) * slotSize(spec)
}

// slotSize is the size of a slot in bytes.
func slotSize(spec env.Spec) uint64 {
	o := &spec.Observation
	return uint64(o.ElementSize()*o.Size() + 4*spec.Action.Size() + 4 + 1)
}

// Len is the number of transitions held.
func (b *Buffer) Len() int { return b.transitions }

// Begin starts an episode in every stream; those that were under way just stop, neither terminated nor
// truncated. obs: [streams, frame].
func (b *Buffer) Begin(obs env.Values) {
	b.check("Begin", obs, obs)
	for i := range b.rings {
		b.push(i, b.row(obs, i))
	}
}

// Begun says whether there are observations to act on: Begin was called, or the state of a buffer was loaded where it had been.
func (b *Buffer) Begun() bool { return b.rings[0].used > 0 }

// Add records one step of every stream, as an [env.Vector] reports it. actions: [streams, action], taken
// in the latest observations; obs: [streams, frame], to act on next; final: [streams, frame], read where
// an episode ended; outcomes: [streams].
func (b *Buffer) Add(actions []float32, outcomes []env.Outcome, obs, final env.Values) {
	b.check("Add", obs, final)
	if len(actions) != b.streams*b.action || len(outcomes) != b.streams || !b.Begun() {
		panic(fmt.Sprintf("replay: Add of actions [%d] and outcomes [%d], want [%d × %d] and [%d], after Begin",
			len(actions), len(outcomes), b.streams, b.action, b.streams))
	}
	for i, o := range outcomes {
		b.act(i, actions[i*b.action:(i+1)*b.action], o)
		if o.Terminated || o.Truncated {
			b.push(i, b.row(final, i))
		}
		b.push(i, b.row(obs, i))
	}
}

// act records what was done in a stream's latest observation; what came of it is to be pushed next.
func (b *Buffer) act(stream int, action []float32, o env.Outcome) {
	at := stream*b.slots + b.rings[stream].head
	copy(b.actions[at*b.action:(at+1)*b.action], action)
	b.rewards[at] = o.Reward
	b.flags[at] = acted
	b.transitions++
	if o.Terminated {
		b.flags[at] |= terminated
	}
	if o.Truncated {
		b.flags[at] |= truncated
	}
}

// push makes obs the latest observation of a stream, in place of its oldest where the ring is full.
func (b *Buffer) push(stream int, obs env.Values) {
	r := &b.rings[stream]
	if r.used > 0 {
		r.head = (r.head + 1) % b.slots
	}
	r.written++
	at := stream*b.slots + r.head
	if r.used < b.slots {
		r.used++
	} else if b.flags[at]&acted != 0 {
		b.transitions--
	}
	b.flags[at] = 0
	b.row(b.observations, at).Copy(obs)
}

func (b *Buffer) row(v env.Values, i int) env.Values { return v.Slice(i*b.frame, (i+1)*b.frame) }

func (b *Buffer) check(method string, obs, final env.Values) {
	want := b.streams * b.frame
	isBytes := b.observations.U != nil
	if obs.Len() != want || final.Len() != want || (obs.U != nil) != isBytes || (final.U != nil) != isBytes {
		panic(fmt.Sprintf("replay: %s of observations [%d] and [%d], want [%d × %d] (bytes: %v)",
			method, obs.Len(), final.Len(), b.streams, b.frame, isBytes))
	}
}

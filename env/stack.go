package env

import (
	"fmt"
	"slices"

	"covey/state"
)

// Stack makes the last count frames of e one observation: a policy sees [Spec.Stacked]. The environment goes on showing
// one frame at a time, so that each is stored once; [History] is where whoever shows them to a policy keeps
// the frames before. The first frame of an episode stands in for those before it.
func Stack(e Environment, count int) Environment {
	w := stack{Environment: e, count: checkStack(count)}
	if s, ok := e.(state.Stateful); ok {
		return &statefulStack{stack: w, Stateful: s}
	}
	return &w
}

// StackVector is [Stack] for a vector.
func StackVector(v Vector, count int) Vector {
	w := stackVector{Vector: v, count: checkStack(count)}
	if s, ok := v.(state.Stateful); ok {
		return &statefulStackVector{stackVector: w, Stateful: s}
	}
	return &w
}

func checkStack(count int) int {
	if count < 1 {
		panic(fmt.Sprintf("env: stack of %d frames", count))
	}
	return count
}

// Stacked is the space of what a policy is shown: the frames of an observation, oldest first, as one more dimension
// in front; the observation space itself where there is but one.
func (s Spec) Stacked() Space {
	if s.Stack <= 1 {
		return s.Observation
	}
	x := s.Observation
	x.Shape = append([]int{s.Stack}, x.Shape...)
	x.Low, x.High = slices.Repeat(x.Low, s.Stack), slices.Repeat(x.High, s.Stack)
	return x
}

type stack struct {
	Environment
	count int
}

func (s *stack) Spec() Spec { return stacked(s.Environment.Spec(), s.count) }

// Unwrap returns the environment inside.
func (s *stack) Unwrap() Environment { return s.Environment }

// stacked says that an observation is count frames.
func stacked(s Spec, count int) Spec {
	if s.Stack > 1 {
		panic(fmt.Sprintf("env: %s is stacked twice", s.ID))
	}
	if s.Observation.Kind != Box {
		panic(fmt.Sprintf("env: %s has observations of kind %v, only those of a Box can be stacked", s.ID, s.Observation.Kind))
	}
	s.Stack = count
	return s
}

type statefulStack struct {
	stack
	state.Stateful // the environment inside; the wrapper has no state of its own
}

type stackVector struct {
	Vector
	count int
}

func (s *stackVector) Spec() Spec { return stacked(s.Vector.Spec(), s.count) }

type statefulStackVector struct {
	stackVector
	state.Stateful // the vector inside
}

// History is what a number of streams show to a policy: the last frames of each. With a Stack of one, the frames are
// the observations, and nothing is copied.
type History struct {
	// Frames is where the environments write what they show. [streams, frame]
	Frames Values
	// Observations is what the policy is shown. [streams, Stack, frame], oldest frame first
	Observations Values

	streams, stack, frame int
}

// NewHistory returns the histories of a number of streams.
func NewHistory(s Spec, streams int) *History {
	h := &History{streams: streams, stack: max(s.Stack, 1), frame: s.Observation.Size()}
	h.Frames = MakeValues(s.Observation, streams*h.frame)
	h.Observations = h.Frames
	if h.stack > 1 {
		h.Observations = MakeValues(s.Observation, streams*h.stack*h.frame)
	}
	return h
}

// Width is the number of elements of an observation.
func (h *History) Width() int { return h.stack * h.frame }

// Row is stream i's observation.
func (h *History) Row(i int) Values { return h.Observations.Slice(i*h.Width(), (i+1)*h.Width()) }

// Frame is what stream i's environment shows.
func (h *History) Frame(i int) Values { return h.Frames.Slice(i*h.frame, (i+1)*h.frame) }

// Show takes the frame of each stream into its observation. starts: [streams], it is the first of an episode.
func (h *History) Show(starts []bool) {
	for i := range h.streams {
		h.ShowRow(i, starts[i])
	}
}

// ShowRow takes stream i's frame into its observation.
func (h *History) ShowRow(i int, start bool) {
	if h.stack == 1 {
		return
	}
	row, frame := h.Row(i), h.Frame(i)
	if start {
		for j := range h.stack {
			row.Slice(j*h.frame, (j+1)*h.frame).Copy(frame)
		}
		return
	}
	last := (h.stack - 1) * h.frame
	row.Slice(0, last).Copy(row.Slice(h.frame, last+h.frame))
	row.Slice(last, last+h.frame).Copy(frame)
}

// Final writes the observation that a frame would make if stream i showed it next; dst: [Stack, frame].
func (h *History) Final(dst Values, i int, frame Values) {
	last := (h.stack - 1) * h.frame
	dst.Slice(0, last).Copy(h.Row(i).Slice(h.Width()-last, h.Width()))
	dst.Slice(last, last+h.frame).Copy(frame)
}

// Move makes stream from's frames those of stream to.
func (h *History) Move(to, from int) {
	h.Row(to).Copy(h.Row(from))
	if h.stack > 1 {
		h.Frame(to).Copy(h.Frame(from))
	}
}

// State visits the observations.
func (h *History) State(w state.Walker) error {
	if h.Observations.U == nil {
		w.Floats("observations", h.Observations.F)
	} else if err := state.FixedBytes(w, "observations", h.Observations.U); err != nil {
		return err
	}
	if h.stack > 1 {
		for i := range h.streams {
			h.Frame(i).Copy(h.Row(i).Slice(h.Width()-h.frame, h.Width()))
		}
	}
	return nil
}

// Package env defines the worlds that agents act in: environments, vectors of them, and the spaces
// of their observations and actions. Its words are Gymnasium's.
//
// An [Environment] is one world, a [Vector] several that are stepped together: [Batch] makes the
// second from the first. Wrappers ([TimeLimit], [ActionRepeat], [ClipReward], [ScaleReward]) change
// how an environment is met; normalising observations and rewards is the policy's affair, not
// theirs. The environments themselves stand in packages beside this one; covey/env/envtest is the suite
// that each of them passes.
package env

import (
	"errors"
	"fmt"
)

// ErrResetNeeded is what Step returns, wrapped, when no episode is running: before the first Reset,
// and after an episode's end.
var ErrResetNeeded = errors.New("no episode is running: Reset must come first")

// Values holds observations: floats, or bytes where the space says so. Exactly one is set.
type Values struct {
	F []float32
	U []uint8
}

// MakeValues returns zeroed storage for n elements of the space's kind.
func MakeValues(s Space, n int) Values {
	if s.Bytes {
		return Values{U: make([]uint8, n)}
	}
	return Values{F: make([]float32, n)}
}

// Slice is v[from:to], in elements.
func (v Values) Slice(from, to int) Values {
	if v.U != nil {
		return Values{U: v.U[from:to]}
	}
	return Values{F: v.F[from:to]}
}

// Len is the number of elements.
func (v Values) Len() int { return len(v.F) + len(v.U) }

// Copy copies src into v, which must be of the same kind and length.
func (v Values) Copy(src Values) {
	copy(v.F, src.F)
	copy(v.U, src.U)
}

// Restarted is the error of a Vector that could save itself, but not its episodes: what it steps had to be made
// anew. The step and the episodes under way are lost; obs holds the first observations of new ones, from which
// the next Step goes on.
type Restarted struct {
	Cause error
}

func (r *Restarted) Error() string { return fmt.Sprintf("environments restarted: %v", r.Cause) }

// Unwrap is the cause.
func (r *Restarted) Unwrap() error { return r.Cause }

// Outcome is what a step returned besides the observation. Terminated and truncated never merge:
// after a terminated step nothing follows; a truncated one was cut off, and its value lives on.
type Outcome struct {
	Reward     float32
	Terminated bool
	Truncated  bool
}

// Environment is one world, used by one goroutine at a time. Native environments are also
// [covey/state.Stateful].
type Environment interface {
	Spec() Spec
	// Reset starts an episode and writes its first observation, also while another is running. The same
	// seed gives the same episode.
	Reset(seed uint64, obs Values) error
	// Step takes one action (a discrete one is its index) and writes the observation that followed:
	// of this episode, even at its end. After an end, Reset must come next: till then Step returns
	// [ErrResetNeeded]. An action that the space does not hold is an error that names the environment and
	// the action, but a number beyond a Box's bounds is clipped where Gymnasium's environment clips it.
	Step(action []float32, obs Values) (Outcome, error)
	Close() error
}

// Vector is a row of environments of one Spec, stepped together, that start their next episode by
// themselves.
type Vector interface {
	Spec() Spec
	Len() int
	// Reset starts an episode in each environment; each derives the seeds of its later episodes from its own.
	// obs: [Len, frame].
	Reset(seeds []uint64, obs Values) error
	// Step takes actions [Len, action]. obs [Len, frame] receives the observations to act on next: for a
	// row that ended, the first of the next episode, while the last of the ended one goes to that row of
	// final [Len, frame]; other rows of final are left alone. out: [Len]. An error that is a [*Restarted] is
	// one that the caller can go on after.
	Step(actions []float32, obs, final Values, out []Outcome) error
	Close() error
}

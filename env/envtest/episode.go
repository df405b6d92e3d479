package envtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"covey/env"
)

// longest is the number of steps after which an episode is looked at no further.
const longest = 2000

// moment is what an environment returned from one call.
type moment struct {
	obs env.Values
	out env.Outcome // of a step
}

// equal compares bit for bit.
func (m moment) equal(other moment) bool {
	return slices.Equal(m.obs.U, other.obs.U) &&
		slices.EqualFunc(m.obs.F, other.obs.F, func(a, b float32) bool {
			return math.Float32bits(a) == math.Float32bits(b)
		}) &&
		math.Float32bits(m.out.Reward) == math.Float32bits(other.out.Reward) &&
		m.out.Terminated == other.out.Terminated && m.out.Truncated == other.out.Truncated
}

func (m moment) ended() bool { return m.out.Terminated || m.out.Truncated }

func (m moment) String() string {
	if m.obs.U != nil {
		return fmt.Sprintf("%d bytes, %+v", len(m.obs.U), m.out)
	}
	return fmt.Sprintf("%v, %+v", m.obs.F, m.out)
}

// difference names the first moment in which two episodes differ.
func difference(a, b []moment) error {
	for i := range min(len(a), len(b)) {
		if !a[i].equal(b[i]) {
			return fmt.Errorf("after %d steps: %v and %v", i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Errorf("one ends after %d steps, the other after %d", len(a)-1, len(b)-1)
	}
	return nil
}

// play runs an episode with random actions till it ends, or for the given number of steps. The
// first moment is that of Reset.
func (s *suite) play(e env.Environment, seed uint64, steps int) ([]moment, error) {
	first := moment{obs: s.poisoned(0xa5)}
	if err := e.Reset(seed, first.obs); err != nil {
		return nil, fmt.Errorf("reset with seed %d: %w", seed, err)
	}
	rest, err := s.proceed(e, actions(seed), steps)
	return append([]moment{first}, rest...), err
}

// proceed makes up to the given number of steps with actions drawn from rng.
func (s *suite) proceed(e env.Environment, rng *rand.Rand, steps int) ([]moment, error) {
	var moments []moment
	action := make([]float32, s.spec.Action.Size())
	for range steps {
		s.spec.Action.Sample(action, rng)
		m := moment{obs: s.poisoned(0xa5)}
		var err error
		if m.out, err = e.Step(action, m.obs); err != nil {
			return moments, fmt.Errorf("step %d with action %v: %w", len(moments)+1, action, err)
		}
		moments = append(moments, m)
		if m.ended() {
			break
		}
	}
	return moments, nil
}

// actions is the stream that the actions of the episode with the given seed are drawn from.
func actions(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xac7)) }

// poisoned is an observation's storage filled with what no environment writes everywhere: NaN, or
// the byte.
func (s *suite) poisoned(b uint8) env.Values {
	v := env.MakeValues(s.spec.Observation, s.spec.Observation.Size())
	poison(v, b)
	return v
}

func poison(v env.Values, b uint8) {
	for i := range v.U {
		v.U[i] = b
	}
	for i := range v.F {
		v.F[i] = math.Float32frombits(0x7fc00000 | uint32(b))
	}
}

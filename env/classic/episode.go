package classic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"covey/env"
	"covey/state"
)

// episode is what the environments have in common: their spec, and whether an episode is running.
type episode struct {
	spec    env.Spec
	choices int // actions of a discrete space
	running bool
}

func (e *episode) Spec() env.Spec { return e.spec }
func (e *episode) Close() error   { return nil }

// choice is the index of a discrete action; ok: it is one, and an episode is running.
func (e *episode) choice(action []float32) (index int, ok bool) {
	if !e.running {
		return 0, false
	}
	return env.Choice(action, e.choices)
}

// number is a continuous action of one element, not yet clipped; ok: it is one, and an episode is running.
func (e *episode) number(action []float32) (x float32, ok bool) {
	if !e.running || len(action) != 1 {
		return 0, false
	}
	return action[0], action[0] == action[0]
}

// refusal is the error of a step whose action is not ok.
func (e *episode) refusal(action []float32) error {
	if !e.running {
		return fmt.Errorf("%s: %w", e.spec.ID, env.ErrResetNeeded)
	}
	if space := e.spec.Action; space.Kind == env.Discrete {
		return fmt.Errorf("%s: action %v is none of 0 to %d", e.spec.ID, action, space.N[0]-1)
	}
	return fmt.Errorf("%s: action %v is not one number", e.spec.ID, action)
}

// frame is obs's storage, which must be of n floats.
func (e *episode) frame(obs env.Values, n int) []float32 {
	if len(obs.F) != n {
		e.wrongFrame(obs, n)
	}
	return obs.F
}

// wrongFrame stands apart so that frame is inlined.
//
//go:noinline
func (e *episode) wrongFrame(obs env.Values, n int) {
	panic(fmt.Sprintf("%s: observation of %d floats and %d bytes; want %d floats", e.spec.ID, len(obs.F), len(obs.U), n))
}

// walk visits the named variables and whether an episode is running.
func (e *episode) walk(w state.Walker, names []string, variables ...*float64) error {
	for i, v := range variables {
		w.Float64(names[i], v)
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			return fmt.Errorf("%s: %s is %v", e.spec.ID, names[i], *v)
		}
	}
	return state.Bool(w, "running", &e.running)
}

// start is the random stream of one Reset: the initial state is all that is random here, so no
// stream outlives it.
func start(seed uint64) rand.PCG {
	return *rand.NewPCG(seed, 0)
}

// uniform is uniformly distributed over [low, high), in steps of 2⁻⁵³ of the range, as NumPy's is.
func uniform(rng *rand.PCG, low, high float64) float64 {
	return low + float64((high-low)*(float64(rng.Uint64()>>11)*0x1p-53))
}

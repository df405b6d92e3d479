// Package memory holds tasks that cannot be solved from what is seen now: an agent must keep what it has seen
// before. One without memory is right by chance alone, and each task says how often that is.
//
// They are [covey/state.Stateful], and stepping one allocates nothing.
package memory

import (
	"fmt"
	"math/rand/v2"

	"covey/env"
	"covey/internal/nearest"
	"covey/state"
)

// tasks are those that have names, in the order of IDs.
var tasks = []struct {
	id   string
	make func() env.Environment
}{
	{"Recall8-v0", func() env.Environment { return Recall(8) }},
	{"TMaze10-v0", func() env.Environment { return TMaze(10) }},
	{"TMaze40-v0", func() env.Environment { return TMaze(40) }},
}

// New makes the task of that id. The error of an unknown id names the nearest known one.
func New(id string) (env.Environment, error) {
	for _, t := range tasks {
		if t.id == id {
			return t.make(), nil
		}
	}
	return nil, fmt.Errorf("memory: unknown environment %q%s", id, nearest.Hint(id, IDs()))
}

// IDs are the names that New knows.
func IDs() []string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.id
	}
	return ids
}

// signs is the space of observations that show one of n signs, as 1 among zeros.
func signs(n int) env.Space {
	high := make([]float32, n)
	for i := range high {
		high[i] = 1
	}
	return env.NewBox(make([]float32, n), high)
}

// task is what the tasks have in common.
type task struct {
	spec    env.Spec
	running bool
}

func (t *task) Spec() env.Spec { return t.spec }
func (t *task) Close() error   { return nil }

// begin starts an episode and returns its stream, from which only the start of an episode draws.
func (t *task) begin(seed uint64) *rand.PCG {
	t.running = true
	return rand.NewPCG(seed, 0)
}

func (t *task) choice(action []float32) (int, error) {
	if !t.running {
		return 0, fmt.Errorf("%s: %w", t.spec.ID, env.ErrResetNeeded)
	}
	n := t.spec.Action.N[0]
	if i, ok := env.Choice(action, n); ok {
		return i, nil
	}
	return 0, fmt.Errorf("%s: action %v is none of 0 to %d", t.spec.ID, action, n-1)
}

// show writes the observation of one sign.
func (t *task) show(obs env.Values, sign int) {
	if n := t.spec.Observation.Size(); len(obs.F) != n {
		panic(fmt.Sprintf("%s: observation of %d floats and %d bytes; want %d floats", t.spec.ID, len(obs.F), len(obs.U), n))
	}
	clear(obs.F)
	obs.F[sign] = 1
}

// number visits x, which lies between 0 and most.
func (t *task) number(w state.Walker, name string, x *int, most int) error {
	u := uint64(*x)
	w.Uint64(name, &u)
	if u > uint64(most) {
		return fmt.Errorf("%s: %s is %d, not between 0 and %d", t.spec.ID, name, u, most)
	}
	if int(u) != *x { // a walker that saves must find nothing written
		*x = int(u)
	}
	return nil
}

func (t *task) walk(w state.Walker) error {
	if err := state.Bool(w, "running", &t.running); err != nil {
		return fmt.Errorf("%s: %w", t.spec.ID, err)
	}
	return nil
}

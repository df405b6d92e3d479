// Package supervise keeps vectors of environments alive. One that panics or returns an error is replaced by a new one: a
// vector that can be saved goes on where the old one was, bit for bit, and nobody notices but the log; any
// other begins new episodes, and says so with an [*env.Restarted].
//
// A call that does not return is not noticed here: the bridge ends processes that hang, and package train learners.
package supervise

import (
	"errors"
	"fmt"
	"reflect"

	"covey/env"
	"covey/state"
)

// Options says how much is forgiven.
type Options struct {
	// Budget is the number of restarts; the failure after the last one is returned. It is saved with the
	// environments that can be saved.
	Budget int
	Log    func(string) // is told once of each restart and why, on the goroutine that met it; nil: nobody
}

// Vector supervises the vector that create makes, and makes again. It is a [state.Stateful] exactly when that is.
//
// An error that the same call repeats right after a restart is the caller's, or would come for ever: it is
// returned, whatever the budget. So is one that says so itself, by a method Permanent() bool.
func Vector(create func() (env.Vector, error), opt Options) (env.Vector, error) {
	g := guard{create: create, opt: opt}
	if err := g.renew(); err != nil {
		return nil, err
	}
	if g.saves == nil {
		return &plain{guard: g, seeds: make([]uint64, g.Len())}, nil
	}
	return newStateful(g), nil
}

// guard is a vector with the means to replace it.
type guard struct {
	create func() (env.Vector, error)
	opt    Options

	spec     env.Spec
	length   int
	vector   vector         // at work
	saves    state.Stateful // the same, where it can be saved
	restarts uint64
	closed   bool
}

// vector is what is done with an [env.Vector], or with [gone] in its place.
type vector interface {
	Reset(seeds []uint64, obs env.Values) error
	Step(actions []float32, obs, final env.Values, out []env.Outcome) error
	Close() error
}

func (g *guard) Spec() env.Spec { return g.spec }
func (g *guard) Len() int       { return g.length }

func (g *guard) Close() error {
	g.closed = true
	return shut(g.vector)
}

// renew makes the vector, for the first time or again.
func (g *guard) renew() error {
	v, err := g.make()
	if err != nil {
		return err
	}
	saves, _ := v.(state.Stateful)
	if g.vector != nil && (v.Len() != g.length || (saves != nil) != (g.saves != nil) || !reflect.DeepEqual(v.Spec(), g.spec)) {
		err := fmt.Errorf("%d × %s was made again as %d × %s, or with other spaces", g.length, g.spec.ID, v.Len(), v.Spec().ID)
		return errors.Join(err, v.Close())
	}
	g.spec, g.length, g.vector, g.saves = v.Spec(), v.Len(), v, saves
	return nil
}

// make makes a vector, which may panic too.
func (g *guard) make() (v env.Vector, err error) {
	defer catch(&err)
	return g.create()
}

// restart replaces the vector, which failed with cause. An error means that it could not, and is final.
func (g *guard) restart(cause error) error {
	for {
		if g.closed || permanent(cause) || g.opt.Budget <= 0 {
			return cause
		}
		if g.restarts >= uint64(g.opt.Budget) {
			return fmt.Errorf("after %d restarts: %w", g.restarts, cause)
		}
		g.restarts++
		text := fmt.Sprintf("%s: restart %d of %d: %v", g.spec.ID, g.restarts, g.opt.Budget, cause)
		if err := shut(g.vector); err != nil {
			text += fmt.Sprintf("; and closing what failed: %v", err)
		}
		if g.opt.Log != nil {
			g.opt.Log(text)
		}
		err := g.renew()
		if err == nil {
			return nil
		}
		g.vector, cause = gone{err}, err
	}
}

// repeats says whether a failure is the one before again, so that another restart would not help.
func repeats(err, before error) bool { return err.Error() == before.Error() }

// permanent says whether a failure says of itself that it would come again.
func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// gone is where there is no vector, because it could not be made again.
type gone struct{ err error }

func (g gone) Reset([]uint64, env.Values) error { return g.err }

func (g gone) Step([]float32, env.Values, env.Values, []env.Outcome) error { return g.err }

func (g gone) Close() error { return nil }

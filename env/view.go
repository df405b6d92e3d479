package env

import (
	"errors"
	"fmt"

	"covey/state"
)

// View is another way of showing what an environment shows. It belongs to one goroutine, and remembers nothing.
type View interface {
	Space() Space // of what it shows
	// Show shows src in its way. dst: the view's space, src: the environment's.
	Show(dst, src Values)
}

// Observe shows e by view, whose source must be e's observation space.
func Observe(e Environment, view View) Environment {
	s := e.Spec()
	w := observed{Environment: e, view: view, spec: seen(s, view), inner: MakeValues(s.Observation, s.Observation.Size())}
	if s, ok := e.(state.Stateful); ok {
		return &statefulObserved{observed: w, Stateful: s}
	}
	return &w
}

// seen is the spec of what is shown by a view.
func seen(s Spec, view View) Spec {
	if s.Stack > 1 {
		panic(fmt.Sprintf("env: %s is stacked before it is viewed", s.ID))
	}
	s.Observation = view.Space()
	return s
}

type observed struct {
	Environment
	view  View
	spec  Spec
	inner Values // what e shows
}

func (o *observed) Spec() Spec { return o.spec }

// Unwrap returns the environment inside.
func (o *observed) Unwrap() Environment { return o.Environment }

func (o *observed) Reset(seed uint64, obs Values) error {
	if err := o.Environment.Reset(seed, o.inner); err != nil {
		return err
	}
	o.view.Show(obs, o.inner)
	return nil
}

func (o *observed) Step(action []float32, obs Values) (Outcome, error) {
	out, err := o.Environment.Step(action, o.inner)
	if err != nil {
		return out, err
	}
	o.view.Show(obs, o.inner)
	return out, nil
}

type statefulObserved struct {
	observed
	state.Stateful // the environment inside; a view has no state
}

// ObserveVector is [Observe] for a vector.
func ObserveVector(v Vector, view View) Vector {
	s := v.Spec()
	n := v.Len() * s.Observation.Size()
	w := observedVector{Vector: v, view: view, spec: seen(s, view), inner: MakeValues(s.Observation, n), final: MakeValues(s.Observation, n)}
	if s, ok := v.(state.Stateful); ok {
		return &statefulObservedVector{observedVector: w, Stateful: s}
	}
	return &w
}

type observedVector struct {
	Vector
	view         View
	spec         Spec
	inner, final Values // [Len, frame]: what v shows
}

func (o *observedVector) Spec() Spec { return o.spec }

func (o *observedVector) Reset(seeds []uint64, obs Values) error {
	err := o.Vector.Reset(seeds, o.inner)
	o.showAll(obs, err)
	return err
}

func (o *observedVector) Step(actions []float32, obs, final Values, out []Outcome) error {
	err := o.Vector.Step(actions, o.inner, o.final, out)
	o.showAll(obs, err)
	if err != nil {
		return err
	}
	for i, x := range out {
		if x.Terminated || x.Truncated {
			o.show(final, o.final, i)
		}
	}
	return nil
}

// showAll shows what there is to act on next, which there is after a [*Restarted] too.
func (o *observedVector) showAll(obs Values, err error) {
	if err != nil {
		if _, restarted := errors.AsType[*Restarted](err); !restarted {
			return
		}
	}
	for i := range o.Len() {
		o.show(obs, o.inner, i)
	}
}

func (o *observedVector) show(dst, src Values, i int) {
	to, from := o.spec.Observation.Size(), src.Len()/o.Len()
	o.view.Show(dst.Slice(i*to, (i+1)*to), src.Slice(i*from, (i+1)*from))
}

type statefulObservedVector struct {
	observedVector
	state.Stateful // the vector inside
}

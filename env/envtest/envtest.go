// Package envtest is the suite that every environment passes.
//
//	func TestMaze(t *testing.T) {
//		envtest.Run(t, func() env.Environment { return maze.New(9) }, envtest.Native)
//	}
package envtest

import (
	"errors"
	"fmt"
	"runtime/debug"
	"testing"

	"covey/env"
)

// Trait says what may be expected of an environment besides what holds for all.
type Trait uint8

const (
	// Native environments are [covey/state.Stateful] and allocate nothing in Step and Reset.
	Native Trait = iota + 1
	// Unseeded environments have the same episode for every seed.
	Unseeded
)

// Run runs the suite as subtests of t. The function returns a new environment each time.
func Run(t *testing.T, create func() env.Environment, traits ...Trait) {
	t.Helper()
	s := newSuite(create, traits)
	for i, c := range checks {
		sound := t.Run(c.name, func(t *testing.T) {
			if err := c.run(s); err != nil {
				t.Error(err)
			}
		})
		if i == 0 && !sound { // the others rest on the spec
			return
		}
	}
}

// Check runs the suite outside a test, and returns what is wrong, each defect with its check's name. A panic is one; after a
// defect of the spec nothing else is checked.
func Check(create func() env.Environment, traits ...Trait) error {
	var s *suite
	if err := recovered(func() error {
		s = newSuite(create, traits)
		return nil
	}); err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	var errs []error
	for i, c := range checks {
		if err := recovered(func() error { return c.run(s) }); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
			if i == 0 {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// recovered runs a check. A panic in it is an error, with the stack.
func recovered(check func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return check()
}

var checks = []struct {
	name string
	run  func(*suite) error
}{
	{"spec", (*suite).specIsValid},
	{"space", (*suite).observationsAreInSpace},
	{"memory", (*suite).memoryIsTheCallers},
	{"same seed", (*suite).sameSeedSameEpisode},
	{"other seed", (*suite).otherSeedOtherEpisode},
	{"ends", (*suite).endsAreTold},
	{"reset needed", (*suite).resetIsNeeded},
	{"invalid action", (*suite).invalidActionsAreErrors},
	{"snapshot", (*suite).snapshotsContinue},
	{"allocations", (*suite).nothingIsAllocated},
	{"batch", (*suite).batchEqualsAlone},
	{"close", (*suite).closes},
}

// suite is the environment under test.
type suite struct {
	create           func() env.Environment
	spec             env.Spec
	native, unseeded bool
}

func newSuite(create func() env.Environment, traits []Trait) *suite {
	s := &suite{create: create}
	for _, trait := range traits {
		switch trait {
		case Native:
			s.native = true
		case Unseeded:
			s.unseeded = true
		default:
			panic(fmt.Sprintf("envtest: unknown trait %d", trait))
		}
	}
	e := create()
	s.spec = e.Spec()
	_ = e.Close() // the check of that name looks at it
	return s
}

// with calls f with a new environment and closes it.
func (s *suite) with(f func(env.Environment) error) error {
	e := s.create()
	defer func() { _ = e.Close() }()
	return f(e)
}

package envtest

import (
	"strings"
	"testing"

	"covey/env"
)

func TestSoundEnvironmentsPass(t *testing.T) {
	Run(t, func() env.Environment { return &saved{} }, Native)
	Run(t, func() env.Environment { return &saved{drift{bytes: true}} }, Native)
	Run(t, func() env.Environment { return &drift{} })
	Run(t, func() env.Environment { return &drift{flaw: "allocates"} })
	Run(t, func() env.Environment { return &drift{flaw: "one seed for all"} }, Unseeded)
}

// TestFlawsAreCaught breaks a sound environment in one place at a time: the check meant for it must
// say so, in these words.
func TestFlawsAreCaught(t *testing.T) {
	for _, c := range []struct{ flaw, check, want string }{
		{"no ID", "spec", "no ID"},
		{"impossible space", "spec", "observation space: box"},
		{"impossible actions", "spec", "action space: Discrete space offers 0"},
		{"actions of bytes", "spec", "action space: of bytes"},
		{"negative limit", "spec", "MaxSteps is -1"},
		{"infinite threshold", "spec", "reward threshold +Inf"},
		{"changing spec", "spec", "the spec is"},
		{"leaves the space", "space", "outside [-4, 1]"},
		{"observes infinity", "space", "+Inf"},
		{"writes half", "space", "element 1 is NaN"},
		{"infinite reward", "space", "reward +Inf"},
		{"rewards NaN", "space", "reward NaN"},
		{"writes half", "memory", "element 1 of the observation was not written"},
		{"writes beyond", "memory", "beyond its end"},
		{"writes the action", "memory", "changed its action"},
		{"keeps the observation", "memory", "changed the observation"},
		{"ignores the seed", "same seed", "played twice"},
		{"keeps its stream", "same seed", "played twice"},
		{"keeps its clock", "same seed", "played twice"},
		{"one seed for all", "other seed", "one and the same episode"},
		{"merges the ends", "ends", "truncated after"},
		{"truncates for terminating", "ends", "truncated after"},
		{"terminates at the limit", "ends", "not truncated after 40"},
		{"exceeds the limit", "ends", "more than 40"},
		{"never ends", "ends", "more than 40"},
		{"steps without a reset", "reset needed", "before the first reset"},
		{"resets by itself", "reset needed", "after the end"},
		{"panics", "invalid action", "does not name Drift-v0"},
		{"takes any length", "invalid action", "passes"},
		{"takes NaN", "invalid action", "action [NaN] of Discrete passes"},
		{"takes any choice", "invalid action", "action [2] of Discrete passes"},
		{"takes halves", "invalid action", "action [0.5] of Discrete passes"},
		{"nameless errors", "invalid action", "does not name Drift-v0"},
		{"forgets a variable", "snapshot", "goes on differently"},
		{"forgets its clock", "snapshot", "goes on differently"},
		{"forgets its stream", "snapshot", "goes on differently"},
		{"forgets the end", "snapshot", "saved after the end"},
		{"fails to save", "snapshot", "unsaved"},
		{"allocates", "allocations", "1 allocations"},
		{"shares memory", "batch", "alone"},
		{"fails to close", "close", "stuck"},
	} {
		t.Run(c.flaw, func(t *testing.T) {
			memory, resets = 0, 0
			if err := check(c.check, func() env.Environment { return &saved{drift{flaw: c.flaw}} }, Native); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("check %q returns error %v, want one with %q", c.check, err, c.want)
			}
		})
	}
}

// check runs one check of the suite.
func check(name string, create func() env.Environment, traits ...Trait) error {
	s := newSuite(create, traits)
	for _, c := range checks {
		if c.name == name {
			return c.run(s)
		}
	}
	panic(name)
}

func TestFlawsOfBytes(t *testing.T) {
	create := func() env.Environment { return &saved{drift{bytes: true, flaw: "writes half"}} }
	if err := check("memory", create, Native); err == nil || !strings.Contains(err.Error(), "not written as a whole") {
		t.Errorf("error %v", err)
	}
}

func TestTraits(t *testing.T) {
	if err := check("snapshot", func() env.Environment { return &drift{} }, Native); err == nil {
		t.Error("a native environment that cannot be saved passes")
	}
	if err := check("other seed", func() env.Environment { return &saved{} }, Unseeded); err == nil {
		t.Error("an environment passes as unseeded that is not")
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown trait passes")
		}
	}()
	newSuite(func() env.Environment { return &drift{} }, []Trait{99})
}

// TestCheckNamesWhatFails: all that fails, and nothing else.
func TestCheckNamesWhatFails(t *testing.T) {
	if err := Check(func() env.Environment { return &saved{} }, Native); err != nil {
		t.Error(err)
	}
	for flaw, want := range map[string]string{"impossible space": "spec: observation space: box of shape [2] wants 2 bounds, has 1 low and 2 high", "explodes": "same seed: panic: boom"} {
		err := Check(func() env.Environment { return &saved{drift{flaw: flaw}} }, Native)
		if err == nil || !strings.Contains(err.Error(), want) || flaw == "impossible space" && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %s", flaw, err, want)
		}
	}
	if err := Check(func() env.Environment { return nil }); err == nil || !strings.HasPrefix(err.Error(), "spec: panic: ") {
		t.Errorf("no environment: %v", err)
	}
	err := Check(func() env.Environment { return &saved{drift{flaw: "forgets its stream"}} }, Native)
	if err == nil || !strings.HasPrefix(err.Error(), "snapshot: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want that of the snapshot alone", err)
	}
}

// skewed is a Batch with a flaw of its own.
type skewed struct {
	env.Vector
	flaw string
}

func (s *skewed) Len() int {
	if s.flaw == "length" {
		return 2
	}
	return s.Vector.Len()
}

func (s *skewed) Reset(seeds []uint64, obs env.Values) error {
	if s.flaw == "swaps seeds" {
		seeds = []uint64{seeds[1], seeds[0], seeds[2]}
	}
	return s.Vector.Reset(seeds, obs)
}

func (s *skewed) Step(actions []float32, obs, final env.Values, out []env.Outcome) error {
	if err := s.Vector.Step(actions, obs, final, out); err != nil {
		return err
	}
	for i, o := range out {
		ended, row := o.Terminated || o.Truncated, final.Slice(2*i, 2*i+2)
		switch {
		case s.flaw == "final is the next" && ended:
			row.Copy(obs.Slice(2*i, 2*i+2))
		case s.flaw == "final in every row" && !ended:
			row.Copy(obs.Slice(2*i, 2*i+2))
		case s.flaw == "obs is the last" && ended:
			obs.Slice(2*i, 2*i+2).Copy(row)
		case s.flaw == "loses the end":
			out[i].Truncated = false
		}
	}
	return nil
}

func TestFlawsOfVectorsAreCaught(t *testing.T) {
	s := newSuite(func() env.Environment { return &saved{} }, nil)
	three := func() []env.Environment {
		return []env.Environment{&saved{}, &saved{}, &saved{}}
	}
	for flaw, want := range map[string]string{
		"":                   "",
		"length":             "length 2",
		"swaps seeds":        "after 0 steps",
		"final is the next":  "final observation",
		"final in every row": "final observation",
		"obs is the last":    "alone",
		"loses the end":      "alone",
	} {
		v, err := env.Batch(three()...)
		if err != nil {
			t.Fatal(err)
		}
		err = s.vectorEqualsAlone(&skewed{v, flaw}, three())
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", flaw, err, want)
		}
	}
}

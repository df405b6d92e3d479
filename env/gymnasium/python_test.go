package gymnasium

import (
	"path/filepath"
	"strings"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
)

func interpreter(t testing.TB) string { t.Helper(); return pyenvtest.Gymnasium(t) }

// transports are those of this system, as Options.Piped has them.
func transports() []bool {
	memory, err := newMemory()
	if err != nil {
		return []bool{true}
	}
	_ = memory.Close() // nothing stands in it
	return []bool{false, true}
}

// options are those of an environment, which may be one of testdata's.
func options(t testing.TB, id string, kwargs map[string]any) Options {
	t.Helper()
	o := DefaultOptions(id)
	o.Python, o.Kwargs = interpreter(t), kwargs
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", folder)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	return o
}

// world is a vector with the storage that its calls want.
type world struct {
	*Vector
	t          testing.TB
	obs, final env.Values
	actions    []float32
	out        []env.Outcome
}

func newWorld(t testing.TB, o Options, envs, processes int) *world {
	t.Helper()
	v, err := NewVector(o, envs, processes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() }) // closed before, if that matters
	s := v.Spec()
	return &world{
		Vector: v, t: t,
		obs: env.MakeValues(s.Observation, envs*s.Observation.Size()), final: env.MakeValues(s.Observation, envs*s.Observation.Size()),
		actions: make([]float32, envs*s.Action.Size()), out: make([]env.Outcome, envs),
	}
}

func (w *world) reset(seed uint64) error {
	seeds := make([]uint64, w.Len())
	for i := range seeds {
		seeds[i] = seed + uint64(i)
	}
	return w.Reset(seeds, w.obs)
}

func (w *world) step() error { return w.Step(w.actions, w.obs, w.final, w.out) }

// mustSay fails unless the error says all that is wanted.
func mustSay(t testing.TB, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", want)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
}

package supervise_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covey/env"
	"covey/env/supervise"
	"covey/internal/corridor"
	"covey/state"
)

// TestNothingIsLost: worlds that can be saved go on with the same bits after any failures, also while they catch
// up after another one, at the borders of recordings and in a reset.
func TestNothingIsLost(t *testing.T) {
	const steps = 700
	undisturbed, err := (&schedule{}).create(false)()
	want := newPlayer(t, undisturbed, err)
	if err := want.reset(); err != nil {
		t.Fatal(err)
	}
	moments := want.play(t, steps)
	for name, f := range map[string]fault{"error": fails, "panic": panics} {
		for _, at := range [][]int{{1}, {3 * 255}, {3*256 + 1}, {3*257 + 2}, {400, 401}, {100, 120, 3 * 300, 3*300 + 5}} {
			t.Run(fmt.Sprintf("%s/%v", name, at), func(t *testing.T) {
				s := &schedule{faults: map[int]fault{}, resets: map[int]fault{0: f}}
				for i, n := range at {
					s.faults[n] = f
					if i%2 == 1 {
						s.faults[n] = func() error { return errors.New("another cause") }
					}
				}
				var logged []string
				v, err := supervise.Vector(s.create(false), supervise.Options{Budget: 9, Log: func(line string) { logged = append(logged, line) }})
				p := newPlayer(t, v, err)
				if err := p.reset(); err != nil {
					t.Fatal(err)
				}
				if got := p.play(t, steps); !slices.Equal(got, moments) {
					t.Error("it went on differently")
				}
				if len(logged) != len(at)+1 || !strings.Contains(logged[0], "Corridor: restart 1 of 9: ") {
					t.Errorf("logged %q", logged)
				}
				if name == "panic" && !strings.Contains(logged[0], "panic at world_test.go:") {
					t.Errorf("logged %q, which does not say where", logged[0])
				}
				if err := v.Close(); err != nil || s.closed != streams*s.made {
					t.Errorf("%d of %d worlds were closed (%v)", s.closed, streams*s.made, err)
				}
			})
		}
	}
}

// TestEachRestartIsToldOnce, also where what failed cannot be closed.
func TestEachRestartIsToldOnce(t *testing.T) {
	var logged []string
	s := &schedule{faults: map[int]fault{10: fails}, stuck: errors.New("the gate is stuck")}
	v, err := supervise.Vector(s.create(false), supervise.Options{Budget: 9, Log: func(line string) { logged = append(logged, line) }})
	p := newPlayer(t, v, err)
	if err := p.reset(); err != nil {
		t.Fatal(err)
	}
	p.play(t, 20)
	if len(logged) != 1 || !strings.Contains(logged[0], "restart 1 of 9: ") || !strings.Contains(logged[0], "corridor caved in; and closing what failed: ") || !strings.Contains(logged[0], "the gate is stuck") {
		t.Errorf("logged %q", logged)
	}
}

// TestSavedStatesAreNotForgotten: a failure after a state was loaded goes back to what was loaded, not to what was
// there before; and the budget is part of the state.
func TestSavedStatesAreNotForgotten(t *testing.T) {
	for _, record := range []bool{false, true} {
		s := &schedule{faults: map[int]fault{3 * 50: fails}}
		v, err := supervise.Vector(s.create(false), supervise.Options{Budget: 3})
		p := newPlayer(t, v, err)
		if err := p.reset(); err != nil {
			t.Fatal(err)
		}
		p.play(t, 100)
		var tree state.Tree
		if record {
			var r state.Recording
			for range 2 {
				if err := r.Take(v.(state.Stateful)); err != nil {
					t.Fatal(err)
				}
			}
			tree = r.Tree()
		} else if tree, err = state.Save(v.(state.Stateful)); err != nil {
			t.Fatal(err)
		}
		actions := make([][]float32, 60)
		for i := range actions {
			actions[i] = []float32{float32(i % 2), float32(i / 2 % 2), float32(i / 3 % 2)}
		}
		follow := func(v env.Vector) (moments []string) {
			q := newPlayer(t, v, nil)
			for _, a := range actions {
				if err := v.Step(a, q.obs, q.final, q.out); err != nil {
					t.Fatal(err)
				}
				moments = append(moments, q.moment())
			}
			return moments
		}
		want := follow(v)
		for _, failAt := range []int{1, 2, 3 * 59} {
			s := &schedule{faults: map[int]fault{}}
			fresh, err := supervise.Vector(s.create(false), supervise.Options{Budget: 3})
			q := newPlayer(t, fresh, err)
			if err := q.v.Reset([]uint64{1, 2, 3}, q.obs); err != nil {
				t.Fatal(err)
			}
			q.play(t, 20)
			if err := state.Load(fresh.(state.Stateful), tree); err != nil {
				t.Fatal(err)
			}
			s.faults[s.calls+failAt] = panics
			if got := follow(fresh); !slices.Equal(got, want) {
				t.Errorf("a failure in call %d after loading changed what followed", failAt)
			}
			after, err := state.Save(fresh.(state.Stateful))
			if err != nil || after[0].Name != "restarts" || after[0].Uint64 != 2 {
				t.Errorf("state begins with %+v (%v), want 2 restarts", after[0], err)
			}
		}
	}
}

// TestEpisodesAreLost: worlds that cannot be saved begin new episodes, and say so.
func TestEpisodesAreLost(t *testing.T) {
	s := &schedule{faults: map[int]fault{100: fails, 200: panics}}
	v, err := supervise.Vector(s.create(true), supervise.Options{Budget: 5})
	p := newPlayer(t, v, err)
	if _, ok := v.(state.Stateful); ok {
		t.Fatal("it can be saved")
	}
	if err := p.reset(); err != nil {
		t.Fatal(err)
	}
	first, lost := fmt.Sprint(p.obs), 0
	for range 200 {
		err := p.step()
		if _, restarted := errors.AsType[*env.Restarted](err); restarted && errors.Is(err, corridor.ErrCaveIn) {
			lost++
			if fmt.Sprint(p.obs) == first || p.obs.F[0] == -1 {
				t.Errorf("it goes on at %v", p.obs)
			}
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if lost != 2 {
		t.Errorf("%d losses", lost)
	}
}

// TestGivesUp where a failure repeats itself right after a restart, or the budget is spent; the error is the cause.
func TestGivesUp(t *testing.T) {
	always := func(f fault) map[int]fault {
		faults := map[int]fault{}
		for i := range 10_000 {
			faults[i+50] = f
		}
		return faults
	}
	number := 0
	for name, c := range map[string]struct {
		f      fault
		made   int
		prefix string
	}{
		"repeats": {fails, 3, "environment 0 (Corridor): corridor caved in"}, // at first it was another one
		"changes": {func() error { number++; return fmt.Errorf("%d: %w", number, corridor.ErrCaveIn) }, 5, "after 4 restarts: environment"},
	} {
		for _, bridged := range []bool{false, true} {
			s := &schedule{faults: always(c.f)}
			v, err := supervise.Vector(s.create(bridged), supervise.Options{Budget: 4})
			p := newPlayer(t, v, err)
			if err := p.reset(); err != nil {
				t.Fatal(err)
			}
			for err = nil; err == nil; {
				if err = p.step(); err != nil {
					if _, restarted := errors.AsType[*env.Restarted](err); restarted {
						err = nil
					}
				}
			}
			if !errors.Is(err, corridor.ErrCaveIn) || !strings.HasPrefix(err.Error(), c.prefix) || s.made != c.made {
				t.Errorf("%s, bridged %v: error %v after %d vectors", name, bridged, err, s.made)
			}
		}
	}
	v, err := supervise.Vector((&schedule{faults: always(fails)}).create(false), supervise.Options{})
	p := newPlayer(t, v, err)
	for err = nil; err == nil; {
		err = p.step()
	}
	if strings.Contains(err.Error(), "restart") {
		t.Errorf("error %v without a budget", err)
	}
}

// TestMakers: one that fails is tried again within the budget, one that makes something else is not believed.
func TestMakers(t *testing.T) {
	if _, err := supervise.Vector(func() (env.Vector, error) { return nil, corridor.ErrCaveIn }, supervise.Options{Budget: 9}); !errors.Is(err, corridor.ErrCaveIn) {
		t.Errorf("error %v of the first making", err)
	}
	s, calls := &schedule{faults: map[int]fault{10: fails}}, 0
	v, err := supervise.Vector(func() (env.Vector, error) {
		switch calls++; calls {
		case 2:
			panic("no memory")
		case 3:
			return corridor.Batch(streams, true, nil)
		}
		return s.create(false)()
	}, supervise.Options{Budget: 9})
	p := newPlayer(t, v, err)
	if err := p.reset(); err != nil {
		t.Fatal(err)
	}
	p.play(t, 20)
	if calls != 4 {
		t.Errorf("%d vectors were made, want 4", calls)
	}
}

// hopeless is a failure that would come again.
type hopeless struct{ error }

func (hopeless) Permanent() bool { return true }

func TestPermanentFailures(t *testing.T) {
	for _, bridged := range []bool{false, true} {
		s := &schedule{faults: map[int]fault{10: func() error { return fmt.Errorf("no package: %w", hopeless{corridor.ErrCaveIn}) }}}
		v, err := supervise.Vector(s.create(bridged), supervise.Options{Budget: 9})
		p := newPlayer(t, v, err)
		if err := p.reset(); err != nil {
			t.Fatal(err)
		}
		for err = nil; err == nil; {
			err = p.step()
		}
		if _, restarted := errors.AsType[*env.Restarted](err); restarted || s.made != 1 {
			t.Errorf("error %v after %d vectors", err, s.made)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	v, err := supervise.Vector((&schedule{}).create(false), supervise.Options{Budget: 1})
	p := newPlayer(t, v, err)
	if err := p.reset(); err != nil {
		t.Fatal(err)
	}
	p.play(t, 600)
	if n := testing.AllocsPerRun(1000, func() {
		if err := p.step(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

package memory

import (
	"math"
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
	"covey/state"
)

func TestSuite(t *testing.T) {
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) {
			envtest.Run(t, func() env.Environment { return mustNew(t, id) }, envtest.Native)
		})
	}
	t.Run("short", func(t *testing.T) {
		envtest.Run(t, func() env.Environment { return TMaze(1) }, envtest.Native)
		envtest.Run(t, func() env.Environment { return Recall(0) }, envtest.Native)
	})
}

func mustNew(t testing.TB, id string) env.Environment {
	t.Helper()
	e, err := New(id)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Spec().ID; got != id {
		t.Fatalf("%s is called %s", id, got)
	}
	return e
}

func TestNewUnknown(t *testing.T) {
	for _, c := range []struct{ id, want string }{{"TMaze10-v1", `"TMaze10-v0"`}, {"Pong", strings.Join(IDs(), ", ")}} {
		if _, err := New(c.id); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q) returns error %v, want one with %s", c.id, err, c.want)
		}
	}
}

func TestConstructorsRefuse(t *testing.T) {
	for name, f := range map[string]func(){
		"T-maze of length 0":    func() { TMaze(0) },
		"recall after -1 steps": func() { Recall(-1) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(r.(string), name) {
					t.Errorf("panic %v, want one with %q", r, name)
				}
			}()
			f()
		}()
	}
}

// player is one whose actions hang on what it has seen in an episode.
type player func(seen [][]float32) int

// play returns an episode's return and its observations.
func play(t *testing.T, e env.Environment, seed uint64, p player) (total float64, seen [][]float32) {
	t.Helper()
	obs := env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
	if err := e.Reset(seed, obs); err != nil {
		t.Fatal(err)
	}
	for {
		seen = append(seen, append([]float32(nil), obs.F...))
		out, err := e.Step([]float32{float32(p(seen))}, obs)
		if err != nil {
			t.Fatal(err)
		}
		total += float64(out.Reward)
		if out.Terminated || out.Truncated {
			return total, seen
		}
	}
}

// sign is the one that an observation shows.
func sign(t *testing.T, obs []float32) int {
	t.Helper()
	at := -1
	for i, x := range obs {
		switch {
		case x == 1 && at < 0:
			at = i
		case x != 0:
			t.Fatalf("observation %v", obs)
		}
	}
	return at
}

// TestMemorySolves: who remembers gets 1 in every episode, in the least steps; and nothing but the start tells
// episodes apart.
func TestMemorySolves(t *testing.T) {
	const blind = -1
	players := map[string]player{
		"TMaze10-v0": func(seen [][]float32) int {
			if sign(t, seen[len(seen)-1]) == signJunction {
				return goUp + sign(t, seen[0]) - signUp
			}
			return goOn
		},
		"Recall8-v0": func(seen [][]float32) int {
			if question := len(seen) - 1 - 12; question >= 0 {
				return sign(t, seen[question])
			}
			return 0
		},
	}
	players["TMaze40-v0"] = players["TMaze10-v0"]
	shown := map[string][]int{
		"TMaze10-v0": {blind, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3},
		"Recall8-v0": {blind, blind, blind, blind, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5},
	}
	shown["TMaze40-v0"] = append([]int{blind}, make([]int, 40)...)
	for i := range shown["TMaze40-v0"][1:] {
		shown["TMaze40-v0"][i+1] = signCorridor
	}
	shown["TMaze40-v0"][40] = signJunction
	for _, id := range IDs() {
		starts := map[int]int{}
		for seed := range uint64(200) {
			total, seen := play(t, mustNew(t, id), seed, players[id])
			if math.Abs(total-1) > 1e-6 || len(seen) != len(shown[id]) {
				t.Fatalf("%s, seed %d: return %v after %d steps, want 1 after %d", id, seed, total, len(seen), len(shown[id]))
			}
			for i, want := range shown[id] {
				if got := sign(t, seen[i]); want != blind && got != want {
					t.Errorf("%s, seed %d: sign %d after %d steps, want %d", id, seed, got, i, want)
				}
			}
			starts[sign(t, seen[0])]++
		}
		for s, n := range starts {
			if n < 100/len(starts) {
				t.Errorf("%s: %d of 200 episodes begin with sign %d", id, n, s)
			}
		}
		if want := map[bool]int{true: 2, false: kinds}[strings.HasPrefix(id, "TMaze")]; len(starts) != want {
			t.Errorf("%s begins in %d ways, want %d", id, len(starts), want)
		}
	}
}

// TestWithoutMemory: the best that one can do who sees the present alone is right by chance.
func TestWithoutMemory(t *testing.T) {
	const n = 4000
	for _, c := range []struct {
		id   string
		want float64
		p    player
	}{
		{"TMaze10-v0", 0.5, func(seen [][]float32) int {
			if sign(t, seen[len(seen)-1]) == signJunction {
				return goDown
			}
			return goOn
		}},
		{"Recall8-v0", 0.25, func([][]float32) int { return 3 }},
	} {
		e, sum := mustNew(t, c.id), 0.0
		for seed := range uint64(n) {
			total, _ := play(t, e, seed, c.p)
			sum += total
		}
		if mean := sum / n; math.Abs(mean-c.want) > 5*0.5/math.Sqrt(n) {
			t.Errorf("%s: mean return %v, want about %v", c.id, mean, c.want)
		}
	}
}

// TestWalls: a step into a wall costs a tenth and leads nowhere, and an episode of them is truncated.
func TestWalls(t *testing.T) {
	total, seen := play(t, TMaze(3), 1, func([][]float32) int { return goUp })
	if len(seen) != 20 || math.Abs(total+2) > 1e-5 {
		t.Errorf("return %v after %d steps, want -2 after 20", total, len(seen))
	}
	total, seen = play(t, TMaze(3), 1, func([][]float32) int { return goOn })
	if len(seen) != 20 || math.Abs(total+1.7) > 1e-5 {
		t.Errorf("return %v after %d steps, want -1.7 after 20", total, len(seen))
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ id, entry, want string }{
		{"TMaze10-v0", "env/position", "TMaze10-v0: position is 99, not between 0 and 10"},
		{"TMaze10-v0", "env/arm", "arm is 99"},
		{"TMaze10-v0", "env/running", "running is 99"},
		{"Recall8-v0", "symbols/3", "symbols/3 is 99, not between 0 and 3"},
		{"Recall8-v0", "step", "step is 99, not between 0 and 16"},
	} {
		e := mustNew(t, c.id).(state.Stateful)
		tree, err := state.Save(e)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tree {
			if tree[i].Name == c.entry {
				tree[i].Uint64 = 99
			}
		}
		if err := state.Load(e, tree); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.entry, err, c.want)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, id := range IDs() {
		b.Run(id, func(b *testing.B) {
			envtest.BenchmarkStep(b, func() env.Environment { return mustNew(b, id) })
		})
	}
}

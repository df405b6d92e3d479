package minatar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
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
	t.Run("plain", func(t *testing.T) {
		envtest.Run(t, func() env.Environment {
			e, err := Config{}.New("MinAtar/Seaquest-v1")
			if err != nil {
				t.Fatal(err)
			}
			return e
		}, envtest.Native)
	})
}

func mustNew(t testing.TB, id string) env.Environment {
	t.Helper()
	e, err := New(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		id     string
		sticky float64
		want   string
	}{
		{"MinAtar/Breakout-v2", 0, `did you mean "MinAtar/Breakout-v0"`},
		{"minatar/asterix-v1", 0, `did you mean "MinAtar/Asterix-v1"`},
		{"Pong", 0, strings.Join(IDs(), ", ")},
		{"MinAtar/Breakout-v1", -0.1, "MinAtar/Breakout-v1: probability -0.1"},
		{"MinAtar/Breakout-v1", 1.1, "probability 1.1"},
		{"MinAtar/Breakout-v1", math.NaN(), "probability NaN"},
	} {
		if _, err := (Config{Sticky: c.sticky}).New(c.id); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q with sticky %v: error %v, want one with %s", c.id, c.sticky, err, c.want)
		}
	}
}

// TestSpecs holds the shapes and numbers of actions under which the authors' package registers the games.
func TestSpecs(t *testing.T) {
	want := map[string]struct{ planes, actions int }{
		"Asterix": {4, 5}, "Breakout": {4, 3}, "Freeway": {7, 3}, "Seaquest": {10, 6}, "SpaceInvaders": {6, 4},
	}
	for name, w := range want {
		for version, actions := range []int{6, w.actions} {
			id := fmt.Sprintf("MinAtar/%s-v%d", name, version)
			s := mustNew(t, id).Spec()
			if s.ID != id || fmt.Sprint(s.Observation.Shape, s.Action.N) != fmt.Sprint([]int{10, 10, w.planes}, []int{actions}) ||
				!s.Observation.Bytes || s.Observation.High[0] != 255 || s.MaxSteps != 0 || s.RewardThreshold != nil {
				t.Errorf("%s: %+v", id, s)
			}
		}
	}
	if len(IDs()) != 2*len(want) {
		t.Errorf("%d environments", len(IDs()))
	}
}

// TestActions: a choice of the small set is the same action as in the full one.
func TestActions(t *testing.T) {
	small, full := mustNew(t, "MinAtar/SpaceInvaders-v1"), mustNew(t, "MinAtar/SpaceInvaders-v0")
	obs := [2]env.Values{}
	for i, e := range []env.Environment{small, full} {
		obs[i] = env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
		if err := e.Reset(3, obs[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, pair := range [][2]float32{{3, 5}, {1, 1}, {2, 3}, {2, 3}, {0, 0}, {0, 2}, {0, 4}} {
		for k, e := range []env.Environment{small, full} {
			if _, err := e.Step(pair[k:k+1], obs[k]); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(obs[0].U, obs[1].U) {
			t.Errorf("step %d: choices %v differ", i, pair)
		}
	}
}

// TestEpisodesStay: the same seeds give the same episodes as when these numbers were written down, on every
// architecture.
func TestEpisodesStay(t *testing.T) {
	want := map[string]uint64{
		"MinAtar/Asterix-v1":       0x5be890164362ece7,
		"MinAtar/Breakout-v1":      0xe8c220148baa0fed,
		"MinAtar/Freeway-v1":       0xc9eb908a51fe5b3f,
		"MinAtar/Seaquest-v1":      0x652f5415fd086c82,
		"MinAtar/SpaceInvaders-v1": 0x4c16559f8eef421b,
	}
	for _, id := range IDs() {
		if !strings.HasSuffix(id, "-v1") {
			continue
		}
		e := mustNew(t, id)
		spec, hash := e.Spec(), fnv.New64a()
		obs, choice := env.MakeValues(spec.Observation, spec.Observation.Size()), make([]float32, 1)
		rng := rand.New(rand.NewPCG(1, 0))
		for seed := range uint64(10) {
			if err := e.Reset(seed, obs); err != nil {
				t.Fatal(err)
			}
			hash.Write(obs.U)
			for range 300 {
				spec.Action.Sample(choice, rng)
				out, err := e.Step(choice, obs)
				if err != nil {
					t.Fatal(err)
				}
				hash.Write(obs.U)
				hash.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(out.Reward)))
				if out.Terminated {
					break
				}
			}
		}
		if got := hash.Sum64(); got != want[id] {
			t.Errorf("%q: %#x, want %#x", id, got, want[id])
		}
	}
}

// TestSticky: with that probability a step takes the action before instead of the given one.
func TestSticky(t *testing.T) {
	const n = 20_000
	e, err := Config{Sticky: 0.25}.New("MinAtar/Freeway-v0")
	if err != nil {
		t.Fatal(err)
	}
	game := e.(*environment)
	obs := env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())
	repeated := 0
	for i := range n {
		if !game.running {
			if err := e.Reset(uint64(i), obs); err != nil {
				t.Fatal(err)
			}
		}
		before := game.last
		given := (before + 1) % action(len(everyAction))
		if _, err := e.Step([]float32{float32(given)}, obs); err != nil {
			t.Fatal(err)
		}
		switch game.last {
		case before:
			repeated++
		case given:
		default:
			t.Fatalf("action %d was taken, given was %d after %d", game.last, given, before)
		}
	}
	if share := float64(repeated) / n; math.Abs(share-0.25) > 5*math.Sqrt(0.25*0.75/n) {
		t.Errorf("%v of the actions were repeated", share)
	}
}

// TestLoadRefuses changes one variable of a saved game at a time to what cannot be.
func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct {
		id, entry string
		number    int64
		bytes     []byte
		want      string
	}{
		{id: "MinAtar/Breakout-v1", entry: "x", number: 10, want: "x is 10, not between 0 and 9"},
		{id: "MinAtar/Breakout-v1", entry: "dy", number: 2, want: "dy is 2"},
		{id: "MinAtar/Breakout-v1", entry: "bricks/2", number: 1024, want: "bricks/2 is 1024"},
		{id: "MinAtar/Breakout-v1", entry: "last", number: 6, want: "last is 6"},
		{id: "MinAtar/Freeway-v1", entry: "car/7/wait", number: 0, want: "wait is 0, not between 1 and 5"},
		{id: "MinAtar/Asterix-v1", entry: "lane/0/x", number: -1, want: "x is -1"},
		{id: "MinAtar/SpaceInvaders-v1", entry: "running", number: -1, want: "running is -1"},
		{id: "MinAtar/Seaquest-v1", entry: "fish", bytes: []byte{1, 2, 3}, want: "fish: 3 bytes"},
		{id: "MinAtar/Seaquest-v1", entry: "fish", bytes: []byte{1, 2, 1, 0, 0}, want: "fish: [1 2 1 0 0] cannot be"},
		{id: "MinAtar/Seaquest-v1", entry: "shots", bytes: []byte{10, 2, 2, 0, 0}, want: "shots: [10 2 2 0 0] cannot be"},
	} {
		e := mustNew(t, c.id)
		if err := e.Reset(1, env.MakeValues(e.Spec().Observation, e.Spec().Observation.Size())); err != nil {
			t.Fatal(err)
		}
		tree, err := state.Save(e.(state.Stateful))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for i := range tree {
			if tree[i].Name == c.entry {
				found = true
				tree[i].Uint64, tree[i].Bytes = uint64(c.number), c.bytes
			}
		}
		if err := state.Load(e.(state.Stateful), tree); !found || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.id) {
			t.Errorf("%s, %s (found: %v): error %v, want one with %q", c.id, c.entry, found, err, c.want)
		}
	}
}

package state_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"covey/state"
)

// recorded has a part for every way of being visited.
type recorded struct {
	component
	name   string
	number int
	truth  bool
	fixed  []byte
	more   bool
}

func (r *recorded) State(w state.Walker) error {
	sub := w.Sub("sub")
	sub.Floats(r.name, r.weights)
	sub.Float64("mean", &r.mean)
	w.Uint64("count", &r.count)
	w.Bytes("memory", &r.memory)
	if r.more {
		w.Uint64("more", &r.count)
	}
	if err := state.Int(w, "number", &r.number); err != nil {
		return err
	}
	if err := state.Bool(w, "truth", &r.truth); err != nil {
		return err
	}
	if err := state.FixedBytes(w, "fixed", r.fixed); err != nil {
		return err
	}
	return state.RNG(w, "rng", &r.src)
}

func newRecorded() *recorded {
	return &recorded{component: component{weights: make([]float32, 3), memory: make([]byte, 2)}, name: "weights", fixed: make([]byte, 4)}
}

// change makes everything other than it was.
func (r *recorded) change(rng *rand.Rand) {
	r.weights[1], r.mean, r.count = rng.Float32(), rng.Float64(), rng.Uint64()
	r.memory = slices.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(9))
	r.number, r.truth, r.fixed[3] = rng.IntN(1000), !r.truth, byte(rng.Uint32())
	r.src.Seed(rng.Uint64(), rng.Uint64())
}

// TestRecordingIsTheState: whatever was taken before, the recording is what Save would make.
func TestRecordingIsTheState(t *testing.T) {
	c, rng := newRecorded(), rand.New(rand.NewPCG(1, 1))
	var r state.Recording
	if r.Tree() != nil {
		t.Error("there is something in an empty recording")
	}
	for range 20 {
		c.change(rng)
		if err := r.Take(c); err != nil {
			t.Fatal(err)
		}
		if diff, err := state.Diff(c, r.Tree()); err != nil || len(diff) > 0 {
			t.Fatalf("%v %v", diff, err)
		}
	}
	fresh := newRecorded()
	if err := state.Load(fresh, r.Tree()); err != nil {
		t.Fatal(err)
	}
	if diff, err := state.Diff(c, fresh); err != nil || len(diff) > 0 {
		t.Errorf("loaded: %v %v", diff, err)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	c, rng := newRecorded(), rand.New(rand.NewPCG(1, 1))
	c.change(rng)
	c.memory = make([]byte, 8)
	var r state.Recording
	if n := testing.AllocsPerRun(100, func() {
		if err := r.Take(c); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRecordingNoticesAnotherLayout(t *testing.T) {
	for name, change := range map[string]func(*recorded){
		"one part more": func(r *recorded) { r.more = true },
		"longer floats": func(r *recorded) { r.weights = make([]float32, 4) },
	} {
		c := newRecorded()
		var r state.Recording
		if err := r.Take(c); err != nil {
			t.Fatal(err)
		}
		change(c)
		if err := r.Take(c); err == nil || !strings.Contains(err.Error(), "its layout changed") || r.Tree() != nil {
			t.Errorf("%s: error %v, a tree of %d", name, err, len(r.Tree()))
		}
		if err := r.Take(c); err != nil { // it begins anew
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPartsRefuseWhatCannotBe(t *testing.T) {
	for name, alter := range map[string]func(*state.Entry){
		"number": func(e *state.Entry) { e.Uint64 = 1 << 63 },
		"truth":  func(e *state.Entry) { e.Uint64 = 2 },
		"fixed":  func(e *state.Entry) { e.Bytes = e.Bytes[:3] },
	} {
		tree, err := state.Save(newRecorded())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(tree, func(e state.Entry) bool { return e.Name == name })
		alter(&tree[i])
		if err := state.Load(newRecorded(), tree); err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("a wrong %s gave error %v", name, err)
		}
	}
}

// TestBytesKeepTheirMemory: bytes of the same number are loaded into the memory that is there.
func TestBytesKeepTheirMemory(t *testing.T) {
	a, b := newRecorded(), newRecorded()
	a.memory, a.fixed[1] = []byte("ab"), 'x'
	tree, err := state.Save(a)
	if err != nil {
		t.Fatal(err)
	}
	memory, fixed := &b.memory[0], &b.fixed[0]
	if err := state.Load(b, tree); err != nil {
		t.Fatal(err)
	}
	if *memory != 'a' || &b.memory[0] != memory || b.fixed[1] != 'x' || &b.fixed[0] != fixed {
		t.Error("loaded into other memory")
	}
}

func TestMayLoad(t *testing.T) {
	asked := map[bool]int{}
	c := asking(func(w state.Walker) { asked[state.MayLoad(w)]++ })
	var r state.Recording
	for range 3 { // the first is a Save
		if err := r.Take(c); err != nil {
			t.Fatal(err)
		}
	}
	if asked[true] != 1 || asked[false] != 2 {
		t.Errorf("%v of three recordings", asked)
	}
}

type asking func(state.Walker)

func (a asking) State(w state.Walker) error { a(w); return nil }

// knowing is a walker that has some chunks already.
type knowing struct {
	state.Walker
	seen map[string]uint64
}

func (k knowing) Chunk(name string, version uint64, visit func(state.Walker) error) error {
	if k.seen[name] == version {
		return nil
	}
	k.seen[name] = version
	return visit(k.Sub(name))
}

func TestChunk(t *testing.T) {
	versions, visits := map[string]uint64{"a": 1, "b": 1}, 0
	c := walking(func(w state.Walker) error {
		for _, name := range []string{"a", "b"} {
			x := versions[name]
			if err := state.Chunk(w, name, x, func(w state.Walker) error { visits++; w.Uint64("x", &x); return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	tree, err := state.Save(c)
	if err != nil || len(tree) != 2 || tree[1].Name != "b/x" {
		t.Fatalf("saved %v, %v", tree, err)
	}
	k := knowing{nobody{}, map[string]uint64{}}
	for _, want := range []int{2, 0, 1} {
		visits = 0
		if want == 1 {
			versions["b"]++
		}
		if err := c.State(k); err != nil || visits != want {
			t.Errorf("%d visits, want %d (%v)", visits, want, err)
		}
	}
}

type walking func(state.Walker) error

func (f walking) State(w state.Walker) error { return f(w) }

// nobody is a walker that does nothing.
type nobody struct{}

func (nobody) Floats(string, []float32) {}
func (nobody) Uint64(string, *uint64)   {}
func (nobody) Float64(string, *float64) {}
func (nobody) Bytes(string, *[]byte)    {}
func (nobody) Sub(string) state.Walker  { return nobody{} }

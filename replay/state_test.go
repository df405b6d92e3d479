package replay

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covey/env"
	"covey/state"
)

// cache is a walker that keeps each chunk with its version, and is not shown again what it has.
type cache struct {
	state.Walker
	t      *testing.T
	prefix string
	kept   map[string]chunk
	asked  *int
}

type chunk struct {
	version uint64
	tree    state.Tree
}

func (c cache) Sub(name string) state.Walker {
	c.Walker, c.prefix = c.Walker.Sub(name), c.prefix+name+"/"
	return c
}

func (c cache) Chunk(name string, version uint64, visit func(state.Walker) error) error {
	tree, err := state.Save(walk(visit))
	if err != nil {
		return err
	}
	had, ok := c.kept[c.prefix+name]
	if !ok || had.version != version {
		*c.asked++
		c.kept[c.prefix+name] = chunk{version, tree}
	} else if diff, err := state.Diff(had.tree, tree); err != nil || len(diff) > 0 {
		c.t.Fatalf("%s changed within version %d: %v %v", c.prefix+name, version, diff, err)
	}
	return visit(c.Walker.Sub(name))
}

type walk func(state.Walker) error

func (f walk) State(w state.Walker) error { return f(w) }

// TestChunksStayTheSameWithinAVersion while the rings fill and turn over, and most of them are left out each time;
// also after loading, where versions go on.
func TestChunksStayTheSameWithinAVersion(t *testing.T) {
	for _, isBytes := range []bool{false, true} {
		r := newRecorder(2, 100, isBytes, 3)
		r.buffer.chunk = 8 // slots, of 51: 7 chunks
		asked := 0
		kept := map[string]chunk{}
		for turn := range 400 {
			if turn%7 == 0 {
				r.begin()
			}
			if turn%90 == 30 {
				tree, err := state.Save(r.buffer)
				if err != nil {
					t.Fatal(err)
				}
				r.buffer = New(specOf(space(isBytes), 1), 2, 100)
				r.buffer.chunk = 8
				if err := state.Load(r.buffer, tree); err != nil {
					t.Fatal(err)
				}
			}
			r.live()
			before := asked
			if err := r.buffer.State(cache{nobody{}, t, "", kept, &asked}); err != nil {
				t.Fatal(err)
			}
			if turn > 0 && asked-before > 4 || asked == before { // a step and an end write three slots at most, of two streams
				t.Fatalf("turn %d: %d of %d chunks were new", turn, asked-before, len(kept))
			}
		}
		if len(kept) != 14 {
			t.Errorf("%d chunks", len(kept))
		}
	}
}

// nobody is a walker that does nothing.
type nobody struct{}

func (nobody) Floats(string, []float32) {}
func (nobody) Uint64(string, *uint64)   {}
func (nobody) Float64(string, *float64) {}
func (nobody) Bytes(string, *[]byte)    {}
func (nobody) Sub(string) state.Walker  { return nobody{} }

// TestStateIsWhereItIs: what is visited is the rings' own memory, so that neither saving nor loading needs another.
func TestStateIsWhereItIs(t *testing.T) {
	pixels := env.NewBox(slices.Repeat([]float32{0}, 84*84), slices.Repeat([]float32{255}, 84*84))
	pixels.Bytes = true
	b := New(specOf(pixels, 1), 1, 5000)
	if parts, largest := observations(t, b); parts != 5 || largest != 0 {
		t.Errorf("nothing held: %d parts of up to %d bytes", parts, largest)
	}
	b.rings[0].written = uint64(b.slots)
	if n := testing.AllocsPerRun(3, func() {
		if err := b.State(nobody{}); err != nil {
			t.Fatal(err)
		}
	}); n > 40 {
		t.Errorf("%v allocations", n)
	}
	if parts, largest := observations(t, b); parts != 5 || largest < 7<<20 || largest > 8<<20 {
		t.Errorf("%d parts of up to %d bytes", parts, largest)
	}
	tree, err := state.Save(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tree {
		if strings.HasSuffix(tree[i].Name, "chunk.2/observations") {
			tree[i].Bytes = bytes.Repeat([]byte{7}, len(tree[i].Bytes))
		}
	}
	memory := &b.observations.U[0]
	if err := state.Load(b, tree); err != nil {
		t.Fatal(err)
	}
	at := 2 * b.chunk * b.frame
	if &b.observations.U[0] != memory || b.observations.U[at-1] != 0 || b.observations.U[at] != 7 {
		t.Error("loaded into other memory")
	}
}

// observations counts the parts of a state that hold screens, and the bytes of the largest.
func observations(t *testing.T, b *Buffer) (parts, largest int) {
	t.Helper()
	tree, err := state.Save(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tree {
		if strings.HasSuffix(e.Name, "/observations") {
			parts, largest = parts+1, max(largest, len(e.Bytes))
		}
	}
	return parts, largest
}

// BenchmarkState is a full visit of a million transitions, by a walker that does nothing.
func BenchmarkState(b *testing.B) {
	for _, streams := range []int{1, 16} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			buffer := New(specOf(env.NewBox([]float32{-1, -1, -8}, []float32{1, 1, 8}), 1), streams, 1_000_000)
			for b.Loop() {
				if err := buffer.State(nobody{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package state_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"covey/state"
)

// component has one part of every kind, at two depths.
type component struct {
	weights []float32
	count   uint64
	mean    float64
	memory  []byte
	src     rand.PCG
	part    *component
}

func (c *component) State(w state.Walker) error {
	w.Floats("weights", c.weights)
	w.Uint64("count", &c.count)
	w.Float64("mean", &c.mean)
	w.Bytes("memory", &c.memory)
	if err := state.RNG(w, "rng", &c.src); err != nil {
		return err
	}
	if c.count > 1000 {
		return errors.New("count over 1000")
	}
	if c.part != nil {
		return c.part.State(w.Sub("part"))
	}
	return nil
}

func filled() *component {
	c := &component{weights: []float32{1, -0.5, float32(math.Inf(1))}, count: 7, mean: 0.1, memory: []byte("abc")}
	c.part = &component{weights: []float32{4}, count: 9, mean: math.Inf(-1), memory: []byte{}}
	c.src.Seed(1, 2)
	c.part.src.Seed(3, 4)
	return c
}

func empty() *component {
	return &component{weights: make([]float32, 3), part: &component{weights: make([]float32, 1)}}
}

func TestRoundTrip(t *testing.T) {
	a, b := filled(), empty()
	tree, err := state.Save(a)
	if err != nil {
		t.Fatal(err)
	}
	a.weights[0], a.memory[0] = 99, 'x' // the tree holds copies
	if err := state.Load(b, tree); err != nil {
		t.Fatal(err)
	}
	want := filled()
	if lines, err := state.Diff(want, b); err != nil || len(lines) > 0 {
		t.Fatalf("loaded state differs: %v, %v", lines, err)
	}
	if got, expect := b.part.src.Uint64(), want.part.src.Uint64(); got != expect {
		t.Errorf("the loaded stream continues with %d, want %d", got, expect)
	}
	if tree[5].Name != "part/weights" || len(tree) != 10 {
		t.Errorf("tree of %d entries, the sixth called %q", len(tree), tree[5].Name)
	}
}

func TestLoadNamesTheDefect(t *testing.T) {
	tests := []struct {
		name   string
		defect func(state.Tree) state.Tree
		want   string
	}{
		{"missing", func(t state.Tree) state.Tree { return append(t[:6], t[7:]...) }, `"part/count" is missing`},
		{"extra", func(t state.Tree) state.Tree {
			return append(t, state.Entry{Name: "part/bias", Kind: state.KindFloats})
		}, `"part/bias" has no place`},
		{"length", func(t state.Tree) state.Tree { t[5].Floats = []float32{1, 2}; return t }, `"part/weights" holds 2 floats, the component wants 1`},
		{"kind", func(t state.Tree) state.Tree { t[6].Kind = state.KindFloat64; return t }, `"part/count" holds float64, the component wants uint64`},
		{"twice", func(t state.Tree) state.Tree { return append(t, t[0]) }, `"weights" stands twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree, err := state.Save(filled())
			if err != nil {
				t.Fatal(err)
			}
			c := empty()
			err = state.Load(c, tt.defect(tree))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if !reflect.DeepEqual(c, empty()) {
				t.Error("a failed load changed the component")
			}
		})
	}
}

func TestLoadRefusesUntrueValues(t *testing.T) {
	tree, err := state.Save(filled())
	if err != nil {
		t.Fatal(err)
	}
	tree[1].Uint64 = 2000
	if err := state.Load(empty(), tree); err == nil || !strings.Contains(err.Error(), "count over 1000") {
		t.Errorf("error %v, want the component's own", err)
	}
	tree[1].Uint64 = 7
	tree[4].Bytes = []byte("short")
	if err := state.Load(empty(), tree); err == nil || !strings.Contains(err.Error(), `random stream "rng"`) {
		t.Errorf("error %v, want the random stream's", err)
	}
}

type twice struct{ x []float32 }

func (s twice) State(w state.Walker) error {
	w.Floats("x", s.x)
	w.Floats("x", s.x)
	return nil
}

func TestSaveRefusesDuplicateNames(t *testing.T) {
	if _, err := state.Save(twice{}); err == nil || !strings.Contains(err.Error(), `"x" is visited twice`) {
		t.Errorf("error %v", err)
	}
}

// TestEveryChangeShows changes a saved state in every way that there is; each must change the hash
// and be named by Diff.
func TestEveryChangeShows(t *testing.T) {
	changes := map[string]func(state.Tree) state.Tree{
		"weights: 1 of 3 floats, first at 1": func(t state.Tree) state.Tree { t[0].Floats[1] = 3; return t },
		"weights: 3 floats, 2":               func(t state.Tree) state.Tree { t[0].Floats = t[0].Floats[:2]; return t },
		"count: 7, 8":                        func(t state.Tree) state.Tree { t[1].Uint64++; return t },
		"mean: 0.1, 0.2":                     func(t state.Tree) state.Tree { t[2].Float64 = 0.2; return t },
		"memory: byte 2 of 3: 0x63, 0x64":    func(t state.Tree) state.Tree { t[3].Bytes[2]++; return t },
		"memory: 3 bytes, 4":                 func(t state.Tree) state.Tree { t[3].Bytes = []byte("abcd"); return t },
		"count: uint64, float64":             func(t state.Tree) state.Tree { t[1].Kind = state.KindFloat64; return t },
		"mean: only in the first":            func(t state.Tree) state.Tree { t[2].Name = "average"; return t },
		"average: only in the second":        func(t state.Tree) state.Tree { t[2].Name = "average"; return t },
		"count: visited in another order":    func(t state.Tree) state.Tree { t[0], t[1] = t[1], t[0]; return t },
		"part/count: only in the first":      func(t state.Tree) state.Tree { return t[:6] },
	}
	before, err := state.Hash(filled())
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range changes {
		tree, err := state.Save(filled())
		if err != nil {
			t.Fatal(err)
		}
		if same, err := state.Hash(tree); err != nil || same != before {
			t.Fatalf("the tree hashes to %x, its component to %x (%v)", same, before, err)
		}
		tree = change(tree)
		if after, err := state.Hash(tree); err != nil || after == before {
			t.Errorf("%s: hash unchanged (%v)", want, err)
		}
		lines, err := state.Diff(filled(), tree)
		if err != nil || !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("differences %q (%v), want %q", lines, err, want)
		}
	}
}

func TestHashSeparatesNeighbours(t *testing.T) {
	a := state.Tree{{Name: "ab", Kind: state.KindBytes, Bytes: []byte("c")}}
	b := state.Tree{{Name: "a", Kind: state.KindBytes, Bytes: []byte("bc")}}
	ha, _ := state.Hash(a)
	hb, _ := state.Hash(b)
	if ha == hb {
		t.Error("moving a byte from name to value keeps the hash")
	}
}

func TestHashOfLongVectors(t *testing.T) {
	x := make([]float32, 5000)
	before, _ := state.Hash(state.Tree{{Name: "x", Kind: state.KindFloats, Floats: x}})
	for _, i := range []int{0, 1023, 1024, 4999} {
		x[i] = 1
		if after, _ := state.Hash(state.Tree{{Name: "x", Kind: state.KindFloats, Floats: x}}); after == before {
			t.Errorf("changing element %d keeps the hash", i)
		}
		x[i] = 0
	}
}

package checkpoint_test

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"covey/checkpoint"
	"covey/state"
)

// saved is a state with an entry of every kind, told apart by x.
func saved(x float32) state.Tree {
	return state.Tree{
		{Name: "count", Kind: state.KindUint64, Uint64: math.MaxUint64},
		{Name: "rng", Kind: state.KindBytes, Bytes: []byte{1, 2, 3}},
		{Name: "net/weights", Kind: state.KindFloats, Floats: []float32{x, -0.5, 3, 4, 5, float32(math.Inf(-1))}},
		{Name: "net/bias", Kind: state.KindFloats, Floats: []float32{0.25}},
		{Name: "mean", Kind: state.KindFloat64, Float64: 0.1},
	}
}

var shapes = checkpoint.Shapes{"net/weights": {2, 3}}

func manifest() *checkpoint.Manifest {
	return &checkpoint.Manifest{
		Covey: "v0", Env: "CartPole-v1", Algo: "a3c", Kernel: "generic",
		Observation: checkpoint.Space{Kind: "Box", Shape: []int{2}, Low: checkpoint.Bounds([]float32{-1, float32(math.Inf(-1))}), High: checkpoint.Bounds([]float32{8, 8})},
		Action:      checkpoint.Space{Kind: "Discrete", N: []int{2}},
		Network:     checkpoint.Network{Parameters: 7, Outputs: 1},
		Counters:    checkpoint.Counters{EnvSteps: 3, Updates: 2, Episodes: 1},
		Config:      "env: CartPole-v1\n",
	}
}

func write(t *testing.T, dir string, x float32) *checkpoint.Manifest {
	t.Helper()
	m := manifest()
	if err := checkpoint.Write(dir, m, saved(x), shapes); err != nil {
		t.Fatal(err)
	}
	return m
}

// mustHold fails unless dir holds the whole checkpoint of saved(x).
func mustHold(t *testing.T, dir string, x float32) {
	t.Helper()
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if lines, err := state.Diff(saved(x), c.Policy); err != nil || len(lines) > 0 {
		t.Fatalf("not what was saved: %v %v", lines, err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run", "last")
	written := write(t, dir, 1)
	mustHold(t, dir, 1)
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := c.Manifest
	if !reflect.DeepEqual(read, written) {
		t.Errorf("manifest read as\n%+v, written as\n%+v", read, written)
	}
	if err := read.Match(written); err != nil {
		t.Error(err)
	}
	write(t, dir, 2)
	mustHold(t, dir, 2)
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 2 {
		t.Errorf("the folder holds %v", files)
	}
}

func TestShapeMustFit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 1)
	err := checkpoint.Write(dir, manifest(), saved(2), checkpoint.Shapes{"net/weights": {2, 2}})
	if err == nil || !strings.Contains(err.Error(), `"net/weights": shape [2 2] for 6 floats`) {
		t.Errorf("error %v", err)
	}
	mustHold(t, dir, 1)
}

func TestMatchNamesTheDifference(t *testing.T) {
	tests := []struct {
		name   string
		change func(*checkpoint.Manifest)
		want   string
	}{
		{"environment", func(m *checkpoint.Manifest) { m.Env = "Acrobot-v1" }, "checkpoint of environment CartPole-v1, want Acrobot-v1"},
		{"observations", func(m *checkpoint.Manifest) { m.Observation.High = checkpoint.Bounds([]float32{8, 9}) }, "it observes Box[2]"},
		{"actions", func(m *checkpoint.Manifest) { m.Action.N = []int{3} }, "it acts in Discrete[2], here it is Discrete[3]"},
		{"stack", func(m *checkpoint.Manifest) { m.Observation.Stack = 4 }, "it observes Box[2], here it is 4 frames of Box[2]"},
		{"memory", func(m *checkpoint.Manifest) { m.Network.State = 64 }, "its LSTM has a state of 0 numbers, here it is 64"},
		{"shape", func(m *checkpoint.Manifest) { m.Tensors[2].Shape = []int{3, 2} }, "net/weights is F32[2 3], here it is F32[3 2]"},
		{"missing", func(m *checkpoint.Manifest) { m.Tensors[4].Name = "var" }, "it has no var, here it is F64[]"},
		{"left over", func(m *checkpoint.Manifest) { m.Tensors = m.Tensors[:4] }, "its mean F64[] has no place here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, want := manifest(), manifest()
			for _, m := range []*checkpoint.Manifest{have, want} {
				if err := m.Describe(saved(1), shapes); err != nil {
					t.Fatal(err)
				}
			}
			if err := have.Match(want); err != nil {
				t.Fatal(err)
			}
			tt.change(want)
			if err := have.Match(want); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

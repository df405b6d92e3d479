package checkpoint_test

import (
	"encoding/json"
	"math"
	"os"
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
	_, tree, err := checkpoint.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if lines, err := state.Diff(saved(x), tree); err != nil || len(lines) > 0 {
		t.Fatalf("not what was saved: %v %v", lines, err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run", "last")
	written := write(t, dir, 1)
	mustHold(t, dir, 1)
	read, _, err := checkpoint.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
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

func TestReadNamesTheDefect(t *testing.T) {
	data, text := checkpoint.PolicyFile, checkpoint.ManifestFile
	edit := func(file string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, file)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !strings.Contains(string(b), old) {
				panic("the manifest does not hold " + old)
			}
			return []byte(strings.Replace(string(b), old, new, 1))
		}
	}
	remove := func(file string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		defect func(*testing.T, string)
		file   string
		want   string
	}{
		{"truncated data", edit(data, func(b []byte) []byte { return b[:len(b)-5] }), data, "truncated: "},
		{"longer data", edit(data, func(b []byte) []byte { return append(b, 0) }), data, "bytes, the manifest says"},
		{"flipped bit", edit(data, func(b []byte) []byte { b[len(b)-20] ^= 1; return b }), data, "damaged"},
		{"no data", remove(data), data, "no such file"},
		{"truncated manifest", edit(text, func(b []byte) []byte { return b[:len(b)/2] }), text, "unexpected end of JSON"},
		{"no manifest", remove(text), text, "no such file"},
		{"other version", edit(text, replace(`"schema": 1`, `"schema": 7`)), text, "schema 7, this version of covey reads 1"},
		{"no version", edit(text, func([]byte) []byte { return []byte("{}") }), text, "names no schema"},
		{"unknown field", edit(text, replace(`"covey"`, `"coney"`)), text, `unknown field "coney"`},
		{"other files", edit(text, replace(`"policy.safetensors"`, `"weights.bin"`)), text, "want policy.safetensors"},
		{"renamed tensor", edit(text, replace(`"mean"`, `"median"`)), data, `tensor "median" of the manifest is missing`},
		{"tensor order", edit(text, replace(`"count"`, `"rng"`)), data, `tensor "rng" of the manifest is missing`},
		{"other state", edit(text, func(b []byte) []byte {
			var m checkpoint.Manifest
			if err := json.Unmarshal(b, &m); err != nil {
				panic(err)
			}
			m.Tensors[0], m.Tensors[1] = m.Tensors[1], m.Tensors[0]
			b, _ = json.Marshal(m)
			return b
		}), data, "the state's SHA-256 is not the manifest's"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, 1)
			tt.defect(t, dir)
			_, _, err := checkpoint.Read(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), filepath.Join(dir, tt.file)) {
				t.Fatalf("error %v, want %s: %q", err, tt.file, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %v", err)
			}
		})
	}
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

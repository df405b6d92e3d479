package checkpoint_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey/checkpoint"
	"covey/state"
)

// stored makes checkpoints of the given steps in a new folder.
func stored(t *testing.T, steps ...uint64) (dir string) {
	t.Helper()
	s := &checkpoint.Store{Dir: t.TempDir(), Keep: len(steps)}
	s.Watch(nil)
	for _, x := range steps {
		if err := errors.Join(save(s, after(x), x), s.Wait()); err != nil {
			t.Fatal(err)
		}
	}
	return s.Dir
}

// filesOf are the paths of all files below a folder.
func filesOf(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestEveryBitCounts flips one bit of a checkpoint at a time, anywhere in it: the one before is loaded, and
// the reason names the file.
func TestEveryBitCounts(t *testing.T) {
	dir := stored(t, 4, 5)
	last := filepath.Join(dir, "step-000000000005")
	files := filesOf(t, last)
	if len(files) != 6 {
		t.Fatalf("a checkpoint of %v", files)
	}
	contents, total := make([][]byte, len(files)), 0
	for i, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		contents[i] = b
		total += len(b)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		at, i := rng.IntN(total), 0
		for at >= len(contents[i]) {
			at -= len(contents[i])
			i++
		}
		bit := byte(1) << rng.IntN(8)
		contents[i][at] ^= bit
		if err := os.WriteFile(files[i], contents[i], 0o666); err != nil {
			t.Fatal(err)
		}
		c, skipped, err := checkpoint.NewestResumable(dir)
		if err != nil || c.Manifest.Counters.EnvSteps != 4 || len(skipped) != 1 || !strings.Contains(skipped[0], files[i]) {
			t.Fatalf("bit %08b of byte %d of %s: %v, skipped %q, %v", bit, at, files[i], c, skipped, err)
		}
		contents[i][at] ^= bit
		if err := os.WriteFile(files[i], contents[i], 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mustLoad(t, dir, 5, 0)
}

// TestEveryFileCounts: a file is cut, has grown, is empty or gone; a folder is half deleted.
func TestEveryFileCounts(t *testing.T) {
	for what, spoil := range map[string]func(path string) error{
		"gone":  os.Remove,
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"cut": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Truncate(path, info.Size()-1)
		},
		"grown": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("\n")
			return errors.Join(err, f.Close())
		},
		"half deleted": func(path string) error {
			if filepath.Base(path) == checkpoint.ManifestFile {
				return os.Remove(path)
			}
			return os.RemoveAll(filepath.Dir(path))
		},
	} {
		for i := range 6 {
			dir := stored(t, 4, 5)
			path := filesOf(t, filepath.Join(dir, "step-000000000005"))[i]
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			if what == "half deleted" && filepath.Base(filepath.Dir(path)) == "step-000000000005" && filepath.Base(path) != checkpoint.ManifestFile {
				mustLoad(t, dir, 4, 0) // all of it is deleted
				continue
			}
			skipped := mustLoad(t, dir, 4, 1)
			if name := filepath.Base(path); what != "half deleted" && !strings.Contains(skipped[0], name) {
				t.Errorf("%s %s: skipped %q", name, what, skipped)
			}
			// The policy alone does not need the others, except that they are there.
			c, _, err := checkpoint.Newest(dir)
			if err != nil || c.Manifest.Counters.EnvSteps != 4 {
				t.Errorf("%s %s: newest policy %v, %v", path, what, c, err)
			}
		}
	}
}

// TestNothingLeft: where no checkpoint is whole, the error names each; where there is none, it says so.
func TestNothingLeft(t *testing.T) {
	dir := stored(t, 4, 5)
	for _, step := range []string{"4", "5"} {
		if err := os.Truncate(filepath.Join(dir, "step-00000000000"+step, checkpoint.StateFile), 9); err != nil {
			t.Fatal(err)
		}
	}
	_, skipped, err := checkpoint.NewestResumable(dir)
	if err == nil || len(skipped) != 2 || errors.Is(err, checkpoint.ErrNone) {
		t.Fatalf("skipped %q, error %v", skipped, err)
	}
	for _, want := range []string{"step-000000000004", "step-000000000005", "truncated: 9 of ", "restore one from a copy"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		if _, _, err := checkpoint.NewestResumable(dir); !errors.Is(err, checkpoint.ErrNone) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v", err)
		}
	}
}

// TestRefusedNotPassedOver: going back to an older checkpoint would lose what is only not readable here.
func TestRefusedNotPassedOver(t *testing.T) {
	for want, spoil := range map[string]func(dir string) error{
		"schema 3, this version of covey reads up to 2": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, checkpoint.ManifestFile), []byte(`{"schema": 3, "sums": "elsewhere"}`), 0o666)
		},
		"notes.txt is not part of the checkpoint: move it away": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o666)
		},
		"000003.safetensors is not part of the checkpoint": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "chunks", "000003.safetensors"), nil, 0o666)
		},
	} {
		dir := stored(t, 4, 5)
		if err := spoil(filepath.Join(dir, "step-000000000005")); err != nil {
			t.Fatal(err)
		}
		for _, find := range []func(string) (*checkpoint.Checkpoint, []string, error){checkpoint.Newest, checkpoint.NewestResumable} {
			if c, _, err := find(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "step-000000000005") {
				t.Errorf("%v, error %v, want %q", c, err, want)
			}
		}
	}
	dir := stored(t, 4, 5)
	if err := os.WriteFile(filepath.Join(dir, "step-000000000005", ".DS_Store"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 5, 0)
}

// TestUntrueManifests have a checksum that is right: a program wrote them.
func TestUntrueManifests(t *testing.T) {
	for want, spoil := range map[string]func(*checkpoint.Manifest){
		`tensor "median" of the manifest is missing`: func(m *checkpoint.Manifest) { m.Tensors[4].Name = "median" },
		"the state's SHA-256 is not the manifest's":  func(m *checkpoint.Manifest) { m.Tensors[0], m.Tensors[1] = m.Tensors[1], m.Tensors[0] },
		`tensor "mean" is not in the manifest`:       func(m *checkpoint.Manifest) { m.Tensors = m.Tensors[:4] },
		"lists state.safetensors, but says":          func(m *checkpoint.Manifest) { m.Resumable = false },
		"does not list policy.safetensors":           func(m *checkpoint.Manifest) { delete(m.Files, checkpoint.PolicyFile) },
		`lists a file "../../secret"`:                func(m *checkpoint.Manifest) { m.Files["../../secret"] = checkpoint.File{} },
		`lists a file "chunks/../x.safetensors"`:     func(m *checkpoint.Manifest) { m.Files["chunks/../x.safetensors"] = checkpoint.File{} },
		"damaged: its SHA-256 is not the manifest's": func(m *checkpoint.Manifest) {
			f := m.Files[checkpoint.PolicyFile]
			f.SHA256 = "0"
			m.Files[checkpoint.PolicyFile] = f
		},
		"schema 0: not a manifest of covey": func(m *checkpoint.Manifest) { m.Schema = 0 },
	} {
		dir := filepath.Join(stored(t, 5), "step-000000000005")
		c, err := checkpoint.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		spoil(c.Manifest)
		text, err := c.Manifest.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, checkpoint.ManifestFile), text, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = checkpoint.Open(dir)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestManifestNamesTheDefect(t *testing.T) {
	whole, err := manifest().Encode()
	if err == nil {
		_, err = checkpoint.ParseManifest(whole)
	}
	if want := `schema 0: not a manifest of covey`; err == nil || err.Error() != want { // Save fills it in
		t.Fatalf("error %v, want %q", err, want)
	}
	for text, want := range map[string]string{
		"":                          "broken JSON: unexpected end",
		`{"schema": 2, "sha`:        "broken JSON: unexpected end",
		`[]`:                        "not a manifest of covey",
		`{"model": "other"}`:        "names no schema",
		`{"schema": 2}`:             "does not end with its checksum",
		`{"schema": 99}`:            "schema 99, this version of covey reads up to 2: use the newer one that wrote it",
		`{"schema": -1}`:            "schema -1: not a manifest",
		`{"schema": 1, "coney": 3}`: `unknown field "coney"`,
		`{"schema": 1} {}`:          "broken JSON",
		string(whole) + " ":         "its checksum is not that of its text",
		strings.Replace(string(whole), "CartPole", "CartPool", 1): "its checksum is not that of its text",
	} {
		if _, err := checkpoint.ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// other is a component whose layout is not the one that was saved.
type other struct{ visit func(w state.Walker) error }

func (o other) State(w state.Walker) error { return o.visit(w) }

// TestLoadNamesTheDifference and leaves the components as they were.
func TestLoadNamesTheDifference(t *testing.T) {
	dir := stored(t, 5)
	for want, visit := range map[string]func(w state.Walker) error{
		`state.safetensors: tensor "learner/weight" holds 5 floats, the run has 6 there`: func(w state.Walker) error {
			w.Floats("weight", make([]float32, 6))
			return nil
		},
		`state.safetensors: tensor "learner/weight" is F32[5], the run has another kind`: func(w state.Walker) error {
			w.Uint64("weight", new(uint64))
			return nil
		},
		`000001.safetensors: tensor "learner/memory/1/frames" is U8[33], the run has another kind`: func(w state.Walker) error {
			w.Sub("memory").Sub("1").Floats("frames", make([]float32, 33))
			return nil
		},
		`the run has an entry "learner/bias", the checkpoint has none`: func(w state.Walker) error {
			w.Floats("bias", nil)
			return nil
		},
		`entry "learner/count" is visited twice`: func(w state.Walker) error {
			w.Uint64("count", new(uint64))
			w.Uint64("count", new(uint64))
			return nil
		},
		`000000.safetensors: tensor "learner/memory/0/rewards" has no place in this run`: func(state.Walker) error { return nil },
		"out of order": func(state.Walker) error { return errors.New("out of order") },
	} {
		c, _, err := checkpoint.NewestResumable(dir)
		if err != nil {
			t.Fatal(err)
		}
		run := state.Tree{{Name: "best", Kind: state.KindFloat64, Float64: -1}}
		err = c.Load(checkpoint.Part{Name: "run", State: run}, checkpoint.Part{Name: "learner", State: other{visit}})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if run[0].Float64 != -1 {
			t.Error("a component was loaded though another does not fit")
		}
	}
}

// TestLoadUsesTheMemoryThatIsThere for bytes of the same number.
func TestLoadUsesTheMemoryThatIsThere(t *testing.T) {
	c, _, err := checkpoint.NewestResumable(stored(t, 5))
	if err != nil {
		t.Fatal(err)
	}
	l := newLearner(3)
	frames, rng := &l.frames[0][0], &l.rng[0]
	if err := c.Load(parts(l)...); err != nil {
		t.Fatal(err)
	}
	if &l.frames[0][0] != frames || &l.rng[0] == rng || len(l.rng) != 8 {
		t.Errorf("frames stayed in place: %v, the stream of %d bytes: %v", &l.frames[0][0] == frames, len(l.rng), &l.rng[0] == rng)
	}
}

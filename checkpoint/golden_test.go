package checkpoint_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"covey/checkpoint"
)

var update = flag.Bool("update", false, "write the golden checkpoint of the latest schema anew")

// TestGoldenCheckpoints of every schema that there ever was are read; they are never written anew, except
// the latest one's as long as no release has written it.
func TestGoldenCheckpoints(t *testing.T) {
	c, err := checkpoint.Open("testdata/schema1")
	if err != nil {
		t.Fatal(err)
	}
	m := c.Manifest
	if m.Schema != checkpoint.Schema || m.Resumable || m.EnvironmentRestored || m.Config != manifest().Config || m.Counters != manifest().Counters ||
		!m.Observation.Equal(manifest().Observation) || !m.Action.Equal(manifest().Action) || m.Env != "CartPole-v1" || m.Algo != "a3c" {
		t.Errorf("schema 1 became %+v", m)
	}
	mustHold(t, "testdata/schema1", 1)

	if *update {
		s := &checkpoint.Store{Dir: "testdata/schema2"}
		if err := save(s, after(5), 5); err != nil {
			t.Fatal(err)
		}
		if err := s.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	mustLoad(t, "testdata/schema2", 5, 0)
}

// TestWrittenAsEver: the latest schema's files are the golden ones, byte for byte.
func TestWrittenAsEver(t *testing.T) {
	dir, golden := filepath.Join(stored(t, 5), "step-000000000005"), filepath.FromSlash("testdata/schema2/step-000000000005")
	files := filesOf(t, golden)
	if got := filesOf(t, dir); len(got) != len(files) || len(files) != 6 {
		t.Fatalf("files %v, want those of %v", got, files)
	}
	for _, path := range files {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(golden, path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the golden one: %v", name, err)
		}
	}
}

// TestSchema1CutOff: its writer renamed the manifest first and the data file then, and may have been killed
// in between.
func TestSchema1CutOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/schema1")); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, checkpoint.PolicyFile)
	if err := os.Rename(data, data+".new"); err != nil {
		t.Fatal(err)
	}
	mustHold(t, dir, 1)
	if err := os.WriteFile(data, []byte("of the one before"), 0o666); err != nil {
		t.Fatal(err)
	}
	mustHold(t, dir, 1)
}

package checkpoint_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"covey/checkpoint"
)

// bounded fails where do allocates out of proportion to the size of what it reads, in bytes.
func bounded(t *testing.T, size int, do func()) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	do()
	metrics.Read(sample)
	if got, limit := sample[0].Value.Uint64()-before, uint64(2<<20+200*size); got > limit {
		t.Fatalf("%d bytes allocated to read %d", got, size)
	}
}

// FuzzManifest: whatever is accepted is written and read again as it was.
func FuzzManifest(f *testing.F) {
	for _, schema := range []string{"schema1", "schema2/step-000000000005"} {
		text, err := os.ReadFile(filepath.Join("testdata", schema, checkpoint.ManifestFile))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema": 1}`))
	f.Add([]byte(`{"schema": 1, "observation_space": {"low": ["-inf", 1e30], "shape": [-1]}}`))
	f.Add([]byte(`{"schema": 99}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m *checkpoint.Manifest
		var err error
		bounded(t, len(text), func() { m, err = checkpoint.ParseManifest(text) })
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("what was read is not written: %v", err)
		}
		back, err := checkpoint.ParseManifest(again)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		a, _ := json.Marshal(m)
		b, _ := json.Marshal(back)
		if string(a) != string(b) {
			t.Fatalf("%s became %s", a, b)
		}
	})
}

// FuzzState: whatever a program put into the state's file, under a hash that is right, is loaded or refused.
func FuzzState(f *testing.F) {
	golden := os.DirFS("testdata/schema2/step-000000000005")
	text, err := fs.ReadFile(golden, checkpoint.StateFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(bytes.Replace(text, []byte("F32"), []byte("U8 "), 1))
	f.Add(bytes.Replace(text, []byte(`"shape":[]`), []byte(`"shape":[1]`), 1))
	f.Add(bytes.Replace(text, []byte("learner/count"), []byte("learner/memory/0/frames"), 1))
	whole, err := checkpoint.Open("testdata/schema2/step-000000000005")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir() // fuzzing runs several processes
		if err := os.CopyFS(dir, golden); err != nil {
			t.Fatal(err)
		}
		m := *whole.Manifest
		m.Files = maps.Clone(m.Files)
		m.Files[checkpoint.StateFile] = checkpoint.File{Bytes: int64(len(data)), SHA256: fmt.Sprintf("%x", sha256.Sum256(data))}
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{checkpoint.ManifestFile: text, checkpoint.StateFile: data} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		l := newLearner(3)
		bounded(t, len(data), func() {
			c, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Load(parts(l)...); err != nil && strings.Contains(err.Error(), "SHA-256") {
				t.Fatal(err)
			}
		})
	})
}

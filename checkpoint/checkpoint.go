// Package checkpoint keeps the state of components in a folder: the numbers in a safetensors file,
// which Python reads too, and what they mean in a manifest beside it.
//
// The folder always holds one whole checkpoint, at whatever instant the writer is killed. Both files
// are first written aside, under names that end in .new; renaming the manifest is the commit, and
// the data file follows. A reader that finds a data file which is not the manifest's takes the one
// that still stands aside.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"covey/state"
)

// The folder's files.
const (
	ManifestFile = "manifest.json"
	PolicyFile   = "policy.safetensors"

	aside = ".new" // ends the names of files that are not yet in place
)

// Write saves s in folder dir, which is made if it does not exist and which no other process may be
// writing. It fills in m's schema, hashes, files and tensors. When it returns, the checkpoint is on
// the disk; when it fails, the folder holds the checkpoint before.
func Write(dir string, m *Manifest, s state.Stateful, shapes Shapes) error {
	if err := write(dir, m, s, shapes); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}

func write(dir string, m *Manifest, s state.Stateful, shapes Shapes) error {
	tensors, err := m.describe(s, shapes)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := settle(dir); err != nil {
		return err
	}
	sum := sha256.New()
	var size countWriter
	err = writeSynced(filepath.Join(dir, PolicyFile+aside), func(w io.Writer) error {
		return encode(io.MultiWriter(w, sum, &size), tensors, map[string]string{"format": "covey"})
	})
	if err != nil {
		return err
	}
	m.Files = map[string]File{PolicyFile: {Bytes: int64(size), SHA256: hex.EncodeToString(sum.Sum(nil))}}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ManifestFile)
	err = writeSynced(path+aside, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(path+aside, path); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, PolicyFile+aside), filepath.Join(dir, PolicyFile))
}

// Describe fills in what a manifest says about s: its hash and tensors.
func (m *Manifest) Describe(s state.Stateful, shapes Shapes) error {
	_, err := m.describe(s, shapes)
	return err
}

func (m *Manifest) describe(s state.Stateful, shapes Shapes) ([]tensor, error) {
	tree, err := state.Save(s)
	if err != nil {
		return nil, err
	}
	sum, err := state.Hash(tree)
	if err != nil {
		return nil, err
	}
	tensors := make([]tensor, len(tree))
	m.Schema, m.SHA256, m.Tensors = Schema, hex.EncodeToString(sum[:]), make([]Tensor, len(tree))
	for i := range tree {
		t, err := toTensor(&tree[i], shapes)
		if err != nil {
			return nil, err
		}
		tensors[i] = t
		m.Tensors[i] = Tensor{Name: t.name, DType: string(t.dtype), Shape: append([]int{}, t.shape...)}
	}
	return tensors, nil
}

// Read loads the checkpoint in folder dir and proves it whole. Errors name the file.
func Read(dir string) (*Manifest, state.Tree, error) {
	path := filepath.Join(dir, ManifestFile)
	for try := 0; ; try++ {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, fmt.Errorf("read checkpoint: %w", err)
		}
		m, err := parseManifest(text)
		if err != nil {
			return nil, nil, fmt.Errorf("read checkpoint: %s: %w", path, err)
		}
		data, err := readData(dir, m.Files)
		if err != nil {
			// Was the checkpoint replaced between the two reads?
			if now, again := os.ReadFile(path); again == nil && !bytes.Equal(now, text) && try < 100 {
				continue
			}
			return nil, nil, fmt.Errorf("read checkpoint: %w", err)
		}
		tree, err := m.tree(data)
		if err != nil {
			return nil, nil, fmt.Errorf("read checkpoint: %s: %w", filepath.Join(dir, PolicyFile), err)
		}
		return m, tree, nil
	}
}

// readData returns the data file that the manifest names, from its place or from aside.
func readData(dir string, files map[string]File) ([]byte, error) {
	want, ok := files[PolicyFile]
	if !ok || len(files) != 1 {
		return nil, fmt.Errorf("%s: want %s and no other file", filepath.Join(dir, ManifestFile), PolicyFile)
	}
	place := filepath.Join(dir, PolicyFile)
	var err error
	for _, path := range []string{place, place + aside, place} { // it may move from aside to its place meanwhile
		data, e := os.ReadFile(path)
		if e == nil {
			if e = want.check(data); e == nil {
				return data, nil
			}
			e = fmt.Errorf("%s: %w", path, e)
		}
		if path == place {
			err = e
		}
	}
	return nil, err
}

// check compares a file's contents with what the manifest says of it.
func (f File) check(data []byte) error {
	switch sum := sha256.Sum256(data); {
	case int64(len(data)) < f.Bytes:
		return fmt.Errorf("truncated: %d of %d bytes", len(data), f.Bytes)
	case int64(len(data)) > f.Bytes:
		return fmt.Errorf("%d bytes, the manifest says %d", len(data), f.Bytes)
	case hex.EncodeToString(sum[:]) != f.SHA256:
		return errors.New("damaged: its SHA-256 is not the manifest's")
	}
	return nil
}

// tree turns the data file into the state that the manifest lists.
func (m *Manifest) tree(data []byte) (state.Tree, error) {
	tensors, err := decode(data)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]tensor, len(tensors))
	for _, t := range tensors {
		stored[t.name] = t
	}
	tree := make(state.Tree, 0, len(tensors))
	for _, want := range m.Tensors {
		t, ok := stored[want.Name]
		if !ok {
			return nil, fmt.Errorf("tensor %q of the manifest is missing", want.Name)
		}
		delete(stored, want.Name)
		e, err := toEntry(t)
		if err != nil {
			return nil, err
		}
		tree = append(tree, e)
	}
	for name := range stored {
		return nil, fmt.Errorf("tensor %q is not in the manifest", name)
	}
	sum, err := state.Hash(tree)
	if err != nil {
		return nil, err
	}
	if hex.EncodeToString(sum[:]) != m.SHA256 {
		return nil, errors.New("the state's SHA-256 is not the manifest's")
	}
	return tree, nil
}

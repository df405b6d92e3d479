// Package checkpoint keeps the state of components in folders: the numbers in safetensors files,
// which Python reads too, and what they mean in a manifest beside them.
//
// A folder "step-000000012345" of a [Store] is written aside, brought to the disk and renamed: under its name
// stands a whole checkpoint or none, at whatever instant the writer is killed or the power fails. It is never
// changed afterwards. In it lie
//
//	manifest.json         what it is, and every file's size and SHA-256; its own stands at its end
//	policy.safetensors    parameters and normaliser
//	state.safetensors     everything else that a run needs to go on; absent where it holds only a policy
//	chunks/NNNNNN.safetensors
//	                      parts of the state that seldom change (replay): where one is as it was in the
//	                      checkpoint before, both folders have the same file, by a hard link
//
// Whatever is read is checked against its hash first.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"covey/internal/safetensors"
	"covey/state"
)

// A checkpoint's files.
const (
	ManifestFile = "manifest.json"
	PolicyFile   = "policy.safetensors"
	StateFile    = "state.safetensors"

	chunkFolder = "chunks"
)

// Checkpoint is one that was opened.
type Checkpoint struct {
	Dir      string
	Manifest *Manifest  // of the latest schema, whatever it was written in
	Policy   state.Tree // of PolicyFile

	whole bool // every file was verified
}

// Open reads the checkpoint in folder dir: its manifest and policy, which are proven whole. Of the other
// files it sees that they are there and of the right size. Errors name the file.
func Open(dir string) (*Checkpoint, error) {
	for try := 0; ; try++ {
		c, text, at, err := open(dir)
		if err == nil {
			return c, nil
		}
		// Was the checkpoint replaced while it was read?
		now, place, _ := readManifest(dir)
		replaced := !bytes.Equal(now, text) || place != at
		if try == 100 || !replaced && (try == 3 || !errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("read checkpoint: %w", err)
		}
	}
}

// open also returns the manifest's text, nil where there was none, and the folder in which it was.
func open(dir string) (c *Checkpoint, text []byte, at string, err error) {
	text, at, err = readManifest(dir)
	if err != nil {
		return nil, nil, at, err
	}
	m, schema, err := parseManifest(text)
	if err == nil {
		err = m.checkFiles()
	}
	if err != nil {
		return nil, text, at, fmt.Errorf("%s: %w", filepath.Join(at, ManifestFile), err)
	}
	c = &Checkpoint{Dir: at, Manifest: m}
	var data []byte
	if schema == 1 {
		data, err = readPolicy1(at, m.Files[PolicyFile])
	} else if err = c.checkFolder(); err == nil {
		data, err = readWhole(filepath.Join(at, PolicyFile), m.Files[PolicyFile])
	}
	if err != nil {
		return nil, text, at, err
	}
	if c.Policy, err = m.policy(data); err != nil {
		return nil, text, at, fmt.Errorf("%s: %w", filepath.Join(at, PolicyFile), err)
	}
	c.whole = len(m.Files) == 1
	return c, text, at, nil
}

// readManifest reads the manifest in dir or, where a writer was cut off before it could put another
// checkpoint in the place of dir's, of what stood there; it returns the folder too.
func readManifest(dir string) (text []byte, at string, err error) {
	for _, at := range []string{dir, beside(dir, oldMark), dir} { // it may be replaced meanwhile
		text, e := os.ReadFile(filepath.Join(at, ManifestFile))
		if e == nil {
			return text, at, nil
		}
		if at == dir {
			err = e
		}
		if _, e := os.Lstat(dir); e == nil {
			break
		}
	}
	return nil, dir, err
}

// readWhole reads a file that fits in memory and checks it.
func readWhole(path string, want File) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := want.check(int64(len(data)), sha256.Sum256(data)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// readPolicy1 reads the data file of a checkpoint of schema 1, which was replaced in place: where its
// writer was cut off, the new one still stands beside it.
func readPolicy1(dir string, want File) ([]byte, error) {
	path := filepath.Join(dir, PolicyFile)
	data, err := readWhole(path, want)
	if err != nil {
		if aside, e := readWhole(path+".new", want); e == nil {
			return aside, nil
		}
	}
	return data, err
}

// check compares a file with what the manifest says of it.
func (f File) check(size int64, sum [sha256.Size]byte) error {
	if err := f.checkSize(size); err != nil {
		return err
	}
	if hex.EncodeToString(sum[:]) != f.SHA256 {
		return errors.New("damaged: its SHA-256 is not the manifest's")
	}
	return nil
}

func (f File) checkSize(size int64) error {
	switch {
	case size < f.Bytes:
		return fmt.Errorf("truncated: %d of %d bytes", size, f.Bytes)
	case size > f.Bytes:
		return fmt.Errorf("%d bytes, the manifest says %d", size, f.Bytes)
	}
	return nil
}

// checkFiles sees that the manifest lists the files that there must be, and no path that leads elsewhere.
func (m *Manifest) checkFiles() error {
	for _, name := range []string{PolicyFile, StateFile} {
		switch _, listed := m.Files[name]; {
		case !listed && (name == PolicyFile || m.Resumable):
			return fmt.Errorf("does not list %s", name)
		case listed && name == StateFile && !m.Resumable:
			return fmt.Errorf("lists %s, but says resumable: false", name)
		}
	}
	for name := range m.Files {
		chunk, ok := strings.CutPrefix(name, chunkFolder+"/")
		ok = ok && m.Resumable && path.Base(chunk) == chunk && strings.HasSuffix(chunk, ".safetensors") && !strings.ContainsAny(chunk, `\:`)
		if name != PolicyFile && name != StateFile && !ok {
			return fmt.Errorf("lists a file %q, which no checkpoint has", name)
		}
	}
	return nil
}

// strayError is the refusal of a folder that holds more than a checkpoint.
type strayError struct{ path string }

func (e strayError) Error() string {
	return e.path + " is not part of the checkpoint: move it away"
}

// checkFolder sees that all files are there, of the right size, and no others; hidden ones do not count.
func (c *Checkpoint) checkFolder() error {
	for _, name := range c.files() {
		file := c.path(name)
		info, err := os.Stat(file)
		if err == nil {
			err = c.Manifest.Files[name].checkSize(info.Size())
			if err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, folder := range []string{"", chunkFolder} {
		entries, err := os.ReadDir(filepath.Join(c.Dir, folder))
		if err != nil {
			if folder != "" && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return err
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			_, listed := c.Manifest.Files[name]
			if !listed && name != ManifestFile && name != chunkFolder && !strings.HasPrefix(e.Name(), ".") {
				return strayError{c.path(name)}
			}
		}
	}
	return nil
}

// files are the names of the manifest's files in a fixed order.
func (c *Checkpoint) files() []string {
	return slices.Sorted(maps.Keys(c.Manifest.Files))
}

func (c *Checkpoint) path(name string) string { return filepath.Join(c.Dir, filepath.FromSlash(name)) }

// Verify reads every file and compares it with its hash. Errors name the file.
func (c *Checkpoint) Verify() error {
	if c.whole {
		return nil
	}
	buffer := make([]byte, bufferSize)
	for _, name := range c.files() {
		if err := verify(c.path(name), c.Manifest.Files[name], buffer); err != nil {
			return fmt.Errorf("read checkpoint: %w", err)
		}
	}
	c.whole = true
	return nil
}

func verify(path string, want File, buffer []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	hash := sha256.New()
	size, err := io.CopyBuffer(hash, onlyReader{f}, buffer)
	if err = errors.Join(err, f.Close()); err == nil {
		err = want.check(size, [sha256.Size]byte(hash.Sum(nil)))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// onlyReader hides File.WriteTo, with which CopyBuffer would ignore our buffer.
type onlyReader struct{ io.Reader }

// policy turns the policy's file into the state that the manifest lists.
func (m *Manifest) policy(file []byte) (state.Tree, error) {
	h, err := safetensors.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	stored := make(map[string]*safetensors.Tensor, len(h.Tensors))
	for i := range h.Tensors {
		stored[h.Tensors[i].Name] = &h.Tensors[i]
	}
	tree := make(state.Tree, 0, len(h.Tensors))
	for _, want := range m.Tensors {
		t, ok := stored[want.Name]
		if !ok {
			return nil, fmt.Errorf("tensor %q of the manifest is missing", want.Name)
		}
		delete(stored, want.Name)
		e, err := entry(t, file[h.Data+t.Offset:])
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

// entry is the state entry that a tensor stores, whose bytes data starts with. data is not kept.
func entry(t *safetensors.Tensor, data []byte) (state.Entry, error) {
	e := state.Entry{Name: t.Name}
	n, err := t.Bytes()
	if err != nil {
		return e, err
	}
	data = data[:n]
	single := len(t.Shape) == 0
	switch {
	case t.DType == safetensors.F32:
		e.Kind, e.Floats = state.KindFloats, make([]float32, len(data)/4)
		for i := range e.Floats {
			e.Floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case t.DType == safetensors.U64 && single:
		e.Kind, e.Uint64 = state.KindUint64, binary.LittleEndian.Uint64(data)
	case t.DType == safetensors.F64 && single:
		e.Kind, e.Float64 = state.KindFloat64, math.Float64frombits(binary.LittleEndian.Uint64(data))
	case t.DType == safetensors.U8 && len(t.Shape) == 1:
		e.Kind, e.Bytes = state.KindBytes, bytes.Clone(data)
	default:
		return e, fmt.Errorf("tensor %q: no entry is stored as %s%v", t.Name, t.DType, t.Shape)
	}
	return e, nil
}

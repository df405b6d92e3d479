package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"covey/internal/safetensors"
	"covey/state"
)

// Shapes are the shapes of float entries by name; an entry without one is stored as a vector.
type Shapes map[string][]int

// bufferSize is what is handed to the system at a time, in bytes.
const bufferSize = 1 << 18

// writer writes the files of one checkpoint, straight from the memory of the components.
type writer struct {
	disk    *disk
	dir     string          // where the files are made
	files   map[string]File // by their names in the manifest
	written []string        // those that are not links

	owner  state.Stateful // the part that is being walked
	chunks map[string]chunk
	before map[string]chunk // those of the checkpoint before
	from   string           // its folder

	buffer  *bufio.Writer
	scratch []byte
}

// chunk is a file with a part of the state whose contents are known to stay the same as long as its
// version does, within one component.
type chunk struct {
	owner   state.Stateful
	version uint64
	file    string // its name in the manifest
	info    File
}

// file writes what visit visits to a file, and returns its tensors in walk order.
func (w *writer) file(name string, shapes Shapes, visit func(state.Walker) error) ([]safetensors.Tensor, error) {
	s := &stream{writer: w, shapes: shapes}
	if err := s.walk(0, visit); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	_, head, err := safetensors.Layout(s.layout, map[string]string{"format": "covey"})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s.layout, w.put(name, func(out io.Writer) error {
		if _, err := out.Write(head); err != nil {
			return err
		}
		s.out = out
		for _, width := range [...]int64{8, 4, 1} { // as Layout orders them
			if err := s.walk(width, visit); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

// put makes a file of what fill writes and notes its size and hash.
func (w *writer) put(name string, fill func(io.Writer) error) error {
	f, err := w.disk.create(filepath.Join(w.dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	sum := &summer{hash: sha256.New(), file: f}
	w.buffer.Reset(sum)
	if err = fill(w.buffer); err == nil {
		err = w.buffer.Flush()
	}
	w.files[name] = File{Bytes: sum.bytes, SHA256: hex.EncodeToString(sum.hash.Sum(nil))}
	w.written = append(w.written, name)
	return errors.Join(err, f.Close())
}

// chunk puts a part of the state into a file of its own: the one of the checkpoint before where its
// version is still the same, and otherwise, or where the file system has no links, a new one.
func (w *writer) chunk(name string, version uint64, visit func(state.Walker) error) error {
	if _, taken := w.chunks[name]; taken {
		return fmt.Errorf("chunk %q is visited twice", name)
	}
	file := fmt.Sprintf("%s/%06d.safetensors", chunkFolder, len(w.chunks))
	if len(w.chunks) == 0 {
		if err := w.disk.mkdir(filepath.Join(w.dir, chunkFolder)); err != nil {
			return err
		}
	}
	c := chunk{owner: w.owner, version: version, file: file}
	old, ok := w.before[name]
	if ok && old.version == version && same(old.owner, c.owner) && w.linked(old, file) {
		c.info = old.info
		w.files[file] = c.info
	} else {
		if _, err := w.file(file, nil, visit); err != nil {
			return err
		}
		c.info = w.files[file]
	}
	w.chunks[name] = c
	return nil
}

// stream is the walk over what one file holds: first it notes the layout, then it goes over it once
// for every width of elements and writes those.
type stream struct {
	writer *writer
	shapes Shapes
	layout []safetensors.Tensor // in walk order
	width  int64                // of the elements to write; 0: note the layout
	next   int                  // in layout
	out    io.Writer
	err    error // the first one
}

func (s *stream) walk(width int64, visit func(state.Walker) error) error {
	s.width, s.next = width, 0
	if err := visit(walker{stream: s}); s.err != nil || err != nil {
		if s.err != nil { // the cause of any error of the component
			err = s.err
		}
		return err
	}
	if s.next != len(s.layout) {
		return fmt.Errorf("entry %q was visited once and then no more", s.layout[s.next].Name)
	}
	return nil
}

// entry notes an entry's layout, or says whether its bytes are to be written now.
func (s *stream) entry(name string, d safetensors.DType, shape ...int) bool {
	if s.err != nil {
		return false
	}
	t := safetensors.Tensor{Name: name, DType: d, Shape: shape}
	size, err := t.Bytes()
	if given, ok := s.shapes[name]; ok && d == safetensors.F32 {
		t.Shape = given
		if n, e := t.Bytes(); e != nil || n != size {
			err = fmt.Errorf("entry %q: shape %v for %d floats", name, given, shape[0])
		}
	}
	switch {
	case err != nil:
		s.err = err
		return false
	case s.width == 0:
		s.layout = append(s.layout, t)
	case s.next == len(s.layout) || s.layout[s.next].Name != name || s.layout[s.next].DType != d || !slices.Equal(s.layout[s.next].Shape, t.Shape):
		s.err = fmt.Errorf("entry %q changed while it was saved", name)
		return false
	}
	s.next++
	return s.width == d.Size()
}

func (s *stream) write(b []byte) {
	if _, err := s.out.Write(b); err != nil && s.err == nil {
		s.err = err
	}
}

// walker is what a component that is saved sees.
type walker struct {
	prefix string
	stream *stream
	inside bool // a chunk, in which further ones are mere parts
}

var _ state.Walker = walker{}

func (w walker) Floats(name string, x []float32) {
	s := w.stream
	if !s.entry(w.prefix+name, safetensors.F32, len(x)) {
		return
	}
	scratch := s.writer.scratch
	for len(x) > 0 && s.err == nil {
		n := min(len(x), len(scratch)/4)
		for i, v := range x[:n] {
			binary.LittleEndian.PutUint32(scratch[4*i:], math.Float32bits(v))
		}
		s.write(scratch[:4*n])
		x = x[n:]
	}
}

func (w walker) Uint64(name string, x *uint64) {
	if w.stream.entry(w.prefix+name, safetensors.U64) {
		w.stream.write(binary.LittleEndian.AppendUint64(w.stream.writer.scratch[:0], *x))
	}
}

func (w walker) Float64(name string, x *float64) {
	if w.stream.entry(w.prefix+name, safetensors.F64) {
		w.stream.write(binary.LittleEndian.AppendUint64(w.stream.writer.scratch[:0], math.Float64bits(*x)))
	}
}

func (w walker) Bytes(name string, x *[]byte) {
	if w.stream.entry(w.prefix+name, safetensors.U8, len(*x)) {
		w.stream.write(*x)
	}
}

func (w walker) Sub(name string) state.Walker {
	return walker{prefix: w.prefix + name + "/", stream: w.stream, inside: w.inside}
}

// Chunk is asked by state.Chunk for a part whose contents stay the same as long as its version does.
func (w walker) Chunk(name string, version uint64, visit func(state.Walker) error) error {
	s := w.stream
	if w.inside {
		return visit(w.Sub(name))
	}
	if s.width > 0 || s.err != nil {
		return nil // its file was written while the layout was noted
	}
	prefix := w.prefix + name
	return s.writer.chunk(prefix, version, func(inner state.Walker) error {
		return visit(walker{prefix: prefix + "/", stream: inner.(walker).stream, inside: true})
	})
}

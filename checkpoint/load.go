package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"covey/internal/safetensors"
	"covey/state"
)

// Load reads the checkpoint's parts straight into components of the same names, after it has seen that
// the files are whole and that names, kinds and lengths are the same. Where one is not, the error names
// file and entry and the components are as they were; an error of a component about its values, or of the
// disk meanwhile, leaves them half loaded.
func (c *Checkpoint) Load(parts ...Part) error {
	if !c.Manifest.Resumable {
		return fmt.Errorf("read checkpoint: %s holds only a policy: a run cannot go on from it", c.Dir)
	}
	if err := c.Verify(); err != nil {
		return err
	}
	l := &loader{entries: make(map[string]*source), scratch: make([]byte, 1<<16)}
	err := l.index(c)
	for _, apply := range []bool{false, true} {
		if err == nil {
			err = l.walk(parts, apply)
		}
	}
	if err = errors.Join(err, l.close()); err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	return nil
}

// loader reads the entries of one checkpoint.
type loader struct {
	entries map[string]*source
	ordered []*source
	apply   bool // false: only compare
	err     error

	file    *os.File // the one that was read last
	path    string
	scratch []byte
}

// source is where an entry's bytes lie.
type source struct {
	safetensors.Tensor
	path  string
	start int64 // where it is in the file
	taken bool  // by the walk under way
}

// index lists the tensors of all files but the policy's.
func (l *loader) index(c *Checkpoint) error {
	for _, name := range c.files() {
		if name == PolicyFile {
			continue
		}
		path := c.path(name)
		file, err := l.open(path)
		if err != nil {
			return err
		}
		h, err := safetensors.Read(file, c.Manifest.Files[name].Bytes)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, t := range h.Tensors {
			if other := l.entries[t.Name]; other != nil {
				return fmt.Errorf("%s: tensor %q stands in %s too", path, t.Name, other.path)
			}
			s := &source{Tensor: t, path: path, start: h.Data + t.Offset}
			l.entries[t.Name], l.ordered = s, append(l.ordered, s)
		}
	}
	return nil
}

// walk compares the components' layout with the files', and reads the values where apply is set.
func (l *loader) walk(parts []Part, apply bool) error {
	l.apply = apply
	for _, s := range l.ordered {
		s.taken = false
	}
	for _, p := range parts {
		err := p.State.State(reader{prefix: p.Name + "/", loader: l})
		if l.err != nil { // the cause of any error of the component
			return l.err
		}
		if err != nil {
			return err
		}
	}
	for _, s := range l.ordered {
		if !s.taken {
			return fmt.Errorf("%s: tensor %q has no place in this run", s.path, s.Name)
		}
	}
	return nil
}

// open returns a file, and keeps it open until another one is asked for.
func (l *loader) open(path string) (*os.File, error) {
	if l.path == path {
		return l.file, nil
	}
	if err := l.close(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	l.file, l.path = f, path
	return f, nil
}

func (l *loader) close() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file, l.path = nil, ""
	return f.Close()
}

// reader is what a component that is loaded sees.
type reader struct {
	prefix string
	loader *loader
}

var _ state.Walker = reader{}

// take returns the entry called name if it is stored as the component wants it, and else notes the error.
// scalar: it is a single number.
func (r reader) take(name string, want safetensors.DType, scalar bool) *source {
	l, name := r.loader, r.prefix+name
	if l.err != nil {
		return nil
	}
	s := l.entries[name]
	switch {
	case s == nil:
		l.err = fmt.Errorf("the run has an entry %q, the checkpoint has none", name)
	case s.taken:
		l.err = fmt.Errorf("entry %q is visited twice", name)
	case s.DType != want || (len(s.Shape) == 0) != scalar || len(s.Shape) > 1:
		l.err = fmt.Errorf("%s: tensor %q is %s%v, the run has another kind of entry there", s.path, name, s.DType, s.Shape)
	default:
		s.taken = true
		return s
	}
	return nil
}

// read fills b with the entry's bytes from offset on.
func (r reader) read(s *source, b []byte, offset int) {
	l := r.loader
	if l.err != nil {
		return
	}
	file, err := l.open(s.path)
	if err == nil {
		_, err = file.ReadAt(b, s.start+int64(offset))
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%s: truncated while it was read", s.path)
		}
	}
	l.err = err
}

func (r reader) number(s *source) uint64 {
	b := r.loader.scratch[:8]
	r.read(s, b, 0)
	return binary.LittleEndian.Uint64(b)
}

func (r reader) Floats(name string, x []float32) {
	s, l := r.take(name, safetensors.F32, false), r.loader
	if s == nil {
		return
	}
	if n := s.Shape[0]; n != len(x) {
		l.err = fmt.Errorf("%s: tensor %q holds %d floats, the run has %d there", s.path, s.Name, n, len(x))
		return
	}
	if !l.apply {
		return
	}
	for done := 0; done < len(x) && l.err == nil; {
		n := min(len(x)-done, len(l.scratch)/4)
		r.read(s, l.scratch[:4*n], 4*done)
		for i := range n {
			x[done+i] = math.Float32frombits(binary.LittleEndian.Uint32(l.scratch[4*i:]))
		}
		done += n
	}
}

func (r reader) Uint64(name string, x *uint64) {
	if s := r.take(name, safetensors.U64, true); s != nil && r.loader.apply {
		*x = r.number(s)
	}
}

func (r reader) Float64(name string, x *float64) {
	if s := r.take(name, safetensors.F64, true); s != nil && r.loader.apply {
		*x = math.Float64frombits(r.number(s))
	}
}

// Bytes reads into x's own memory where its length is that of the entry.
func (r reader) Bytes(name string, x *[]byte) {
	s := r.take(name, safetensors.U8, false)
	if s == nil || !r.loader.apply {
		return
	}
	if n := s.Shape[0]; n != len(*x) {
		*x = make([]byte, n)
	}
	r.read(s, *x, 0)
}

func (r reader) Sub(name string) state.Walker {
	return reader{prefix: r.prefix + name + "/", loader: r.loader}
}

package state

import (
	"bytes"
	"fmt"
)

// Load restores s from t. An entry that is missing, left over, or of another kind or length is an
// error that names it, and leaves s untouched; so the names that s visits must not depend on values
// that it loads. An error of s itself about the values leaves s half loaded.
func Load(s Stateful, t Tree) error {
	for _, apply := range []bool{false, true} {
		if err := load(s, t, apply); err != nil {
			return fmt.Errorf("load state: %w", err)
		}
	}
	return nil
}

// load walks s once, comparing its layout with t's, and copies the values where apply is set.
func load(s Stateful, t Tree, apply bool) error {
	src := &source{entries: make(map[string]*Entry, len(t)), apply: apply}
	for i := range t {
		if _, taken := src.entries[t[i].Name]; taken {
			return fmt.Errorf("entry %q stands twice in what is loaded", t[i].Name)
		}
		src.entries[t[i].Name] = &t[i]
	}
	err := s.State(reader{root: src})
	if src.err != nil { // the cause of any error of s
		return src.err
	}
	if err != nil {
		return err
	}
	for i := range t {
		if _, left := src.entries[t[i].Name]; left {
			return fmt.Errorf("entry %q has no place in the component", t[i].Name)
		}
	}
	return nil
}

// source is what all walkers of one load read from.
type source struct {
	entries map[string]*Entry // not yet visited
	apply   bool
	err     error // the first one
}

// reader is the Walker behind Load.
type reader struct {
	prefix string
	root   *source
}

// take returns the entry called name if it is of the wanted kind, and else notes the error.
func (r reader) take(name string, want Kind) *Entry {
	name = r.prefix + name
	e := r.root.entries[name]
	delete(r.root.entries, name)
	switch {
	case r.root.err != nil:
		return nil
	case e == nil:
		r.root.err = fmt.Errorf("entry %q is missing, or is visited twice", name)
		return nil
	case e.Kind != want:
		r.root.err = fmt.Errorf("entry %q holds %v, the component wants %v", name, e.Kind, want)
		return nil
	}
	return e
}

func (r reader) Floats(name string, x []float32) {
	e := r.take(name, KindFloats)
	if e == nil {
		return
	}
	if len(e.Floats) != len(x) {
		r.root.err = fmt.Errorf("entry %q holds %d floats, the component wants %d", e.Name, len(e.Floats), len(x))
		return
	}
	if r.root.apply {
		copy(x, e.Floats)
	}
}

func (r reader) Uint64(name string, x *uint64) {
	if e := r.take(name, KindUint64); e != nil && r.root.apply {
		*x = e.Uint64
	}
}

func (r reader) Float64(name string, x *float64) {
	if e := r.take(name, KindFloat64); e != nil && r.root.apply {
		*x = e.Float64
	}
}

func (r reader) Bytes(name string, x *[]byte) {
	e := r.take(name, KindBytes)
	switch {
	case e == nil || !r.root.apply:
	case len(e.Bytes) == len(*x):
		copy(*x, e.Bytes)
	default:
		*x = bytes.Clone(e.Bytes)
	}
}

func (r reader) Sub(name string) Walker {
	return reader{prefix: r.prefix + name + "/", root: r.root}
}

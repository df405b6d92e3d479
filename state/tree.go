package state

import (
	"bytes"
	"fmt"
	"slices"
)

// Kind tells entries apart.
type Kind uint8

// The kinds of entry, one per method of [Walker].
const (
	KindFloats Kind = iota + 1
	KindUint64
	KindFloat64
	KindBytes
)

func (k Kind) String() string {
	switch k {
	case KindFloats:
		return "floats"
	case KindUint64:
		return "uint64"
	case KindFloat64:
		return "float64"
	case KindBytes:
		return "bytes"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Entry is one named part of a component. Only the field that belongs to its kind is set.
type Entry struct {
	Name    string // slash-separated path from the root component
	Kind    Kind
	Floats  []float32
	Uint64  uint64
	Float64 float64
	Bytes   []byte
}

// Tree is a component's saved state: its entries in walk order. It is itself [Stateful], so a tree
// can be hashed, and compared with the component it came from.
type Tree []Entry

// State visits the entries under their full names.
func (t Tree) State(w Walker) error {
	for i := range t {
		e := &t[i]
		switch e.Kind {
		case KindFloats:
			w.Floats(e.Name, e.Floats)
		case KindUint64:
			w.Uint64(e.Name, &e.Uint64)
		case KindFloat64:
			w.Float64(e.Name, &e.Float64)
		case KindBytes:
			w.Bytes(e.Name, &e.Bytes)
		default:
			return fmt.Errorf("entry %q has unknown %v", e.Name, e.Kind)
		}
	}
	return nil
}

// Save copies s into a tree. Two entries of one name are an error.
func Save(s Stateful) (Tree, error) {
	w := writer{root: &tape{names: make(map[string]struct{})}}
	if err := s.State(w); err != nil {
		return nil, fmt.Errorf("save state: %w", err)
	}
	if w.root.err != nil {
		return nil, fmt.Errorf("save state: %w", w.root.err)
	}
	return w.root.tree, nil
}

// tape is what all walkers of one save write to.
type tape struct {
	tree  Tree
	names map[string]struct{}
	err   error // the first one
}

// writer is the Walker behind Save.
type writer struct {
	prefix string
	root   *tape
}

func (w writer) add(name string, e Entry) {
	e.Name = w.prefix + name
	if _, taken := w.root.names[e.Name]; taken && w.root.err == nil {
		w.root.err = fmt.Errorf("entry %q is visited twice", e.Name)
	}
	w.root.names[e.Name] = struct{}{}
	w.root.tree = append(w.root.tree, e)
}

func (w writer) Floats(name string, x []float32) {
	w.add(name, Entry{Kind: KindFloats, Floats: slices.Clone(x)})
}

func (w writer) Uint64(name string, x *uint64) {
	w.add(name, Entry{Kind: KindUint64, Uint64: *x})
}

func (w writer) Float64(name string, x *float64) {
	w.add(name, Entry{Kind: KindFloat64, Float64: *x})
}

func (w writer) Bytes(name string, x *[]byte) {
	w.add(name, Entry{Kind: KindBytes, Bytes: bytes.Clone(*x)})
}

func (w writer) Sub(name string) Walker {
	return writer{prefix: w.prefix + name + "/", root: w.root}
}

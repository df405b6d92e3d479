package state

import (
	"fmt"
	"math/rand/v2"
)

// Recording is the state of one component, taken again and again. The first Take makes a [Tree]; later ones
// overwrite its values in walk order, and allocate nothing as long as the component's State does not.
// The zero Recording is empty.
type Recording struct {
	tape recorder
}

// Take records s, which must be the component that it always was. After an error the recording is empty.
func (r *Recording) Take(s Stateful) error {
	t := &r.tape
	if t.tree == nil {
		tree, err := Save(s)
		if tree == nil && err == nil {
			tree = Tree{}
		}
		t.tree = tree
		return err
	}
	t.at, t.changed = 0, false
	err := s.State(t)
	if err == nil && (t.changed || t.at != len(t.tree)) {
		err = fmt.Errorf("its layout changed: %d parts, then %d, or one of another kind or length", len(t.tree), t.at)
	}
	if err != nil {
		t.tree = nil
		return fmt.Errorf("record state: %w", err)
	}
	return nil
}

// Tree is what was taken last, nil if nothing was. It is valid until the next Take.
func (r *Recording) Tree() Tree { return r.tape.tree }

// MayLoad says whether w could be one that changes what it visits: a component that keeps something derived of
// its state has to make it anew then. Only a Recording is known to leave everything as it is.
func MayLoad(w Walker) bool {
	_, records := w.(*recorder)
	return !records
}

// recorder is the Walker behind a Recording's later visits. It goes by the order of the parts alone, so names
// cost nothing, and a component's parts are met by the same walker.
type recorder struct {
	tree    Tree
	at      int  // parts visited
	changed bool // one of them was of another kind or length
}

// next is the entry of the next part, which is of the wanted kind; nil where it is not.
func (r *recorder) next(want Kind) *Entry {
	i := r.at
	r.at++
	if i >= len(r.tree) || r.tree[i].Kind != want {
		r.changed = true
		return nil
	}
	return &r.tree[i]
}

func (r *recorder) Floats(_ string, x []float32) {
	if e := r.next(KindFloats); e != nil {
		r.changed = r.changed || len(e.Floats) != len(x)
		copy(e.Floats, x)
	}
}

func (r *recorder) Uint64(_ string, x *uint64) { r.uint64(*x) }

func (r *recorder) uint64(x uint64) {
	if e := r.next(KindUint64); e != nil {
		e.Uint64 = x
	}
}

func (r *recorder) Float64(_ string, x *float64) {
	if e := r.next(KindFloat64); e != nil {
		e.Float64 = *x
	}
}

func (r *recorder) Bytes(_ string, x *[]byte) { r.bytes(*x) }

func (r *recorder) bytes(x []byte) {
	if e := r.next(KindBytes); e != nil {
		e.Bytes = append(e.Bytes[:0], x...)
	}
}

func (r *recorder) stream(src *rand.PCG) (err error) {
	if e := r.next(KindBytes); e != nil {
		e.Bytes, err = src.AppendBinary(e.Bytes[:0])
	}
	return err
}

func (r *recorder) Sub(string) Walker { return r }

package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
)

// Hash is the SHA-256 of s: of every entry's kind, name, length and value, in walk order. Each
// entry delimits itself, so that no two different states are hashed from the same bytes.
func Hash(s Stateful) (sum [32]byte, err error) {
	h := hasher{root: &digest{Hash: sha256.New()}}
	if err := s.State(h); err != nil {
		return sum, fmt.Errorf("hash state: %w", err)
	}
	h.root.Sum(sum[:0])
	return sum, nil
}

// digest is what all walkers of one hash write to.
type digest struct {
	hash.Hash
	buf []byte
}

// hasher is the Walker behind Hash.
type hasher struct {
	prefix string
	root   *digest
}

// header writes what precedes an entry's value: kind, length of the name, name, length of the value.
func (h hasher) header(kind Kind, name string, length int) {
	b := append(h.root.buf[:0], byte(kind))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(h.prefix)+len(name)))
	b = append(append(b, h.prefix...), name...)
	b = binary.LittleEndian.AppendUint64(b, uint64(length))
	h.write(b)
}

func (h hasher) write(b []byte) {
	h.root.Write(b) // a hash never returns an error
	h.root.buf = b
}

func (h hasher) Floats(name string, x []float32) {
	h.header(KindFloats, name, len(x))
	for len(x) > 0 {
		part := x[:min(len(x), 1024)]
		x = x[len(part):]
		b := h.root.buf[:0]
		for _, v := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.write(b)
	}
}

func (h hasher) Uint64(name string, x *uint64) {
	h.header(KindUint64, name, 8)
	h.write(binary.LittleEndian.AppendUint64(h.root.buf[:0], *x))
}

func (h hasher) Float64(name string, x *float64) {
	h.header(KindFloat64, name, 8)
	h.write(binary.LittleEndian.AppendUint64(h.root.buf[:0], math.Float64bits(*x)))
}

func (h hasher) Bytes(name string, x *[]byte) {
	h.header(KindBytes, name, len(*x))
	h.root.Write(*x)
}

func (h hasher) Sub(name string) Walker {
	return hasher{prefix: h.prefix + name + "/", root: h.root}
}

// Diff lists how b differs from a, one line per entry, in a's order; none: the states are equal bit
// for bit, and visited in the same order.
func Diff(a, b Stateful) ([]string, error) {
	ta, err := Save(a)
	if err != nil {
		return nil, err
	}
	tb, err := Save(b)
	if err != nil {
		return nil, err
	}
	index := make(map[string]int, len(tb))
	for i := range tb {
		index[tb[i].Name] = i
	}
	var lines []string
	last := -1 // index in b of the latest common entry
	for i := range ta {
		j, ok := index[ta[i].Name]
		if !ok {
			lines = append(lines, fmt.Sprintf("%s: only in the first", ta[i].Name))
			continue
		}
		delete(index, ta[i].Name)
		if j < last {
			lines = append(lines, fmt.Sprintf("%s: visited in another order", ta[i].Name))
		}
		last = max(last, j)
		if d := difference(&ta[i], &tb[j]); d != "" {
			lines = append(lines, ta[i].Name+": "+d)
		}
	}
	for i := range tb {
		if _, left := index[tb[i].Name]; left {
			lines = append(lines, fmt.Sprintf("%s: only in the second", tb[i].Name))
		}
	}
	return lines, nil
}

// difference says how two entries of one name differ; empty: not at all.
func difference(a, b *Entry) string {
	switch {
	case a.Kind != b.Kind:
		return fmt.Sprintf("%v, %v", a.Kind, b.Kind)
	case a.Kind == KindUint64 && a.Uint64 != b.Uint64:
		return fmt.Sprintf("%d, %d", a.Uint64, b.Uint64)
	case a.Kind == KindFloat64 && math.Float64bits(a.Float64) != math.Float64bits(b.Float64):
		return fmt.Sprintf("%v, %v", a.Float64, b.Float64)
	case len(a.Floats) != len(b.Floats) || len(a.Bytes) != len(b.Bytes):
		return fmt.Sprintf("%d %v, %d", len(a.Floats)+len(a.Bytes), a.Kind, len(b.Floats)+len(b.Bytes))
	case a.Kind == KindBytes && !bytes.Equal(a.Bytes, b.Bytes):
		i := 0
		for a.Bytes[i] == b.Bytes[i] {
			i++
		}
		return fmt.Sprintf("byte %d of %d: %#02x, %#02x", i, len(a.Bytes), a.Bytes[i], b.Bytes[i])
	}
	first, count := -1, 0
	for i := range a.Floats {
		if math.Float32bits(a.Floats[i]) != math.Float32bits(b.Floats[i]) {
			if first < 0 {
				first = i
			}
			count++
		}
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d floats, first at %d: %v, %v", count, len(a.Floats), first, a.Floats[first], b.Floats[first])
}

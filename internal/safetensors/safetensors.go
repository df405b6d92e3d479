// Package safetensors knows the layout of safetensors files: the header's length as 8 bytes, the header
// in JSON, the data of named arrays in little-endian order. The data itself is the business of whoever
// reads or writes it, so that no file need fit the memory.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// maxHeader is the longest header that the format allows.
const maxHeader = 100_000_000

// metadataKey is the header's one key that is not a tensor.
const metadataKey = "__metadata__"

// DType is an element type by its name in the file.
type DType string

// The element types that covey needs, of those that the format has.
const (
	F32 DType = "F32"
	F64 DType = "F64"
	U64 DType = "U64"
	U8  DType = "U8"
)

// Size is the element's size in bytes; 0: not one of ours.
func (d DType) Size() int64 {
	switch d {
	case F64, U64:
		return 8
	case F32:
		return 4
	case U8:
		return 1
	}
	return 0
}

// Tensor is a named array in a file.
type Tensor struct {
	Name   string
	DType  DType
	Shape  []int // empty: a single number
	Offset int64 // from the end of the header
}

// Bytes is the size of the tensor's data.
func (t *Tensor) Bytes() (int64, error) {
	n := t.DType.Size()
	if n == 0 {
		return 0, fmt.Errorf("element type %q is none of F32, F64, U64, U8", t.DType)
	}
	for _, d := range t.Shape {
		if d < 0 || d > 0 && n > math.MaxInt64/int64(d) {
			return 0, fmt.Errorf("shape %v is impossible", t.Shape)
		}
		n *= int64(d)
	}
	return n, nil
}

// Header is what stands before the data.
type Header struct {
	Metadata map[string]string
	Tensors  []Tensor // in the order of their data
	Data     int64    // where the data starts in the file
}

// entry is a tensor in the header's JSON.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // from the end of the header
}

// Layout gives each tensor its place and returns the bytes that stand before the data. Wide elements stand
// first, so that all are aligned; tensors of one width keep their order. What the tensors say of their
// offsets is not read.
func Layout(tensors []Tensor, metadata map[string]string) (*Header, []byte, error) {
	h := &Header{Metadata: metadata, Tensors: slices.Clone(tensors)}
	slices.SortStableFunc(h.Tensors, func(a, b Tensor) int { return int(b.DType.Size() - a.DType.Size()) })
	b := make([]byte, 8, 1024)
	b = append(b, '{')
	if len(metadata) > 0 {
		m, err := json.Marshal(metadata)
		if err != nil {
			return nil, nil, err
		}
		b = append(append(b, `"`+metadataKey+`":`...), m...)
	}
	offset := int64(0)
	names := make(map[string]bool, len(tensors))
	for i := range h.Tensors {
		t := &h.Tensors[i]
		n, err := t.Bytes()
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if names[t.Name] || t.Name == metadataKey || !utf8.ValidString(t.Name) {
			return nil, nil, fmt.Errorf("tensor cannot be called %q", t.Name)
		}
		names[t.Name] = true
		t.Offset, offset = offset, offset+n
		if len(b) > 9 {
			b = append(b, ',')
		}
		if b, err = appendEntry(b, t, offset); err != nil {
			return nil, nil, err
		}
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	h.Data = int64(len(b))
	return h, b, nil
}

func appendEntry(b []byte, t *Tensor, end int64) ([]byte, error) {
	key, err := json.Marshal(t.Name)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(entry{DType: t.DType, Shape: append([]int{}, t.Shape...), Offsets: [2]int64{t.Offset, end}})
	return append(append(append(b, key...), ':'), value...), err
}

// Read reads the header of a file of the given size and proves the layout sound: the data is covered without
// gap or overlap, and each tensor aligned to its element.
func Read(file io.ReaderAt, size int64) (*Header, error) {
	head, err := readHead(file, size)
	if err != nil {
		return nil, err
	}
	entries, err := members(head)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	h := &Header{Data: 8 + int64(len(head))}
	data := size - h.Data
	ends := make(map[string]int64, len(entries))
	for _, e := range entries {
		if e.key == metadataKey {
			if err := json.Unmarshal(e.value, &h.Metadata); err != nil {
				return nil, fmt.Errorf("header: %s: %w", metadataKey, err)
			}
			continue
		}
		t, end, err := parseTensor(e, data)
		if err != nil {
			return nil, err
		}
		h.Tensors, ends[t.Name] = append(h.Tensors, t), end
	}
	// An empty tensor lies before the one that starts where it does.
	slices.SortStableFunc(h.Tensors, func(a, b Tensor) int {
		if a.Offset != b.Offset {
			return int(min(max(a.Offset-b.Offset, -1), 1))
		}
		return int(min(max(ends[a.Name]-ends[b.Name], -1), 1))
	})
	last := int64(0)
	for _, t := range h.Tensors {
		if t.Offset != last {
			return nil, fmt.Errorf("tensor %q starts at %d, the one before it ends at %d", t.Name, t.Offset, last)
		}
		last = ends[t.Name]
	}
	if last != data {
		return nil, fmt.Errorf("%d data bytes belong to no tensor", data-last)
	}
	return h, nil
}

// readHead returns the header's JSON.
func readHead(file io.ReaderAt, size int64) ([]byte, error) {
	if size < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header", size)
	}
	var length [8]byte
	if _, err := file.ReadAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || n > uint64(size-8) {
		return nil, fmt.Errorf("header of %d bytes in a file of %d", n, size)
	}
	if n%8 != 0 {
		return nil, fmt.Errorf("header of %d bytes leaves the data unaligned", n)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(file, 8, int64(n)), head); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if !utf8.Valid(head) {
		return nil, errors.New("header is not UTF-8")
	}
	return head, nil
}

// parseTensor reads a tensor's entry in a header before so many bytes of data.
func parseTensor(m member, data int64) (t Tensor, end int64, err error) {
	e, err := parseEntry(m.value)
	if err != nil {
		return t, 0, fmt.Errorf("tensor %q: %w", m.key, err)
	}
	t = Tensor{Name: m.key, DType: e.DType, Shape: e.Shape, Offset: e.Offsets[0]}
	from, end := e.Offsets[0], e.Offsets[1]
	size, err := t.Bytes()
	switch {
	case err != nil:
		return t, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
	case from < 0 || from > end || end > data:
		return t, 0, fmt.Errorf("tensor %q lies at %d to %d of %d data bytes", t.Name, from, end, data)
	case end-from != size:
		return t, 0, fmt.Errorf("tensor %q has %d bytes, %s%v wants %d", t.Name, end-from, t.DType, t.Shape, size)
	case from%t.DType.Size() != 0:
		return t, 0, fmt.Errorf("tensor %q of %s is unaligned at %d", t.Name, t.DType, from)
	}
	return t, end, nil
}

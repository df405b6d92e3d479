package checkpoint

import (
	"bytes"
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

// dtype is an element type by its name in the file.
type dtype string

// The element types that state entries need, of those that the format has.
const (
	f32 dtype = "F32"
	f64 dtype = "F64"
	u64 dtype = "U64"
	u8  dtype = "U8"
)

// size is the element's size in bytes; 0: not one of ours.
func (d dtype) size() int {
	switch d {
	case f64, u64:
		return 8
	case f32:
		return 4
	case u8:
		return 1
	}
	return 0
}

// tensor is a named array in little-endian bytes.
type tensor struct {
	name  string
	dtype dtype
	shape []int // empty: a single number
	data  []byte
}

// header is a tensor's entry in the file's header.
type header struct {
	DType   dtype  `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"` // from the end of the header
}

// byteSize is the number of bytes that the shape and type ask for.
func (h header) byteSize() (int, error) {
	n := h.DType.size()
	if n == 0 {
		return 0, fmt.Errorf("element type %q is none of F32, F64, U64, U8", h.DType)
	}
	for _, d := range h.Shape {
		if d < 0 || d > 0 && n > math.MaxInt/d {
			return 0, fmt.Errorf("shape %v is impossible", h.Shape)
		}
		n *= d
	}
	return n, nil
}

// encode writes tensors as a safetensors file: the header's length as 8 bytes, the header in JSON
// padded to a multiple of 8, the data. Wide elements stand first, so that all are aligned; tensors
// of one width keep their order.
func encode(w io.Writer, tensors []tensor, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortStableFunc(tensors, func(a, b tensor) int { return b.dtype.size() - a.dtype.size() })
	head, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(head))); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.data); err != nil {
			return err
		}
	}
	return nil
}

func encodeHeader(tensors []tensor, metadata map[string]string) ([]byte, error) {
	b := []byte{'{'}
	if len(metadata) > 0 {
		m, err := json.Marshal(metadata)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `"`+metadataKey+`":`...), m...)
	}
	offset := 0
	names := make(map[string]bool, len(tensors))
	for _, t := range tensors {
		h := header{DType: t.dtype, Shape: append([]int{}, t.shape...), Offsets: [2]int{offset, offset + len(t.data)}}
		if n, err := h.byteSize(); err != nil || n != len(t.data) {
			panic(fmt.Sprintf("checkpoint: tensor %q: %d bytes for %s%v", t.name, len(t.data), t.dtype, t.shape))
		}
		if names[t.name] || t.name == metadataKey || !utf8.ValidString(t.name) {
			return nil, fmt.Errorf("tensor cannot be called %q", t.name)
		}
		names[t.name] = true
		offset = h.Offsets[1]
		key, err := json.Marshal(t.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	return b, nil
}

// decode reads a safetensors file. The tensors stand in the order of their data, which is shared
// with file. The data must be covered without gap or overlap, and each tensor aligned to its element.
func decode(file []byte) ([]tensor, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader || n > uint64(len(file)-8) {
		return nil, fmt.Errorf("header of %d bytes in a file of %d", n, len(file))
	}
	if n%8 != 0 {
		return nil, fmt.Errorf("header of %d bytes leaves the data unaligned", n)
	}
	head, data := file[8:8+n], file[8+n:]
	if !utf8.Valid(head) {
		return nil, errors.New("header is not UTF-8")
	}
	entries, err := members(head)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	type placed struct {
		tensor
		from, to int
	}
	var all []placed
	for _, e := range entries {
		if e.key == metadataKey {
			if err := json.Unmarshal(e.value, new(map[string]string)); err != nil {
				return nil, fmt.Errorf("header: %s: %w", metadataKey, err)
			}
			continue
		}
		h, err := parseHeader(e.value)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.key, err)
		}
		from, to := h.Offsets[0], h.Offsets[1]
		size, err := h.byteSize()
		switch {
		case err != nil:
			return nil, fmt.Errorf("tensor %q: %w", e.key, err)
		case from < 0 || from > to || to > len(data):
			return nil, fmt.Errorf("tensor %q lies at %d to %d of %d data bytes", e.key, from, to, len(data))
		case to-from != size:
			return nil, fmt.Errorf("tensor %q has %d bytes, %s%v wants %d", e.key, to-from, h.DType, h.Shape, size)
		case from%h.DType.size() != 0:
			return nil, fmt.Errorf("tensor %q of %s is unaligned at %d", e.key, h.DType, from)
		}
		all = append(all, placed{tensor{e.key, h.DType, h.Shape, data[from:to:to]}, from, to})
	}
	// An empty tensor lies before the one that starts where it does.
	slices.SortStableFunc(all, func(a, b placed) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return a.to - b.to
	})
	tensors := make([]tensor, len(all))
	end := 0
	for i, p := range all {
		if p.from != end {
			return nil, fmt.Errorf("tensor %q starts at %d, the one before it ends at %d", p.name, p.from, end)
		}
		tensors[i], end = p.tensor, p.to
	}
	if end != len(data) {
		return nil, fmt.Errorf("%d data bytes belong to no tensor", len(data)-end)
	}
	return tensors, nil
}

// parseHeader reads a tensor's entry, which must have its three members and no others.
func parseHeader(raw []byte) (h header, err error) {
	fields, err := members(raw)
	if err != nil {
		return h, err
	}
	if len(fields) != 3 {
		return h, fmt.Errorf("%d members, want dtype, shape and data_offsets", len(fields))
	}
	var offsets []int
	for _, f := range fields {
		switch f.key {
		case "dtype":
			err = json.Unmarshal(f.value, &h.DType)
		case "shape":
			err = json.Unmarshal(f.value, &h.Shape)
		case "data_offsets":
			err = json.Unmarshal(f.value, &offsets)
		default:
			err = fmt.Errorf("unknown member %q", f.key)
		}
		if err != nil {
			return h, err
		}
	}
	if h.Shape == nil || len(offsets) != 2 {
		return h, errors.New("shape and two data_offsets are wanted")
	}
	copy(h.Offsets[:], offsets)
	return h, nil
}

type member struct {
	key   string
	value json.RawMessage
}

// members splits a JSON object, of which nothing but white space may follow, and refuses duplicate keys.
func members(raw []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var list []member
	seen := make(map[string]bool)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{key: key.(string)} // the decoder takes nothing else for a key
		if seen[m.key] {
			return nil, fmt.Errorf("%q stands twice", m.key)
		}
		seen[m.key] = true
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if rest := bytes.TrimLeft(raw[dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow the JSON object", len(rest))
	}
	return list, nil
}

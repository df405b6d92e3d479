package safetensors

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

// file makes a safetensors file of a header and data as they are.
func file(head string, data ...byte) []byte {
	for len(head)%8 != 0 {
		head += " "
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(b, head...), data...)
}

func read(b []byte) (*Header, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func samples() []Tensor {
	return []Tensor{
		{Name: "rng", DType: U8, Shape: []int{3}},
		{Name: "nothing", DType: U8, Shape: []int{0}},
		{Name: "net/weights \"é\"", DType: F32, Shape: []int{1, 2}},
		{Name: "count", DType: U64, Shape: []int{}},
	}
}

func TestLayoutIsRead(t *testing.T) {
	metadata := map[string]string{"format": "covey"}
	h, head, err := Layout(samples(), metadata)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(append(head, make([]byte, 8+8+3)...))
	if err != nil {
		t.Fatal(err)
	}
	s := samples()
	want := &Header{Metadata: metadata, Tensors: []Tensor{s[3], s[2], s[0], s[1]}, Data: int64(len(head))} // wide elements first
	for i, offset := range []int64{0, 8, 16, 19} {
		want.Tensors[i].Offset = offset
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("laid out %v, want %v", h, want)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func TestLayoutRefuses(t *testing.T) {
	x := Tensor{Name: "x", DType: U8, Shape: []int{1}}
	for _, list := range [][]Tensor{
		{x, x}, {{Name: "__metadata__", DType: U8, Shape: []int{0}}}, {{Name: "\xff", DType: U8, Shape: []int{0}}},
		{{Name: "y", DType: "BF16"}}, {{Name: "z", DType: U8, Shape: []int{-1}}},
	} {
		if _, _, err := Layout(list, nil); err == nil {
			t.Errorf("%v was laid out", list)
		}
	}
}

func TestReadNamesTheDefect(t *testing.T) {
	two := func(first, second string) []byte {
		return file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":`+first+`},"b":{"dtype":"U8","shape":[2],"data_offsets":`+second+`}}`, 1, 2, 3, 4)
	}
	one := func(value string) []byte { return file(`{"a":`+value+`}`, 1, 2, 3, 4) }
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes are too few"},
		{"header beyond the file", binary.LittleEndian.AppendUint64(nil, 1), "header of 1 bytes in a file of 8"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, 1<<63), "header of 9223372036854775808 bytes"},
		{"unaligned header", append(binary.LittleEndian.AppendUint64(nil, 2), "{}"...), "leaves the data unaligned"},
		{"not JSON", file("hello"), "not a JSON object"},
		{"JSON cut off", file(`{"a":{"dtype":"U8"`), "header: unexpected EOF"},
		{"not UTF-8", file("{\"\xff\":1}"), "not UTF-8"},
		{"more than an object", file(`{}{}`), "follow the JSON object"},
		{"duplicate name", file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), `"a" stands twice`},
		{"duplicate member", one(`{"dtype":"U8","dtype":"U8","data_offsets":[0,4]}`), `"dtype" stands twice`},
		{"unknown member", one(`{"dtype":"U8","shape":[4],"offset":[0,4]}`), `unknown member "offset"`},
		{"missing member", one(`{"dtype":"U8","data_offsets":[0,4]}`), "2 members"},
		{"null shape", one(`{"dtype":"U8","shape":null,"data_offsets":[0,4]}`), "shape and two data_offsets"},
		{"three offsets", one(`{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}`), "shape and two data_offsets"},
		{"unknown type", one(`{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}`), `element type "BF16"`},
		{"negative dimension", one(`{"dtype":"U8","shape":[-2,-2],"data_offsets":[0,4]}`), "shape [-2 -2] is impossible"},
		{"overflowing shape", one(`{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}`), "is impossible"},
		{"size", one(`{"dtype":"U8","shape":[3],"data_offsets":[0,4]}`), "has 4 bytes, U8[3] wants 3"},
		{"beyond the data", one(`{"dtype":"U8","shape":[5],"data_offsets":[0,5]}`), "lies at 0 to 5 of 4"},
		{"backwards", one(`{"dtype":"U8","shape":[1],"data_offsets":[3,2]}`), "lies at 3 to 2"},
		{"negative offset", one(`{"dtype":"U8","shape":[4],"data_offsets":[-2,2]}`), "lies at -2 to 2"},
		{"fractional offset", one(`{"dtype":"U8","shape":[4],"data_offsets":[0,4.5]}`), "cannot unmarshal"},
		{"unaligned", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 1, 2, 3, 4, 5, 6), `"b" of F32 is unaligned at 2`},
		{"overlap", two("[0,2]", "[1,3]"), `"b" starts at 1, the one before it ends at 2`},
		{"the same place", two("[0,2]", "[0,2]"), `"b" starts at 0, the one before it ends at 2`},
		{"gap at the start", one(`{"dtype":"U8","shape":[3],"data_offsets":[1,4]}`), `"a" starts at 1`},
		{"gap at the end", one(`{"dtype":"U8","shape":[3],"data_offsets":[0,3]}`), "1 data bytes belong to no tensor"},
		{"metadata of numbers", file(`{"__metadata__":{"a":1}}`), "__metadata__"},
	}
	if _, err := read(two("[0,2]", "[2,4]")); err != nil {
		t.Fatalf("the whole file behind these defects: %v", err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// FuzzRead: whatever Read accepts covers its data exactly, and is laid out and read again as it was.
func FuzzRead(f *testing.F) {
	_, head, err := Layout(samples(), map[string]string{"a": "b"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(head, make([]byte, 8+8+3)...))
	f.Add(file(`{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}`, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(file(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := read(raw)
		if err != nil {
			return
		}
		total := int64(0)
		for _, x := range h.Tensors {
			n, err := x.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		if total != int64(len(raw))-h.Data {
			t.Fatalf("tensors of %d bytes in data of %d", total, int64(len(raw))-h.Data)
		}
		again, head, err := Layout(h.Tensors, h.Metadata)
		if err != nil {
			t.Fatalf("what was read is not laid out: %v", err)
		}
		back, err := read(append(head, raw[h.Data:]...))
		if err != nil {
			t.Fatalf("what was laid out is not read: %v", err)
		}
		if len(back.Tensors) != len(again.Tensors) || len(back.Tensors) > 0 && !reflect.DeepEqual(back.Tensors, again.Tensors) {
			t.Fatalf("%v became %v", again.Tensors, back.Tensors)
		}
	})
}

package checkpoint

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

func samples() []tensor {
	return []tensor{
		{name: "rng", dtype: u8, shape: []int{3}, data: []byte{1, 2, 3}},
		{name: "nothing", dtype: u8, shape: []int{0}, data: []byte{}},
		{name: "net/weights \"é\"", dtype: f32, shape: []int{1, 2}, data: []byte{0, 0, 128, 63, 0, 0, 0, 64}},
		{name: "count", dtype: u64, shape: []int{}, data: []byte{7, 0, 0, 0, 0, 0, 0, 0}},
	}
}

func TestEncodedIsDecoded(t *testing.T) {
	var b bytes.Buffer
	if err := encode(&b, samples(), map[string]string{"format": "covey"}); err != nil {
		t.Fatal(err)
	}
	got, err := decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s := samples()
	want := []tensor{s[3], s[2], s[0], s[1]} // wide elements first
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEncodeRefusesNames(t *testing.T) {
	x := tensor{name: "x", dtype: u8, shape: []int{1}, data: []byte{1}}
	for _, list := range [][]tensor{{x, x}, {{name: "__metadata__", dtype: u8, shape: []int{0}}}, {{name: "\xff", dtype: u8, shape: []int{0}}}} {
		if err := encode(new(bytes.Buffer), list, nil); err == nil {
			t.Errorf("tensors called %q were written", list[0].name)
		}
	}
}

func TestDecodeNamesTheDefect(t *testing.T) {
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
	if _, err := decode(two("[0,2]", "[2,4]")); err != nil {
		t.Fatalf("the whole file behind these defects: %v", err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// FuzzDecode: whatever decode accepts covers its data exactly, and is written and read again as it was.
func FuzzDecode(f *testing.F) {
	var b bytes.Buffer
	if err := encode(&b, samples(), map[string]string{"a": "b"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(`{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}`, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(file(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tensors, err := decode(raw)
		if err != nil {
			return
		}
		total := 0
		for _, x := range tensors {
			total += len(x.data)
		}
		if want := len(raw) - 8 - int(binary.LittleEndian.Uint64(raw)); total != want {
			t.Fatalf("tensors of %d bytes in data of %d", total, want)
		}
		var again bytes.Buffer
		if err := encode(&again, tensors, nil); err != nil {
			t.Fatalf("what was read is not written: %v", err)
		}
		back, err := decode(again.Bytes())
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		byName := make(map[string]tensor)
		for _, x := range tensors {
			byName[x.name] = x
		}
		for _, x := range back {
			if !reflect.DeepEqual(x, byName[x.name]) {
				t.Fatalf("%v became %v", byName[x.name], x)
			}
		}
	})
}

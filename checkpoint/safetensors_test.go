package checkpoint

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"covey/internal/safetensors"
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
		{name: "rng", dtype: safetensors.U8, shape: []int{3}, data: []byte{1, 2, 3}},
		{name: "nothing", dtype: safetensors.U8, shape: []int{0}, data: []byte{}},
		{name: "net/weights \"é\"", dtype: safetensors.F32, shape: []int{1, 2}, data: []byte{0, 0, 128, 63, 0, 0, 0, 64}},
		{name: "count", dtype: safetensors.U64, shape: []int{}, data: []byte{7, 0, 0, 0, 0, 0, 0, 0}},
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

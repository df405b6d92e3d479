package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"covey/internal/safetensors"
	"covey/state"
)

// Shapes are the shapes of float entries by name; an entry without one is stored as a vector.
type Shapes map[string][]int

// toTensor turns an entry into the tensor that stores it.
func toTensor(e *state.Entry, shapes Shapes) (tensor, error) {
	t := tensor{name: e.Name}
	switch e.Kind {
	case state.KindFloats:
		t.dtype, t.shape = safetensors.F32, []int{len(e.Floats)}
		if s, ok := shapes[e.Name]; ok {
			t.shape = s
		}
		t.data = make([]byte, 0, 4*len(e.Floats))
		for _, x := range e.Floats {
			t.data = binary.LittleEndian.AppendUint32(t.data, math.Float32bits(x))
		}
		if n, err := (&safetensors.Tensor{DType: t.dtype, Shape: t.shape}).Bytes(); err != nil || n != int64(len(t.data)) {
			return t, fmt.Errorf("entry %q: shape %v for %d floats", e.Name, t.shape, len(e.Floats))
		}
	case state.KindUint64:
		t.dtype, t.data = safetensors.U64, binary.LittleEndian.AppendUint64(nil, e.Uint64)
	case state.KindFloat64:
		t.dtype, t.data = safetensors.F64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(e.Float64))
	case state.KindBytes:
		t.dtype, t.shape, t.data = safetensors.U8, []int{len(e.Bytes)}, e.Bytes
	default:
		return t, fmt.Errorf("entry %q has unknown %v", e.Name, e.Kind)
	}
	return t, nil
}

// toEntry is the inverse of toTensor.
func toEntry(t tensor) (state.Entry, error) {
	e := state.Entry{Name: t.name}
	single := len(t.shape) == 0
	switch {
	case t.dtype == safetensors.F32:
		e.Kind, e.Floats = state.KindFloats, make([]float32, len(t.data)/4)
		for i := range e.Floats {
			e.Floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[4*i:]))
		}
	case t.dtype == safetensors.U64 && single:
		e.Kind, e.Uint64 = state.KindUint64, binary.LittleEndian.Uint64(t.data)
	case t.dtype == safetensors.F64 && single:
		e.Kind, e.Float64 = state.KindFloat64, math.Float64frombits(binary.LittleEndian.Uint64(t.data))
	case t.dtype == safetensors.U8 && len(t.shape) == 1:
		e.Kind, e.Bytes = state.KindBytes, slices.Clone(t.data)
	default:
		return e, fmt.Errorf("tensor %q: no entry is stored as %s%v", t.name, t.dtype, t.shape)
	}
	return e, nil
}

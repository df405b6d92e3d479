package checkpoint

import (
	"bytes"
	"fmt"
	"io"

	"covey/internal/safetensors"
)

// tensor is a named array in little-endian bytes.
type tensor struct {
	name  string
	dtype safetensors.DType
	shape []int // empty: a single number
	data  []byte
}

// encode writes tensors as a safetensors file, in the order that safetensors.Layout gives them.
func encode(w io.Writer, tensors []tensor, metadata map[string]string) error {
	list, data := make([]safetensors.Tensor, len(tensors)), make(map[string][]byte, len(tensors))
	for i, t := range tensors {
		list[i] = safetensors.Tensor{Name: t.name, DType: t.dtype, Shape: t.shape}
		if n, err := list[i].Bytes(); err != nil || n != int64(len(t.data)) {
			panic(fmt.Sprintf("checkpoint: tensor %q: %d bytes for %s%v", t.name, len(t.data), t.dtype, t.shape))
		}
		data[t.name] = t.data
	}
	h, head, err := safetensors.Layout(list, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, t := range h.Tensors {
		if _, err := w.Write(data[t.Name]); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a safetensors file. The tensors stand in the order of their data, which is shared
// with file.
func decode(file []byte) ([]tensor, error) {
	h, err := safetensors.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	tensors := make([]tensor, len(h.Tensors))
	for i, t := range h.Tensors {
		n, err := t.Bytes()
		if err != nil {
			return nil, err
		}
		from := h.Data + t.Offset
		tensors[i] = tensor{t.Name, t.DType, t.Shape, file[from : from+n : from+n]}
	}
	return tensors, nil
}

package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// parseEntry reads a tensor's entry, which must have its three members and no others.
func parseEntry(raw []byte) (e entry, err error) {
	fields, err := members(raw)
	if err != nil {
		return e, err
	}
	if len(fields) != 3 {
		return e, fmt.Errorf("%d members, want dtype, shape and data_offsets", len(fields))
	}
	var offsets []int64
	for _, f := range fields {
		switch f.key {
		case "dtype":
			err = json.Unmarshal(f.value, &e.DType)
		case "shape":
			err = json.Unmarshal(f.value, &e.Shape)
		case "data_offsets":
			err = json.Unmarshal(f.value, &offsets)
		default:
			err = fmt.Errorf("unknown member %q", f.key)
		}
		if err != nil {
			return e, err
		}
	}
	if e.Shape == nil || len(offsets) != 2 {
		return e, errors.New("shape and two data_offsets are wanted")
	}
	copy(e.Offsets[:], offsets)
	return e, nil
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

package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// A manifest's last member is the hash of all bytes before it.
const (
	checksumStart = ",\n  \"checksum\": \""
	checksumEnd   = "\"\n}\n"
)

// encode writes the manifest with its checksum.
func (m *Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	body := text[:len(text)-len("\n}")]
	sum := sha256.Sum256(body)
	return append(append(append(body, checksumStart...), hex.EncodeToString(sum[:])...), checksumEnd...), nil
}

// newerError is the refusal of a checkpoint that is not damaged: this program is too old for it.
type newerError struct{ schema int }

func (e newerError) Error() string {
	return fmt.Sprintf("schema %d, this version of covey reads up to %d: use the newer one that wrote it", e.schema, Schema)
}

// parseManifest reads a manifest of any schema up to this package's, and brings it to the latest one.
// It returns the schema that it was written in.
func parseManifest(raw []byte) (*Manifest, int, error) {
	// First of all: a single wrong bit could make it a newer schema, and a damaged checkpoint is passed over
	// where a newer one is refused.
	body, hasChecksum, err := splitChecksum(raw)
	if err != nil {
		return nil, 0, err
	}
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(raw, &version); err != nil {
		if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
			return nil, 0, errors.New("not a manifest of covey")
		}
		return nil, 0, fmt.Errorf("broken JSON: %w", err)
	}
	if version.Schema == nil {
		return nil, 0, errors.New("names no schema: not a manifest of covey")
	}
	var m *Manifest
	switch schema := *version.Schema; {
	case schema > Schema:
		err = newerError{schema}
	case schema == 2:
		m, err = parse2(body, hasChecksum)
	case schema == 1:
		m, err = migrate1to2(raw)
	default:
		err = fmt.Errorf("schema %d: not a manifest of covey", schema)
	}
	return m, *version.Schema, err
}

// splitChecksum cuts off a manifest's checksum, if it has one, and compares it with the text.
func splitChecksum(raw []byte) (body []byte, has bool, err error) {
	at := bytes.LastIndex(raw, []byte(checksumStart))
	if at < 0 {
		return raw, false, nil
	}
	sum := sha256.Sum256(raw[:at])
	if string(raw[at:]) != checksumStart+hex.EncodeToString(sum[:])+checksumEnd {
		return nil, true, errors.New("damaged: its checksum is not that of its text")
	}
	return raw[:at:at], true, nil
}

// parse2 reads a manifest of schema 2 without its checksum.
func parse2(body []byte, hadChecksum bool) (*Manifest, error) {
	if !hadChecksum {
		return nil, errors.New("damaged: it does not end with its checksum")
	}
	m := new(Manifest)
	return m, decodeStrictly(append(body, "\n}"...), m)
}

// migrate1to2 reads a manifest of schema 1, which had no checksum. Such a checkpoint is a policy alone.
func migrate1to2(raw []byte) (*Manifest, error) {
	var old struct {
		Schema      int             `json:"schema"`
		SHA256      string          `json:"sha256"`
		Files       map[string]File `json:"files"`
		Tensors     []Tensor        `json:"tensors"`
		Covey       string          `json:"covey"`
		Env         string          `json:"env"`
		Algo        string          `json:"algo"`
		Observation Space           `json:"observation_space"`
		Action      Space           `json:"action_space"`
		Network     Network         `json:"network"`
		Kernel      string          `json:"kernel"`
		Counters    Counters        `json:"counters"`
		Config      string          `json:"config"`
	}
	if err := decodeStrictly(raw, &old); err != nil {
		return nil, err
	}
	return &Manifest{
		Schema: Schema, SHA256: old.SHA256, Files: old.Files, Tensors: old.Tensors, Covey: old.Covey, Env: old.Env, Algo: old.Algo,
		Observation: old.Observation, Action: old.Action, Network: old.Network, Kernel: old.Kernel, Counters: old.Counters, Config: old.Config,
	}, nil
}

// decodeStrictly reads a JSON text that is one object with none but known members.
func decodeStrictly(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if rest := bytes.TrimLeft(raw[dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fmt.Errorf("%d bytes follow the JSON object", len(rest))
	}
	return nil
}

// Package transitions keeps what agents lived through in files, to learn from it later. A [Recorder] watches
// environments and writes such a file, a [File] reads one, step after step; neither holds more than a few
// kilobytes of it in memory.
//
// A file is a safetensors file, which Python reads too. Its rows are steps: those of an episode
// stand one after another, in order, and the episodes too. Of N steps in E episodes it has
//
//	observations        float32 or uint8 [N, …]  what the step was taken in
//	actions             float32 [N, …]           as the environment took them; a discrete one is its index
//	rewards             float32 [N]              raw
//	terminated          uint8 [N]                1: nothing follows
//	truncated           uint8 [N]                1: the episode was cut off
//	starts              uint8 [N]                1: the step begins an episode
//	final_observations  like observations [E, …] the last one of each episode
//
// so that the observation after a step is the next row's, or that episode's final one where it is terminated or
// truncated, as the last step of every episode is. The dots stand for the shape of a box; a discrete space has
// none, and others have one dimension. Among the metadata are format and version, and as JSON
// in the form of a checkpoint's manifest observation_space and action_space.
package transitions

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"covey/checkpoint"
	"covey/env"
	"covey/internal/safetensors"
)

// What the metadata say of a file.
const (
	format  = "covey.transitions"
	version = "1"

	keyFormat, keyVersion = "format", "version"
	keyEnv                = "env" // the environment's ID
	keyObservation        = "observation_space"
	keyAction             = "action_space"
)

// column is one of a file's tensors.
type column int

const (
	observations column = iota
	actions
	rewards
	terminated
	truncated
	starts
	finals
	columns // their number
)

var names = [columns]string{"observations", "actions", "rewards", "terminated", "truncated", "starts", "final_observations"}

// layout is how the steps of an environment stand in a file.
type layout struct {
	observation, action checkpoint.Space
	steps, episodes     int
}

// tensor describes a column.
func (l *layout) tensor(c column) safetensors.Tensor {
	t := safetensors.Tensor{Name: names[c], DType: safetensors.U8, Shape: []int{l.steps}}
	switch c {
	case observations, finals:
		if c == finals {
			t.Shape[0] = l.episodes
		}
		t.Shape = append(t.Shape, dimensions(l.observation)...)
		if !l.observation.Bytes {
			t.DType = safetensors.F32
		}
	case actions:
		t.DType, t.Shape = safetensors.F32, append(t.Shape, dimensions(l.action)...)
	case rewards:
		t.DType = safetensors.F32
	}
	return t
}

// dimensions is the shape of a value of a space.
func dimensions(s checkpoint.Space) []int {
	switch {
	case s.Kind == env.Box.String():
		return s.Shape
	case s.Kind == env.Discrete.String():
		return nil
	case s.Kind == env.MultiBinary.String():
		return s.N
	}
	return []int{len(s.N)}
}

// width is the number of bytes of a row.
func width(t *safetensors.Tensor) int {
	n := int(t.DType.Size())
	for _, d := range t.Shape[1:] {
		n *= d
	}
	return n
}

// metadata adds what a file says about itself to what its maker says.
func metadata(spec *env.Spec, about map[string]string) (map[string]string, error) {
	all := map[string]string{keyFormat: format, keyVersion: version, keyEnv: spec.ID}
	for key, s := range map[string]checkpoint.Space{keyObservation: observationSpace(spec), keyAction: checkpoint.SpaceOf(spec.Action)} {
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		all[key] = string(text)
	}
	maps.Copy(all, about)
	return all, nil
}

func observationSpace(spec *env.Spec) checkpoint.Space {
	s := checkpoint.SpaceOf(spec.Observation)
	s.Stack = spec.Stack
	return s
}

// parse reads the layout that a header tells of, and proves that the tensors have it.
func parse(h *safetensors.Header) (*layout, error) {
	if h.Metadata[keyFormat] != format {
		return nil, fmt.Errorf("not a file of transitions: its metadata have no format %s", format)
	}
	if v := h.Metadata[keyVersion]; v != version {
		return nil, fmt.Errorf("version %q of the format, this version of covey reads %s", v, version)
	}
	l := new(layout)
	if err := json.Unmarshal([]byte(h.Metadata[keyObservation]), &l.observation); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", keyObservation, err)
	}
	if err := json.Unmarshal([]byte(h.Metadata[keyAction]), &l.action); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", keyAction, err)
	}
	var err error
	if l.steps, err = rows(h, rewards); err != nil {
		return nil, err
	}
	if l.episodes, err = rows(h, finals); err != nil {
		return nil, err
	}
	for c := range columns {
		have, want := find(h, names[c]), l.tensor(c)
		if have == nil {
			return nil, fmt.Errorf("tensor %q is missing", names[c])
		}
		if have.DType != want.DType || !slices.Equal(have.Shape, want.Shape) {
			return nil, fmt.Errorf("tensor %q is %s%v, want %s%v", want.Name, have.DType, have.Shape, want.DType, want.Shape)
		}
	}
	return l, nil
}

// rows is the number of a column's rows.
func rows(h *safetensors.Header, c column) (int, error) {
	t := find(h, names[c])
	if t == nil {
		return 0, fmt.Errorf("tensor %q is missing", names[c])
	}
	if len(t.Shape) == 0 || t.Shape[0] == 0 {
		return 0, fmt.Errorf("tensor %q has no rows", names[c])
	}
	return t.Shape[0], nil
}

func find(h *safetensors.Header, name string) *safetensors.Tensor {
	i := slices.IndexFunc(h.Tensors, func(t safetensors.Tensor) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &h.Tensors[i]
}

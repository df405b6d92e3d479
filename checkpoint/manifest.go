package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Schema is the version of a checkpoint's layout that this package writes. Older ones are read too.
const Schema = 2

// Manifest describes a checkpoint. Saving fills in the fields from Schema to Resumable.
type Manifest struct {
	Schema int             `json:"schema"`
	SHA256 string          `json:"sha256"` // of the policy: state.Hash, in hexadecimal
	Files  map[string]File `json:"files"`  // all but the manifest itself, by slash-separated name
	// Tensors are the policy's entries, in walk order.
	Tensors []Tensor `json:"tensors"`
	// Resumable: it holds the whole run, and not only a policy.
	Resumable bool `json:"resumable"`

	Covey       string   `json:"covey"` // version of the program
	Env         string   `json:"env"`
	Algo        string   `json:"algo"`
	Observation Space    `json:"observation_space"`
	Action      Space    `json:"action_space"`
	Network     Network  `json:"network"`
	Kernel      string   `json:"kernel"` // level of the kernels that computed it
	Counters    Counters `json:"counters"`
	Config      string   `json:"config"` // the run's configuration in YAML, as it was asked for
	// EnvironmentRestored: the state of the environments is in it, so that the episodes under way go on;
	// otherwise they start anew on resuming, and the run goes on with other bits.
	EnvironmentRestored bool `json:"environment_restored"`
	// Replanned: the run has gone on with another budget, which changed what it anneals.
	Replanned bool `json:"replanned,omitempty"`
}

// File is a file of the folder.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Tensor is a state entry and how it is stored.
type Tensor struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// Network sums up what the tensors are the parameters of.
type Network struct {
	Parameters int `json:"parameters"`
	Outputs    int `json:"outputs"` // per row
	State      int `json:"state"`   // floats of recurrent state per row

	// What no tensor tells; "": not known, or there is none.
	Activation string `json:"activation,omitempty"` // of the hidden layers
	Images     string `json:"images,omitempty"`     // how they are seen
}

// Counters say how far training had come.
type Counters struct {
	EnvSteps uint64 `json:"env_steps"`
	Updates  uint64 `json:"updates"`
	Episodes uint64 `json:"episodes"`
}

// Space is an observation or action space.
type Space struct {
	Kind  string  `json:"kind"`
	Shape []int   `json:"shape,omitempty"`
	Low   []Bound `json:"low,omitempty"` // one per element, or one for all
	High  []Bound `json:"high,omitempty"`
	N     []int   `json:"n,omitempty"`
	Start []int   `json:"start,omitempty"`
	Bytes bool    `json:"bytes,omitempty"`
	Stack int     `json:"stack,omitempty"` // frames that make one observation
}

// Equal says whether two spaces are the same.
func (s Space) Equal(o Space) bool {
	return s.Kind == o.Kind && s.Bytes == o.Bytes && max(s.Stack, 1) == max(o.Stack, 1) && slices.Equal(s.Shape, o.Shape) &&
		slices.Equal(s.Low, o.Low) && slices.Equal(s.High, o.High) && slices.Equal(s.N, o.N) && slices.Equal(s.Start, o.Start)
}

func (s Space) String() string {
	if s.Stack > 1 {
		return fmt.Sprintf("%d frames of %s", s.Stack, s.frame())
	}
	return s.frame()
}

func (s Space) frame() string {
	switch {
	case len(s.N) > 0:
		return fmt.Sprintf("%s%v", s.Kind, s.N)
	case len(s.Low) == 1 && len(s.High) == 1:
		return fmt.Sprintf("%s%v in [%v, %v]", s.Kind, s.Shape, s.Low[0], s.High[0])
	}
	return fmt.Sprintf("%s%v", s.Kind, s.Shape)
}

// Bounds turns bounds into the manifest's form: a single one where all are equal.
func Bounds(x []float32) []Bound {
	if len(x) > 0 && !slices.ContainsFunc(x, func(v float32) bool { return v != x[0] }) {
		x = x[:1]
	}
	b := make([]Bound, len(x))
	for i, v := range x {
		b[i] = Bound(v)
	}
	return b
}

// Bound is a number in JSON that may be infinite: then it is the string "inf" or "-inf".
type Bound float32

// MarshalJSON writes a number or the name of an infinity.
func (b Bound) MarshalJSON() ([]byte, error) {
	switch {
	case math.IsInf(float64(b), 1):
		return []byte(`"inf"`), nil
	case math.IsInf(float64(b), -1):
		return []byte(`"-inf"`), nil
	}
	return json.Marshal(float32(b))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Bound) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case `"inf"`:
		*b = Bound(math.Inf(1))
		return nil
	case `"-inf"`:
		*b = Bound(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(raw, (*float32)(b))
}

// Match says in one line how m's checkpoint does not fit what want describes: another environment,
// other spaces, another network. An empty want.Env takes any environment with the same spaces.
func (m *Manifest) Match(want *Manifest) error {
	switch {
	case want.Env != "" && m.Env != want.Env:
		return fmt.Errorf("checkpoint of environment %s, want %s", m.Env, want.Env)
	case !m.Observation.Equal(want.Observation):
		return fmt.Errorf("checkpoint of another environment: it observes %v, here it is %v", m.Observation, want.Observation)
	case !m.Action.Equal(want.Action):
		return fmt.Errorf("checkpoint of another environment: it acts in %v, here it is %v", m.Action, want.Action)
	}
	if have, here := m.Network.Activation, want.Network.Activation; have != "" && here != "" && have != here {
		return fmt.Errorf("checkpoint of another network: its activation is %s, here it is %s", have, here)
	}
	if have, here := m.Network.Images, want.Network.Images; have != "" && here != "" && have != here {
		return fmt.Errorf("checkpoint of another network: it sees images as %s, here it is %s", have, here)
	}
	if have, here := m.Network.State, want.Network.State; (have == 0) != (here == 0) {
		return fmt.Errorf("checkpoint of another network: its LSTM has a state of %d numbers, here it is %d (0: there is no LSTM)", have, here)
	}
	theirs := make(map[string]Tensor, len(m.Tensors))
	for _, t := range m.Tensors {
		theirs[t.Name] = t
	}
	for _, t := range want.Tensors {
		have, ok := theirs[t.Name]
		switch {
		case !ok:
			return fmt.Errorf("checkpoint of another network: it has no %s, here it is %s%v", t.Name, t.DType, t.Shape)
		case have.DType != t.DType || !slices.Equal(have.Shape, t.Shape):
			return fmt.Errorf("checkpoint of another network: %s is %s%v, here it is %s%v", t.Name, have.DType, have.Shape, t.DType, t.Shape)
		}
		delete(theirs, t.Name)
	}
	for _, t := range m.Tensors {
		if _, left := theirs[t.Name]; left {
			return fmt.Errorf("checkpoint of another network: its %s %s%v has no place here", t.Name, t.DType, t.Shape)
		}
	}
	return nil
}

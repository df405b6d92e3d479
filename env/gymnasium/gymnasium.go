// Package gymnasium is the bridge to Gymnasium's environments, and to all that were written for it: they
// live in Python processes that covey starts, feeds and, when one dies, hangs or raises, buries.
//
// [NewVector] makes a row of environments, spread over one or more processes, that are stepped with one
// round trip to each; [NewPool] makes single ones that share processes. Actions, observations and rewards
// stand in memory that both sides share (on Linux; where there is none they go through the pipes); a byte through a
// pipe says that they are there, and the pipe's end that a process is gone.
//
// What goes wrong is a [*Fault]: it names the environment, the step and the cause, with Python's
// traceback. After one the processes are gone, and whoever wants to go on makes a new vector; where that
// would not help, as with a package that is missing, [Fault.Permanent] says so.
package gymnasium

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Options say which environment is wanted and how it is run. [DefaultOptions] is complete but for the ID.
type Options struct {
	// ID is a name that Gymnasium knows (ALE/Pong-v5), one that a module registers
	// (my_package:MyEnv-v0), or a class or function of a module (my_module:MyEnv).
	ID     string
	Kwargs map[string]any // given to the environment's constructor: numbers, strings, booleans, lists and maps of these

	// Python is the interpreter: a path, or a name that is searched for. "": the one that `covey gym setup` chose, or
	// python3 where it was never asked.
	Python   string
	Wrappers []Wrapper // put around each environment, the first innermost
	Observe  []string  // keys of a Dict observation that are wanted, in this order; nil: all, in the space's order
	// Vector uses the vector environment that the package has of its own (CartPole's in NumPy, Atari's in
	// C++), which may show something else than the single one: Atari's shows four grey frames.
	Vector bool
	Render bool // Render is going to be called

	// Deadline is how long a step or a reset may take before the process counts as hung; 0: for ever.
	Deadline time.Duration
	Piped    bool // data go through the pipes, as they do where there is no shared memory
}

// Wrapper is a gymnasium.Wrapper, or anything that is called like one.
type Wrapper struct {
	Name   string         `json:"name" yaml:"name"` // module:Class
	Kwargs map[string]any `json:"kwargs" yaml:"kwargs"`
}

// DefaultOptions are those of the environment with that ID, made without arguments.
func DefaultOptions(id string) Options { return Options{ID: id, Deadline: 5 * time.Minute} }

func (o *Options) validate() error {
	switch {
	case o.ID == "":
		return fmt.Errorf("gymnasium: no environment is named")
	case o.Deadline < 0:
		return fmt.Errorf("gymnasium: %s: deadline %v: a deadline cannot lie in the past", o.ID, o.Deadline)
	}
	if _, err := json.Marshal(exact(o.Kwargs)); err != nil {
		return fmt.Errorf("gymnasium: %s: its arguments: %w", o.ID, err)
	}
	for _, w := range o.Wrappers {
		if _, err := json.Marshal(exact(w.Kwargs)); err != nil {
			return fmt.Errorf("gymnasium: %s: the arguments of %s: %w", o.ID, w.Name, err)
		}
	}
	return nil
}

// exact is a value as JSON that Python reads back as it is: 1.0 stays a float.
func exact(v any) any {
	switch v := v.(type) {
	case float32:
		return exact(float64(v))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 { // from there on JSON has an exponent
			return json.RawMessage(strconv.FormatFloat(v, 'f', 1, 64))
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = exact(v[i])
		}
		return list
	case map[string]any:
		same := make(map[string]any, len(v))
		for k := range v {
			same[k] = exact(v[k])
		}
		return same
	}
	return v
}

// exactWrappers are wrappers with exact arguments.
func exactWrappers(wrappers []Wrapper) []Wrapper {
	same := slices.Clone(wrappers)
	for i := range same {
		same[i].Kwargs = exact(same[i].Kwargs).(map[string]any)
	}
	return same
}

package supervise

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"covey/env"
)

// begin, step and shut are a vector's calls, whose panics are errors.

func begin(v vector, seeds []uint64, obs env.Values) (err error) {
	defer catch(&err)
	return v.Reset(seeds, obs)
}

func step(v vector, actions []float32, obs, final env.Values, out []env.Outcome) (err error) {
	defer catch(&err)
	return v.Step(actions, obs, final, out)
}

func shut(v vector) (err error) {
	defer catch(&err)
	return v.Close()
}

// catch, deferred, makes a panic an error.
func catch(err *error) {
	if v := recover(); v != nil {
		*err = panicked(v)
	}
}

// panicked is the error of a panic that is being recovered from, and says where it was.
func panicked(v any) error {
	cause, ok := v.(error)
	if !ok {
		cause = fmt.Errorf("%v", v)
	}
	return fmt.Errorf("panic%s: %w", origin(), cause)
}

// origin is the line that panicked, where it can be told.
func origin() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for panicked := false; ; {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if panicked && !inRuntime {
			return fmt.Sprintf(" at %s:%d", path.Base(f.File), f.Line)
		}
		panicked = panicked || inRuntime && strings.HasSuffix(f.Function, "panic")
		if !more {
			return ""
		}
	}
}

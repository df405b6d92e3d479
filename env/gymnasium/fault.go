package gymnasium

import (
	"fmt"
	"strings"

	"covey/internal/pyenv"
)

// Fault is what went wrong in an environment or in its process.
type Fault struct {
	ID    string
	Op    string // what was going on: start, make, reset, step, render, close
	Row   int    // the environment's number within its vector or pool; -1: not known, or all
	Step  uint64 // how many steps the vector, or the environment, had begun
	Cause string
	Trace string // Python's traceback; "": none
	// Output is the end of what the process printed; "": nothing, or it says nothing about the fault.
	Output string

	permanent bool
}

// Permanent says that the same would happen again: making anew what is broken does not help.
func (f *Fault) Permanent() bool { return f.permanent }

func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gymnasium: %s", f.ID)
	if f.Row >= 0 {
		fmt.Fprintf(&b, ", environment %d", f.Row)
	}
	if f.Op == "step" {
		fmt.Fprintf(&b, ", step %d", f.Step)
	} else {
		fmt.Fprintf(&b, ", %s", f.Op)
		if f.Step > 0 {
			fmt.Fprintf(&b, " after step %d", f.Step)
		}
	}
	fmt.Fprintf(&b, ": %s", f.Cause)
	if f.Trace != "" {
		b.WriteString("\n" + indented(f.Trace))
	}
	if f.Output != "" {
		b.WriteString("\nthe process printed last:\n" + indented(f.Output))
	}
	return b.String()
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// report is what a child tells of an exception.
type report struct {
	Op        string `json:"op"`
	Row       *int   `json:"row"`
	Kind      string `json:"kind"`
	Package   string `json:"package"`
	Text      string `json:"text"`
	Traceback string `json:"traceback"`
}

// fault says what a report of the child means.
func (r *report) fault(c *child) *Fault {
	f := c.fault(r.Op, "")
	f.Trace = r.Traceback
	if r.Row != nil {
		f.Row = c.first + *r.Row
	}
	if r.Op == "make" || r.Op == "start" {
		f.permanent, f.Row = true, -1 // all are made alike
	}
	switch id := c.options.ID; r.Kind {
	case "python":
		f.Cause = fmt.Sprintf("%s is Python %s, and 3.11 is the oldest that serves: %s", c.python, r.Text, setup(id, ""))
	case "package":
		f.Cause = fmt.Sprintf("%s lacks a package: %s: %s", c.python, lastLine(r.Text), setup(id, r.Package))
		if r.Op == "make" && pyenv.ExtraOf(id, r.Package) != "" {
			f.Trace = "" // nobody need look for the place
		}
	case "unknown":
		f.Cause, f.Trace = r.Text, ""
	case "unsupported", "wrong":
		f.Cause, f.Trace, f.permanent = r.Text, "", true
	case "memory":
		f.Cause = "memory ran out: " + lastLine(r.Text)
	default:
		f.Cause = "raised " + lastLine(r.Text)
	}
	return f
}

// lastLine leaves out the notes that Python puts above an exception's message.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i > 0; i-- {
		if lines[i] != "" {
			return lines[i]
		}
	}
	return lines[0]
}

package pyenv

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

//go:embed look.py
var lookScript string

// Report is what an interpreter has.
type Report struct {
	Version  string             // of Python
	Path     string             // of the interpreter
	Packages map[string]Package // by their names in the index
	ROMs     int                // Atari games that there are
	Drawing  []string           // libraries that draw without a display: EGL, OSMesa
}

// Package is one that was looked for.
type Package struct {
	Version string // "": it is not there
	Error   string // why it cannot be imported; "": it can
}

// Extra says which of an extra's packages, or of those that are always needed where name is "", are there,
// missing and broken, each as a text.
func (r *Report) Extra(name string) (there, missing, broken []string) {
	for _, part := range parts() {
		if part.name != name {
			continue
		}
		for _, m := range part.packages {
			switch p := r.Packages[distribution(m)]; {
			case p.Version == "":
				missing = append(missing, distribution(m))
			case p.Error != "":
				broken = append(broken, fmt.Sprintf("%s %s: %s", distribution(m), p.Version, p.Error))
			default:
				there = append(there, distribution(m)+" "+p.Version)
			}
		}
	}
	return there, missing, broken
}

// Old says which of Python and Gymnasium are older than what the bridge takes, each as a text.
func (r *Report) Old() []string {
	var old []string
	for _, c := range []struct {
		name, version string
		major, minor  int
	}{{"Python", r.Version, 3, 11}, {"Gymnasium", r.Packages["gymnasium"].Version, 1, 0}} {
		var major, minor int
		if n, _ := fmt.Sscanf(c.version, "%d.%d", &major, &minor); n < 2 {
			continue // missing, or numbered by somebody of their own
		}
		if major < c.major || major == c.major && minor < c.minor {
			old = append(old, fmt.Sprintf("%s %s, and %d.%d is the oldest that serves", c.name, c.version, c.major, c.minor))
		}
	}
	return old
}

// parts are the extras, after what is always needed.
func parts() []extra {
	return append([]extra{{packages: []string{"gymnasium", "numpy"}}}, extras...)
}

// distribution is the name in the index of the package that has a module.
func distribution(module string) string {
	if module == "pygame" {
		return "pygame-ce"
	}
	return strings.ToLower(strings.ReplaceAll(module, "_", "-"))
}

// Look asks an interpreter what it has, by importing it.
func Look(ctx context.Context, python string) (*Report, error) {
	modules := map[string]string{}
	for _, part := range parts() {
		for _, m := range part.packages {
			modules[m] = distribution(m)
		}
	}
	argument, err := json.Marshal(modules)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, "-c", lookScript, string(argument))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if text := bytes.TrimSpace(stderr.Bytes()); len(text) > 0 {
			err = errors.New(string(text))
		}
		return nil, fmt.Errorf("ask %s what it has: %w", python, err)
	}
	var r Report
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, fmt.Errorf("ask %s what it has: %w in %q", python, err, out)
	}
	return &r, nil
}

package gymnasium

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// extras are the parts of `covey gym setup`, with the packages that they bring and how the environments that live there
// are called.
var extras = []struct {
	name     string
	packages []string
	prefixes []string
}{
	{"atari", []string{"ale_py", "ale-py"}, []string{"ALE/"}},
	{"robotics", []string{"gymnasium_robotics", "gymnasium-robotics"}, []string{"Fetch", "Hand", "Adroit", "FrankaKitchen", "PointMaze", "AntMaze"}},
	{"doom", []string{"vizdoom"}, []string{"Vizdoom"}},
	{"mujoco", []string{"mujoco", "imageio"}, []string{"Ant-", "HalfCheetah-", "Hopper-", "Humanoid", "InvertedDoublePendulum-", "InvertedPendulum-", "Pusher-", "Reacher-", "Swimmer-", "Walker2d-"}},
	{"classic-control", []string{"gymnasium", "numpy", "pygame"}, nil},
}

// extra is the part of `covey gym setup` that an environment, or else a missing package, belongs to; "": none.
func extra(id, missing string) string {
	for _, e := range extras {
		for _, p := range e.prefixes {
			if strings.HasPrefix(id, p) {
				return e.name
			}
		}
	}
	top, _, _ := strings.Cut(missing, ".")
	for _, e := range extras {
		for _, p := range e.packages {
			if p == top {
				return e.name
			}
		}
	}
	return ""
}

// home is the package that brings an environment which Gymnasium itself lacks; "": none that is known.
func home(id string) string {
	for _, e := range extras {
		for _, p := range e.prefixes {
			if strings.HasPrefix(id, p) {
				return e.packages[0]
			}
		}
	}
	return ""
}

// setup says what to type so that the environment finds what it needs.
func setup(id, missing string) string {
	if e := extra(id, missing); e != "" {
		return fmt.Sprintf("`covey gym setup %s` makes a Python environment that has it", e)
	}
	if missing == "" {
		return "`covey gym setup` makes a Python environment that serves"
	}
	return fmt.Sprintf("install %s for that interpreter, or name one that has it", missing)
}

// DefaultPython is the interpreter that is used where none is named: python3 of the search path.
func DefaultPython() string {
	if runtime.GOOS == "windows" {
		return "python"
	}
	return "python3"
}

// findPython is the interpreter's path.
func findPython(o *Options) (string, error) {
	name := o.Python
	if name == "" {
		name = DefaultPython()
	}
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path) // the process may have another working folder
	}
	if err != nil {
		return "", &Fault{ID: o.ID, Op: "start", Row: -1, permanent: true,
			Cause: fmt.Sprintf("there is no Python interpreter %q: install Python 3.11 or newer, or name one; %s", name, setup(o.ID, ""))}
	}
	return path, nil
}

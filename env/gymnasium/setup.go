package gymnasium

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"covey/internal/pyenv"
)

// setup says what to type so that the environment finds what it needs. missing: a module; "": it is not known which.
func setup(id, missing string) string {
	switch extra := pyenv.ExtraOf(id, missing); {
	case extra != "":
		return fmt.Sprintf("`covey gym setup %s` makes a Python environment that has it", extra)
	case missing == "" || missing == "gymnasium" || missing == "numpy":
		return "`covey gym setup` makes a Python environment that serves"
	}
	return fmt.Sprintf("install %s for that interpreter, or name one that has it", missing)
}

// isDoom says whether an environment is one of ViZDoom's, which litters the working folder and shared memory.
func isDoom(id string) bool { return pyenv.ExtraOf(id, "") == "doom" }

// findPython is the interpreter's path: of the one that is named, else of the one that `covey gym setup` chose, else
// of python3.
func findPython(o *Options) (string, error) {
	name, err := o.Python, error(nil)
	if name == "" {
		name, err = pyenv.Gymnasium()
	}
	if errors.Is(err, pyenv.ErrNoGymnasium) {
		if name, err = "python3", nil; runtime.GOOS == "windows" {
			name = "python"
		}
	}
	fault := func(cause string) error {
		return &Fault{ID: o.ID, Op: "start", Row: -1, permanent: true, Cause: cause}
	}
	if err != nil {
		return "", fault(err.Error())
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fault(fmt.Sprintf("there is no Python interpreter %q: install Python 3.11 or newer, then %s", name, setup(o.ID, "")))
	}
	if path, err = filepath.Abs(path); err != nil { // the process may have another working folder
		return "", fault(err.Error())
	}
	return path, nil
}

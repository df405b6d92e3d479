package pyenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// basePython is the interpreter that environments are made from: recent enough, and with the two
// modules that distributions like to package apart. It is the one that COVEY_PYTHON names, else the first that
// serves of python3 and the versions that the packages are pinned for.
func basePython(ctx context.Context) (string, error) {
	names := []string{"python3", "python3.13", "python3.12", "python3.11"}
	if name := os.Getenv("COVEY_PYTHON"); name != "" {
		names = []string{name}
	}
	var reason error // why the first does not serve
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			if err = able(ctx, path); err == nil {
				return path, nil
			}
		} else {
			err = fmt.Errorf("%s is not installed: install Python 3.11, 3.12 or 3.13 (%s), or name one in COVEY_PYTHON: %w", name, thisSystem().python, err)
		}
		if reason == nil {
			reason = err
		}
	}
	return "", reason
}

// able says why an interpreter cannot make environments.
func able(ctx context.Context, path string) error {
	const check = `import sys
version = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11):
    print("old", version)
    sys.exit()
try:
    import venv, ensurepip
    print("able", version)
except ImportError as e:
    print("lacks", version, e.name)`
	out, err := exec.CommandContext(ctx, path, "-c", check).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && len(bytes.TrimSpace(exit.Stderr)) > 0 {
			err = errors.New(string(bytes.TrimSpace(exit.Stderr)))
		}
		return fmt.Errorf("%s cannot make environments: %w", path, err)
	}
	switch answer := append(strings.Fields(string(out)), "", "", ""); answer[0] {
	case "able":
		return nil
	case "old":
		return fmt.Errorf("%s is Python %s, and 3.11 is the oldest that serves: install a newer one (%s), or name one in COVEY_PYTHON", path, answer[1], thisSystem().python)
	case "lacks":
		return fmt.Errorf("%s cannot make environments: its module %s is missing: install it (%s)", path, answer[2], thisSystem().venv(answer[1]))
	}
	return fmt.Errorf("%s is no Python: it answered %q", path, out)
}

// system says how a kind of system installs Python.
type system struct {
	python string                      // command that installs it
	venv   func(version string) string // command that installs its modules venv and ensurepip
}

func always(command string) func(string) string { return func(string) string { return command } }

var (
	debian = system{"sudo apt install python3 python3-venv", func(version string) string {
		return fmt.Sprintf("sudo apt install python%s-venv", version)
	}}
	fedora  = system{"sudo dnf install python3", always("sudo dnf install python3-libs python3-pip")}
	mac     = system{"brew install python@3.13", always("brew install python@3.13")}
	windows = system{"winget install Python.Python.3.13", always("winget install Python.Python.3.13")}
	// Of systems that are none of these; their packages are called alike.
	other = system{"Debian: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3; macOS: brew install python@3.13", func(version string) string {
		return fmt.Sprintf("Debian: sudo apt install python%s-venv; Fedora: sudo dnf install python3-libs python3-pip; macOS: brew install python@3.13", version)
	}}
)

func thisSystem() system {
	release, _ := os.ReadFile("/etc/os-release") // where there is none, the system is another one
	return systemOf(runtime.GOOS, string(release))
}

// systemOf tells the systems apart by Go's name and the content of os-release(5).
func systemOf(goos, release string) system {
	switch goos {
	case "darwin":
		return mac
	case "windows":
		return windows
	}
	for line := range strings.Lines(release) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key != "ID" && key != "ID_LIKE" {
			continue
		}
		for _, name := range strings.Fields(strings.Trim(value, `"'`)) {
			switch name {
			case "debian", "ubuntu":
				return debian
			case "fedora", "rhel":
				return fedora
			}
		}
	}
	return other
}

// run runs a command; what it printed is part of the error.
func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if out = bytes.TrimSpace(out); len(out) == 0 {
		return fmt.Errorf("%s: %w", strings.Join(append([]string{name}, args...), " "), err)
	}
	return errors.New(string(out))
}

// Package pyenv makes the Python environments that covey is compared with: virtual environments in
// the user's cache, installed from locks that pin every package by hash. Nothing of covey itself
// needs Python; its tests do, to set results beside those of the real packages.
//
// Environment variables: COVEY_CACHE is the folder used instead of the user's cache, COVEY_PYTHON
// the interpreter used instead of python3.
package pyenv

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// marker is the file that is written when an environment is complete. It names the interpreter that
// the environment stands on: where that one has been replaced, the environment is made anew.
const marker = "covey-complete"

// Ensure returns the interpreter of the environment that lock describes, and makes the environment
// first where it is not there yet. Processes that ask at the same time wait for one of them to make
// it. What it does is reported to progress.
func Ensure(ctx context.Context, lock []byte, progress io.Writer) (python string, err error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, fmt.Sprintf("python-%x", sha256.Sum256(lock))[:len("python-")+16])
	if complete(folder) {
		return interpreter(folder), nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder of the Python environments (COVEY_CACHE moves it): %w", err)
	}
	unlock, err := lockFile(ctx, folder+".lock")
	if err != nil {
		return "", fmt.Errorf("wait for the Python environment %s: %w", folder, err)
	}
	defer unlock()
	if complete(folder) { // made while this process waited
		return interpreter(folder), nil
	}
	if err := create(ctx, folder, lock, progress); err != nil {
		return "", err
	}
	return interpreter(folder), nil
}

// create makes the environment in folder. The marker comes last: a folder without it is what an
// interrupted attempt left, and is made again from nothing.
func create(ctx context.Context, folder string, lock []byte, progress io.Writer) error {
	base, err := basePython(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove an incomplete Python environment: %w", err)
	}
	fmt.Fprintf(progress, "making the Python environment %s (once)\n", folder)
	if err := run(ctx, base, "-m", "venv", folder); err != nil {
		return fmt.Errorf("make the Python environment: %w", err)
	}
	requirements := filepath.Join(folder, "requirements.lock")
	if err := os.WriteFile(requirements, lock, 0o644); err != nil {
		return fmt.Errorf("make the Python environment: %w", err)
	}
	python := interpreter(folder)
	err = run(ctx, python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--only-binary", ":all:", "--require-hashes", "-r", requirements)
	if err != nil {
		return fmt.Errorf("install the pinned Python packages (a package index must be reachable by pip): %w", err)
	}
	resolved, err := filepath.EvalSymlinks(python)
	if err != nil {
		return fmt.Errorf("make the Python environment: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, marker), []byte(resolved), 0o644); err != nil {
		return fmt.Errorf("complete the Python environment: %w", err)
	}
	return nil
}

func complete(folder string) bool {
	recorded, err := os.ReadFile(filepath.Join(folder, marker))
	if err != nil {
		return false
	}
	resolved, err := filepath.EvalSymlinks(interpreter(folder))
	return err == nil && resolved == string(recorded)
}

func interpreter(folder string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(folder, "Scripts", "python.exe")
	}
	return filepath.Join(folder, "bin", "python")
}

func cacheFolder() (string, error) {
	if folder := os.Getenv("COVEY_CACHE"); folder != "" {
		return filepath.Abs(folder)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder of the Python environments (COVEY_CACHE names one): %w", err)
	}
	return filepath.Join(cache, "covey"), nil
}

// basePython is the interpreter that environments are made from: recent enough, and with the two
// modules that distributions like to package apart.
func basePython(ctx context.Context) (string, error) {
	name := os.Getenv("COVEY_PYTHON")
	if name == "" {
		name = "python3"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: install Python 3.11 or newer (Debian: python3 and python3-venv), or name it in COVEY_PYTHON: %w", name, err)
	}
	const check = `import sys
if sys.version_info < (3, 11):
    sys.exit("it is Python %d.%d, and 3.11 is the oldest that serves: name a newer one in COVEY_PYTHON" % sys.version_info[:2])
try:
    import venv, ensurepip
except ImportError as e:
    sys.exit("its module %s is missing: install it (Debian: python3-venv)" % e.name)`
	if err := run(ctx, path, "-c", check); err != nil {
		return "", fmt.Errorf("%s cannot make environments: %w", path, err)
	}
	return path, nil
}

// run runs a command; what it printed is part of the error.
func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	if out = bytes.TrimSpace(out); len(out) == 0 {
		return fmt.Errorf("%s: %w", strings.Join(append([]string{name}, args...), " "), err)
	}
	return errors.New(string(out))
}

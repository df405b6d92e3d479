// Package pyenv makes Python environments: virtual environments installed from locks that pin every
// package by hash. Nothing of covey itself needs Python. Gymnasium's environments live there, in the
// environment that `covey gym setup` makes ([Setup], [Gymnasium]); and the tests set results beside those of
// the real packages ([Ensure]).
//
// Environment variables: COVEY_CACHE is the folder used instead of the user's cache, COVEY_PYTHON
// the interpreter that environments are made from instead of python3.
package pyenv

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// Files in an environment's folder.
const (
	// begun is written first: what has it is covey's to remove.
	begun = "covey-environment"
	// marker is written when an environment is complete. It names the interpreter that the environment
	// stands on: where that one has been replaced, the environment is made anew.
	marker = "covey-complete"
	// installed is the lock that the environment was installed from.
	installed = "requirements.lock"
)

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
	unlock, err := lockFolder(ctx, folder)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if complete(folder) { // made while this process waited
		return interpreter(folder), nil
	}
	if err := create(ctx, folder, lock, progress); err != nil {
		return "", err
	}
	return interpreter(folder), nil
}

// lockFolder waits until nobody else is making the environment in folder. The system drops the lock of a process that dies.
func lockFolder(ctx context.Context, folder string) (unlock func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the Python environments (COVEY_CACHE moves it): %w", err)
	}
	lock := flock.New(folder + ".lock")
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for the Python environment %s: %w", folder, err)
	}
	return lock.Unlock, nil
}

// create makes the environment in folder. The marker comes last: a folder without it is what an
// interrupted attempt left, and is made again from nothing.
func create(ctx context.Context, folder string, lock []byte, progress io.Writer) error {
	base, err := basePython(ctx)
	if err != nil {
		return err
	}
	if err := vacate(folder); err != nil {
		return err
	}
	fmt.Fprintf(progress, "making the Python environment %s (once)\n", folder)
	if err := run(ctx, base, "-m", "venv", folder); err != nil {
		return fmt.Errorf("make the Python environment: %w", err)
	}
	if err := install(ctx, folder, lock); err != nil {
		return err
	}
	resolved, err := filepath.EvalSymlinks(interpreter(folder))
	if err != nil {
		return fmt.Errorf("make the Python environment: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, marker), []byte(resolved), 0o644); err != nil {
		return fmt.Errorf("complete the Python environment: %w", err)
	}
	return nil
}

// vacate makes folder an empty one of covey's. What lies there and is not covey's is left alone, which is an error.
func vacate(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make a Python environment: %w", err)
	}
	_, begunErr := os.Stat(filepath.Join(folder, begun))
	if _, err := os.Stat(filepath.Join(folder, marker)); len(entries) > 0 && begunErr != nil && err != nil {
		return fmt.Errorf("%s is not empty, and no Python environment of covey's: name another folder", folder)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove an incomplete Python environment: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make a Python environment: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, begun), nil, 0o644); err != nil {
		return fmt.Errorf("make a Python environment: %w", err)
	}
	return nil
}

// install installs what the lock pins into the environment in folder, and then keeps the lock there. A lock names
// all that is needed: what a package asks for beyond that was left out on purpose.
func install(ctx context.Context, folder string, lock []byte) error {
	path := filepath.Join(folder, installed)
	next := path + ".new"
	if err := os.WriteFile(next, lock, 0o644); err != nil {
		return fmt.Errorf("install the Python packages: %w", err)
	}
	err := run(ctx, interpreter(folder), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--only-binary", ":all:", "--require-hashes", "--no-deps", "-r", next)
	if err != nil {
		return fmt.Errorf("install the pinned Python packages (a package index must be reachable by pip; they are pinned for Python 3.11 to 3.13): %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("install the Python packages: %w", err)
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

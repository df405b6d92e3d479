package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNoGymnasium is what Gymnasium returns where no interpreter was ever chosen.
var ErrNoGymnasium = errors.New("no Python environment with Gymnasium was set up: covey gym setup makes one")

// chosen is the file in the cache that names the interpreter in which Gymnasium's environments live.
const chosen = "gymnasium-python"

// extrasLine begins the lock of an environment that Setup made; the extras follow.
const extrasLine = "# covey gym setup"

// Gymnasium is the interpreter that was chosen last, by Setup or Use.
func Gymnasium() (python string, err error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(cache, chosen))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoGymnasium
	}
	if err != nil {
		return "", fmt.Errorf("find the Python environment with Gymnasium: %w", err)
	}
	python = strings.TrimSpace(string(text))
	if _, err := exec.LookPath(python); err != nil {
		return "", fmt.Errorf("the Python environment with Gymnasium is gone: covey gym setup makes one: %w", err)
	}
	return python, nil
}

// Use makes the interpreter the one that Gymnasium returns. A name is searched for.
func Use(python string) (path string, err error) {
	path, err = exec.LookPath(python)
	if err != nil {
		return "", fmt.Errorf("there is no Python interpreter %q: %w", python, err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return path, choose(path)
}

func choose(python string) error {
	cache, err := cacheFolder()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("remember the Python interpreter (COVEY_CACHE moves it): %w", err)
	}
	path := filepath.Join(cache, chosen)
	if err := os.WriteFile(path+".new", []byte(python+"\n"), 0o644); err != nil {
		return fmt.Errorf("remember the Python interpreter: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("remember the Python interpreter: %w", err)
	}
	return nil
}

// Setup makes the environment with Gymnasium and the named extras in folder ("": one in the cache), or adds them to the
// one that is there, and chooses its interpreter. all: those that it has now.
func Setup(ctx context.Context, folder string, names []string, progress io.Writer) (python string, all []string, err error) {
	if folder == "" {
		cache, err := cacheFolder()
		if err != nil {
			return "", nil, err
		}
		folder = filepath.Join(cache, "gymnasium")
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", nil, err
	}
	if _, err := GymnasiumLock(names...); err != nil { // before anything is made
		return "", nil, err
	}
	unlock, err := lockFolder(ctx, folder)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	before, _ := os.ReadFile(filepath.Join(folder, installed)) // none: nothing is installed
	all = union(names, installedExtras(string(before)))
	lock, err := GymnasiumLock(all...)
	if err != nil {
		return "", nil, err
	}
	lock = append([]byte(extrasLine+" "+strings.Join(all, " ")+"\n"), lock...)
	switch {
	case !complete(folder):
		err = create(ctx, folder, lock, progress)
	case string(before) != string(lock):
		fmt.Fprintf(progress, "adding to the Python environment %s\n", folder)
		err = install(ctx, folder, lock)
	}
	if err != nil {
		return "", nil, err
	}
	return interpreter(folder), all, choose(interpreter(folder))
}

// installedExtras are the extras of an environment's lock that are still known.
func installedExtras(lock string) []string {
	first, _, _ := strings.Cut(lock, "\n")
	names, found := strings.CutPrefix(first, extrasLine)
	if !found {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(names), func(name string) bool { return !slices.Contains(Extras(), name) })
}

// union is what either holds, in the order of Extras.
func union(a, b []string) []string {
	var all []string
	for _, name := range Extras() {
		if slices.Contains(a, name) || slices.Contains(b, name) {
			all = append(all, name)
		}
	}
	return all
}

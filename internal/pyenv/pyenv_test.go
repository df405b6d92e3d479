package pyenv

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestInterpreterHasThePinnedPackages(t *testing.T) {
	const script = `
import sys
from importlib.metadata import version
print(*(name + "==" + version(name) for name in sys.argv[1:]), sep="\n")`
	pinned := []string{"gymnasium", "numpy", "safetensors", "tensorboard"}
	out, err := exec.Command(Interpreter(t), append([]string{"-c", script}, pinned...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, installed := range strings.Fields(string(out)) {
		if !strings.Contains(string(testLock), "\n"+installed+" ") {
			t.Errorf("%s is installed, but not what the lock says", installed)
		}
	}
}

var anyLock = []byte("# nothing\n")

// standIn makes a shell script that plays Python for the test: it answers the check of its abilities,
// makes an environment whose interpreter is another script, and that one runs pip.
func standIn(t *testing.T, check, pip string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins for Python are shell scripts")
	}
	path := filepath.Join(t.TempDir(), "python3")
	script := `#!/bin/sh
if [ "$1" = -c ]; then ` + check + `; exit; fi
mkdir -p "$3/bin"
printf '#!/bin/sh\n` + pip + `\n' >"$3/bin/python"
chmod +x "$3/bin/python"
`
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COVEY_PYTHON", path)
	t.Setenv("COVEY_CACHE", t.TempDir())
}

func TestEnsureMakesOneEnvironmentForAll(t *testing.T) {
	standIn(t, "true", "sleep 0.3")
	var progress syncBuffer
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, err := Ensure(context.Background(), anyLock, &progress); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := strings.Count(progress.String(), "making"); n != 1 {
		t.Errorf("made %d times: %q", n, progress.String())
	}
}

func TestEnsureRepairs(t *testing.T) {
	standIn(t, "true", "true")
	python, err := Ensure(context.Background(), anyLock, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(filepath.Dir(python))
	damages := map[string]func() error{
		"interrupted before the marker": func() error { return os.Remove(filepath.Join(folder, marker)) },
		"its interpreter is gone":       func() error { return os.Remove(python) },
		"made from another interpreter": func() error {
			return os.WriteFile(filepath.Join(folder, marker), []byte("another"), 0o644)
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"making", ""} { // made anew, then found
				var progress syncBuffer
				again, err := Ensure(context.Background(), anyLock, &progress)
				if err != nil {
					t.Fatal(err)
				}
				if got := progress.String(); again != python || !strings.HasPrefix(got, want) || want == "" && got != "" {
					t.Errorf("%s, reported %q, want %q", again, got, want)
				}
			}
		})
	}
}

func TestFailuresSayWhatToInstall(t *testing.T) {
	tests := []struct {
		name, check, pip string
		want             []string
	}{
		{"no venv", `echo "its module ensurepip is missing: install it" >&2; exit 1`, "true", []string{"ensurepip", "cannot make"}},
		{"pip fails", "true", `echo "hash mismatch"; exit 1`, []string{"hash mismatch", "package index"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			standIn(t, test.check, test.pip)
			expectFailure(t, test.want...)
		})
	}
	t.Run("no Python", func(t *testing.T) {
		t.Setenv("COVEY_PYTHON", "no-such-python")
		t.Setenv("COVEY_CACHE", t.TempDir())
		expectFailure(t, "no-such-python is not installed", "python3-venv", "COVEY_PYTHON")
	})
}

// expectFailure ensures an environment in vain, twice: a failure leaves nothing that looks complete.
func expectFailure(t *testing.T, want ...string) {
	t.Helper()
	for range 2 {
		_, err := Ensure(context.Background(), anyLock, io.Discard)
		if err == nil {
			t.Fatal("no error")
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%q does not say %q", err, text)
			}
		}
	}
}

// syncBuffer collects what several goroutines write.
type syncBuffer struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

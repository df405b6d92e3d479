package pyenv

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// able12 is the answer of an interpreter that serves.
const able12 = "echo able 3.12"

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
	standIn(t, able12, "sleep 0.3")
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
	standIn(t, able12, "true")
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
		{"no venv", "echo lacks 3.12 ensurepip", "true", []string{"ensurepip", "cannot make", "python3"}},
		{"too old", "echo old 3.10", "true", []string{"is Python 3.10, and 3.11 is the oldest", "COVEY_PYTHON"}},
		{"no Python at all", "echo hello", "true", []string{"is no Python", "hello"}},
		{"it fails", "echo broken >&2; exit 1", "true", []string{"cannot make", "broken"}},
		{"pip fails", able12, `echo "hash mismatch"; exit 1`, []string{"hash mismatch", "package index"}},
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

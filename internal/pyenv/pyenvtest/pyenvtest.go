// Package pyenvtest gives tests the Python that they set covey beside.
package pyenvtest

import (
	"context"
	_ "embed"
	"os"
	"sync"
	"testing"
	"time"

	"covey/internal/pyenv"
)

// lock pins what the tests compare covey with.
//
//go:embed requirements.lock
var lock []byte

var ensure = sync.OnceValues(func() (string, error) { return environment(lock) })

var ensureGymnasium = sync.OnceValues(func() (string, error) {
	lock, err := pyenv.GymnasiumLock(append(pyenv.Extras(), "test")...)
	if err != nil {
		return "", err
	}
	return environment(lock)
})

func environment(lock []byte) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute) // below go test's own limit, whose panic would hide the reason
	defer cancel()
	return pyenv.Ensure(ctx, lock, os.Stderr)
}

// Interpreter returns the Python that has the packages which the tests compare covey with (Gymnasium,
// MinAtar, NumPy, safetensors, TensorBoard), and makes its environment on first use. Where that is impossible
// the test fails and says what to install; only COVEY_SKIP_PYTHON=1 skips it.
func Interpreter(t testing.TB) string {
	t.Helper()
	return interpreter(t, ensure)
}

// Gymnasium is like Interpreter, of the Python that has Gymnasium with all extras of `covey gym setup`, and OpenCV.
func Gymnasium(t testing.TB) string {
	t.Helper()
	return interpreter(t, ensureGymnasium)
}

func interpreter(t testing.TB, ensure func() (string, error)) string {
	t.Helper()
	if os.Getenv("COVEY_SKIP_PYTHON") == "1" {
		t.Skip("COVEY_SKIP_PYTHON=1: not compared with the Python packages")
	}
	python, err := ensure()
	if err != nil {
		t.Fatalf("this test compares covey with Python packages (COVEY_SKIP_PYTHON=1 leaves such tests out): %v", err)
	}
	return python
}

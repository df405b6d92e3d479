package pyenv

import (
	"context"
	_ "embed"
	"os"
	"sync"
	"testing"
	"time"
)

// testLock pins what the tests compare covey with.
//
//go:embed requirements.lock
var testLock []byte

var ensureTests = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute) // below go test's own limit, whose panic would hide the reason
	defer cancel()
	return Ensure(ctx, testLock, os.Stderr)
})

// Interpreter returns the Python that has the packages which the tests compare covey with (Gymnasium,
// NumPy, safetensors, TensorBoard), and makes its environment on first use. Where that is impossible
// the test fails and says what to install; only COVEY_SKIP_PYTHON=1 skips it.
func Interpreter(t testing.TB) string {
	t.Helper()
	if os.Getenv("COVEY_SKIP_PYTHON") == "1" {
		t.Skip("COVEY_SKIP_PYTHON=1: not compared with the Python packages")
	}
	python, err := ensureTests()
	if err != nil {
		t.Fatalf("this test compares covey with Python packages (COVEY_SKIP_PYTHON=1 leaves such tests out): %v", err)
	}
	return python
}

// Package compare runs programs side by side on one machine, each as fast as it can be, and shows what came
// out as a table.
package compare

import (
	"context"
	_ "embed"
	"os"

	"covey/internal/pyenv"
)

// What covey is compared with in Python. `make python-lock` makes the lock from requirements.in.
//
//go:embed requirements.lock
var lock []byte

// Python is the interpreter that has the pinned peers: PyTorch, Stable-Baselines3, SBX. The first call ever
// installs them.
func Python(ctx context.Context) (string, error) { return pyenv.Ensure(ctx, lock, os.Stderr) }

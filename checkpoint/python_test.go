package checkpoint_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"covey/checkpoint"
	"covey/internal/pyenv/pyenvtest"
)

// script prints a file as the Python package safetensors reads it.
const script = `
import sys
from safetensors import safe_open
from safetensors.numpy import load_file
with safe_open(sys.argv[1], framework="numpy") as f:
    print(f.metadata())
tensors = load_file(sys.argv[1])
for name in sorted(tensors):
    print(name, tensors[name].dtype, tensors[name].shape, tensors[name].tolist())
`

func TestPythonReadsTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 1)
	out, err := exec.Command(pyenvtest.Interpreter(t), "-c", script, filepath.Join(dir, checkpoint.PolicyFile)).CombinedOutput()
	want := `{'format': 'covey'}
count uint64 () 18446744073709551615
mean float64 () 0.1
net/bias float32 (1,) [0.25]
net/weights float32 (2, 3) [[1.0, -0.5, 3.0], [4.0, 5.0, -inf]]
rng uint8 (3,) [1, 2, 3]
`
	if err != nil || strings.ReplaceAll(string(out), "\r", "") != want {
		t.Fatalf("python printed (%v)\n%s\nwant\n%s", err, out, want)
	}
}

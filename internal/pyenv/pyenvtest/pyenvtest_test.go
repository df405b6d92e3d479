package pyenvtest

import (
	"os/exec"
	"strings"
	"testing"
)

func TestInterpreterHasThePinnedPackages(t *testing.T) {
	const script = `
import sys
from importlib.metadata import version
print(*(name + "==" + version(name) for name in sys.argv[1:]), sep="\n")`
	pinned := []string{"gymnasium", "minatar", "numpy", "safetensors", "tensorboard"}
	out, err := exec.Command(Interpreter(t), append([]string{"-c", script}, pinned...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, installed := range strings.Fields(string(out)) {
		if !strings.Contains(string(lock), "\n"+installed+" ") {
			t.Errorf("%s is installed, but not what the lock says", installed)
		}
	}
}

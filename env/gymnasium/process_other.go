//go:build !unix

package gymnasium

import (
	"fmt"
	"os"
	"os/exec"
)

// groups: elsewhere only the process itself is killed, and it sees by its standard input that covey is gone.
const groups = false

func isolate(*exec.Cmd) {}

func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() // it may be gone
	}
}

func ending(s *os.ProcessState) string {
	return fmt.Sprintf("its process ended by itself or was killed, with exit status %d", s.ExitCode())
}

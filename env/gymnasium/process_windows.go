package gymnasium

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// groups: here only the process itself is killed, and it sees by its standard input that covey is gone.
const groups = false

// isolate keeps the console's Ctrl-C from the process, which would take it for a fault of the environment's.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func killGroup(head *os.Process) { _ = head.Kill() } // it may be gone

func ending(s *os.ProcessState) string {
	return fmt.Sprintf("its process ended by itself or was killed, with exit status %d", s.ExitCode())
}

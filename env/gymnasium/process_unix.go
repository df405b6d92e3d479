//go:build unix

package gymnasium

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// groups says that processes have groups, and inherit descriptors.
const groups = true

// isolate makes the process the head of a group of its own: it can be killed with all its children, and
// Ctrl-C in the terminal does not reach it.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(head *os.Process) { _ = syscall.Kill(-head.Pid, syscall.SIGKILL) } // it may be gone

func ending(s *os.ProcessState) string {
	status, ok := s.Sys().(syscall.WaitStatus)
	switch {
	case ok && status.Signaled() && status.Signal() == syscall.SIGKILL:
		return "its process was killed (SIGKILL): by hand, or by the system because memory ran out"
	case ok && status.Signaled():
		return fmt.Sprintf("its process was ended by signal %d (%v)", status.Signal(), status.Signal())
	}
	return fmt.Sprintf("its process ended by itself, with exit status %d", s.ExitCode())
}

//go:build !portable

package gymnasium

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// newMemory is memory without a name, which ends with the last process that has it.
func newMemory() (*os.File, error) {
	fd, err := unix.MemfdCreate("covey", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "memory"), nil
}

// mapMemory gives the memory its size and shows it.
func mapMemory(f *os.File, size int) ([]byte, error) {
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return b, os.NewSyscallError("mmap", err)
}

func unmap(b []byte) { _ = unix.Munmap(b) } // b is a whole mapping

// newPipe is a pipe whose reader blocks in the system: it is awake sooner than one that the runtime's poller
// must wake.
func newPipe() (read, write *os.File, err error) {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	return os.NewFile(uintptr(fd[0]), "pipe"), os.NewFile(uintptr(fd[1]), "pipe"), nil
}

// patience is how long await looks before it sleeps. On a virtual machine a core that went idle takes 50 µs to wake
// up, and is slow for longer.
const patience = 400 * time.Microsecond

// await waits for something to read, but not for long, and gives way to whoever wants the core.
func await(f *os.File) {
	fds := [1]unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	for begun := time.Now(); ; {
		if n, _ := unix.Poll(fds[:], 0); n != 0 || time.Since(begun) > patience { // who reads is told of failures
			return
		}
		runtime.Gosched()
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // does not fail
	}
}

// awaitDeath waits until the process is dead, and leaves it unburied: its group keeps its number.
func awaitDeath(cmd *exec.Cmd) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

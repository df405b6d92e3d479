package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// lookAtSharedMemory tries the memory that the bridge shares with Python, and says how much room /dev/shm has, which
// ViZDoom uses.
func lookAtSharedMemory() finding {
	f := finding{about: "shared memory"}
	fd, err := unix.MemfdCreate("covey", unix.MFD_CLOEXEC)
	if err != nil {
		f.state, f.fix = fmt.Sprintf("none (%v): data go through pipes, which is slower", err), "allow the system call memfd_create"
		return f
	}
	_ = unix.Close(fd) // nothing was written
	const enough = 64 << 20
	var room unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &room); err != nil {
		f.state, f.fix = fmt.Sprintf("/dev/shm: %v; ViZDoom needs it", err), "mount it: sudo mount -t tmpfs tmpfs /dev/shm"
		return f
	}
	free := room.Bavail * uint64(room.Bsize)
	f.state = fmt.Sprintf("%d MB free in /dev/shm", free>>20)
	if free < enough {
		f.state += ", of which each ViZDoom takes about 11"
		f.fix = "delete what is left there of programs that died (rm /dev/shm/ViZDoom*); in a container: docker run --shm-size=1g"
	}
	return f
}

package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

// LockFile is the file in a run's folder that its process holds locked. It stays when the run has ended: the
// lock goes with the process, however that ends, the file does not.
const LockFile = "lock"

// lockPatience is how long Lock waits for a lock that is held: [Locked] holds it for an instant.
const lockPatience = 500 * time.Millisecond

// InUseError says that another process works in a run's folder.
type InUseError struct {
	Dir string
	PID int // of that process; 0: not known
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("run folder %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("run folder %s is in use by process %d", e.Dir, e.PID)
}

// Lock keeps other processes, and other callers in this one, from the run in folder dir, until unlock is
// called or the process ends. Keep unlock reachable: once it is garbage-collected the lock is released too. Where another
// has the lock, the error is an [*InUseError].
func Lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, LockFile)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		held, err := lock.TryLock()
		switch {
		case err != nil:
			return nil, fmt.Errorf("lock run folder: %w", err)
		case held:
			// For the message to others only: where it cannot be written, they name no process.
			_ = os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o666)
			return lock.Unlock, nil
		case time.Since(began) > lockPatience:
			return nil, &InUseError{Dir: dir, PID: holder(path)}
		}
	}
}

// holder is the process that a lock file names, 0 where it names none.
func holder(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// Locked says whether a process holds the run in folder dir, and which one, 0 where that is not known.
func Locked(dir string) (held bool, pid int, err error) {
	path := filepath.Join(dir, LockFile)
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	free, err := lock.TryRLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, 0, nil
	case err != nil:
		return false, 0, fmt.Errorf("look at the lock of run folder: %w", err)
	case free:
		return false, 0, lock.Unlock()
	}
	return true, holder(path), nil
}

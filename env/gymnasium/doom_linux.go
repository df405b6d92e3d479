//go:build !portable

package gymnasium

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ViZDoom leaves its shared memory, some 11 MB a game, in this folder when it is killed.
const (
	sharedFolder = "/dev/shm/"
	doomPattern  = sharedFolder + "ViZDoom*"
)

// remains lists ViZDoom's files that processes of the group use.
func remains(group int) []string {
	if files, err := filepath.Glob(doomPattern); err != nil || len(files) == 0 {
		return nil // which is nearly always
	}
	var found []string
	for _, pid := range processes() {
		if groupOf(pid) == group {
			found = append(found, doomFiles(pid)...)
		}
	}
	return found
}

// sweep removes what ViZDoom left behind when covey itself was killed with it: files of this user, not new, that no process
// uses.
func sweep() {
	files, err := filepath.Glob(doomPattern)
	if err != nil || len(files) == 0 {
		return
	}
	used := map[string]bool{}
	for _, pid := range processes() {
		for _, f := range doomFiles(pid) {
			used[f] = true
		}
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err == nil && !used[f] && time.Since(info.ModTime()) > time.Minute && ownedByUs(info) {
			_ = os.Remove(f) // somebody may have been faster
		}
	}
}

func ownedByUs(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

// processes lists the numbers of those that can be seen.
func processes() []int {
	var all []int
	entries, _ := os.ReadDir("/proc") // without it nothing is seen
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// groupOf is the process's group, 0 if it is gone.
func groupOf(pid int) int {
	group, err := syscall.Getpgid(pid)
	if err != nil {
		return 0
	}
	return group
}

// doomFiles lists ViZDoom's files that the process has mapped: none of one that is gone, nor of one that may not be looked at,
// which has its files open by now and needs no name for them.
func doomFiles(pid int) (found []string) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(maps) {
		if _, name, ok := strings.Cut(string(line), sharedFolder+"ViZDoom"); ok {
			found = append(found, sharedFolder+"ViZDoom"+strings.TrimSpace(name))
		}
	}
	return found
}

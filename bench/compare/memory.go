package compare

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watchMemory looks at the memory of a process and its children until the function that it returns
// is called, which tells the peak in bytes; 0 where the system does not tell.
func watchMemory(pid int, every time.Duration) (peak func() uint64) {
	if every == 0 {
		return func() uint64 { return 0 }
	}
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var highest uint64
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			highest = max(highest, memory(pid))
			select {
			case <-stop:
				done <- highest
				return
			case <-ticker.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-done
	}
}

// memory is what a process takes now: the most that it ever held where it is alone; with children,
// the sum of their proportional shares, which counts common pages once.
func memory(pid int) uint64 {
	family := descendants(pid)
	if len(family) == 1 {
		return field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:")
	}
	var sum uint64
	for _, p := range family {
		sum += field(fmt.Sprintf("/proc/%d/smaps_rollup", p), "Pss:")
	}
	return sum
}

// descendants is the process with its children and theirs. The kernel lists children by the thread that started them, and Go starts
// one from whichever it is on.
func descendants(pid int) []int {
	family := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return family
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil { // the thread has ended
			continue
		}
		for text := range strings.FieldsSeq(string(children)) {
			if child, err := strconv.Atoi(text); err == nil {
				family = append(family, descendants(child)...)
			}
		}
	}
	return family
}

// field is the number of kilobytes that stands after a name in one of the files under /proc, in bytes.
func field(file, name string) uint64 {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(content, []byte("\n"+name))
	if !found {
		return 0
	}
	words := bytes.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(string(words[0]), 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}

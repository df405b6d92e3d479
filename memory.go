package covey

import (
	"bytes"
	"os"
	"strconv"
)

// freeMemory is how much memory a process can take without others suffering, as Linux estimates it;
// elsewhere it is not known.
func freeMemory() (free uint64, known bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	_, rest, _ := bytes.Cut(text, []byte("MemAvailable:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, false
	}
	kilobytes, err := strconv.ParseUint(string(fields[0]), 10, 64)
	return kilobytes << 10, err == nil
}

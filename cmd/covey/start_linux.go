package main

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// processStart is when the process started. The kernel tells it in ticks of 10 ms, which is coarse where
// whole runs take a tenth of a second; within the tick, the processor time used so far says how long
// ago it was, since nothing waits before main.
func processStart() time.Time {
	now := time.Now()
	estimate := now.Add(-processorTime())
	age, ok := tickAge()
	if !ok {
		return estimate
	}
	tick := now.Add(-age)
	if estimate.Before(tick) {
		return tick
	}
	if next := tick.Add(10 * time.Millisecond); estimate.After(next) {
		return next
	}
	return estimate
}

// tickAge is how long ago the tick began in which the process started.
func tickAge() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, false
	}
	// The name, in parentheses, may hold anything; the 20th field after it is starttime.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return 0, false
	}
	ticks, err := strconv.ParseInt(string(fields[19]), 10, 64)
	if err != nil {
		return 0, false
	}
	var boot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot); err != nil {
		return 0, false
	}
	return time.Duration(boot.Nano()) - time.Duration(ticks)*10*time.Millisecond, true
}

// processorTime is what the process has used.
func processorTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used); err != nil {
		return 0
	}
	return time.Duration(used.Nano())
}

package main

import (
	"testing"
	"time"
)

// TestProcessStart lies within the kernel's tick, which is before now; asked again, it is the same tick.
func TestProcessStart(t *testing.T) {
	age, ok := tickAge()
	if !ok {
		t.Fatal("the kernel does not say when this process started")
	}
	tick := time.Now().Add(-age)
	since := processStart().Sub(tick)
	if since < -time.Millisecond || since > 11*time.Millisecond || age < 0 || !processStart().Before(time.Now()) {
		t.Errorf("the process started %v after its tick, %v ago", since, age)
	}
}

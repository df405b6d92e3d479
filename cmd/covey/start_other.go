//go:build !linux

package main

import "time"

// processStart is now: when main's variables are initialised, a few milliseconds after the process started.
func processStart() time.Time { return time.Now() }

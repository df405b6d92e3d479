//go:build !linux || portable

// The tag portable makes the bridge on Linux what it is elsewhere, for tests.

package gymnasium

import (
	"errors"
	"os"
	"os/exec"
)

func newMemory() (*os.File, error) { return nil, errors.ErrUnsupported }

func mapMemory(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmap([]byte) {}

func newPipe() (read, write *os.File, err error) { return os.Pipe() }

func await(*os.File) {} // readers wait by themselves

func awaitDeath(cmd *exec.Cmd) { _ = cmd.Wait() } // burying it: how it ended stands in its state

func remains(int) []string { return nil }

func sweep() {}

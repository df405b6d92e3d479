//go:build !linux

package gymnasium

import (
	"errors"
	"os"
)

const sharedMemory = false

func newMemory() (*os.File, error) { return nil, errors.ErrUnsupported }

func mapMemory(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmap([]byte) {}

func newPipe() (read, write *os.File, err error) { return os.Pipe() }

func await(*os.File) {} // readers wait by themselves

func awaitDeath(int) {} // waiting is burying here

func remains(int) []string { return nil }

func sweep() {}

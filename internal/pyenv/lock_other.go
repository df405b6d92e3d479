//go:build !darwin && !linux

package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// lockFile waits until it can create the file, and returns its removal. A process that dies leaves
// the file behind; the error of whoever waits in vain says so.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_ = f.Close()
			return func() { _ = os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w (remove %s if no other process runs)", ctx.Err(), path)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

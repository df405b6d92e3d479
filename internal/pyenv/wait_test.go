package pyenv

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// TestWaitForTheLock: who waits can be interrupted, and leaves the lock to others.
func TestWaitForTheLock(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "python")
	unlock, err := lockFolder(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	waited := make(chan error)
	go func() {
		_, err := lockFolder(ctx, folder)
		waited <- err
	}()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = lockFolder(context.Background(), folder); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

package checkpoint_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covey/checkpoint"
)

// TestLock: a folder belongs to one process, until it lets go or is killed.
func TestLock(t *testing.T) {
	if dir := os.Getenv("COVEY_TEST_LOCK"); dir != "" {
		unlock, err := checkpoint.Lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("locked")
		time.Sleep(time.Hour)
		t.Fatal(unlock())
	}
	dir := t.TempDir()
	mustBe := func(held bool, pid int) {
		t.Helper()
		if h, p, err := checkpoint.Locked(dir); h != held || p != pid || err != nil {
			t.Errorf("locked: %v by %d, %v; want %v by %d", h, p, err, held, pid)
		}
	}
	mustBe(false, 0)
	if got := filesOf(t, dir); len(got) > 0 {
		t.Errorf("looking has made %v", got)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLock$")
	cmd.Env = append(os.Environ(), "COVEY_TEST_LOCK="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the other process said nothing")
	}
	mustBe(true, cmd.Process.Pid)
	_, err = checkpoint.Lock(dir)
	var used *checkpoint.InUseError
	if !errors.As(err, &used) || used.PID != cmd.Process.Pid || used.Dir != dir || !strings.Contains(err.Error(), fmt.Sprintf("run folder %s is in use by process %d", dir, used.PID)) {
		t.Errorf("error %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // reports the kill
	mustBe(false, 0)

	unlock, err := checkpoint.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(true, os.Getpid())
	if _, err := checkpoint.Lock(dir); !errors.As(err, &used) || used.PID != os.Getpid() {
		t.Errorf("within one process: error %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	mustBe(false, 0)
	again, err := checkpoint.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
	if _, err := checkpoint.Lock(filepath.Join(dir, "nowhere")); err == nil || errors.As(err, &used) {
		t.Errorf("in no folder: error %v", err)
	}
}

// TestLookingDoesNotLockOut: a lock is taken while others look again and again.
func TestLookingDoesNotLockOut(t *testing.T) {
	dir := t.TempDir()
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if _, _, err := checkpoint.Locked(dir); err != nil {
				stopped <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	for range 50 {
		unlock, err := checkpoint.Lock(dir)
		if err != nil {
			t.Error(err)
			break
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

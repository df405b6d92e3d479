package checkpoint_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"covey/checkpoint"
)

// TestKilledWriter kills a process that writes checkpoints without pause; each time, the folder must
// hold a whole one.
func TestKilledWriter(t *testing.T) {
	if dir := os.Getenv("COVEY_TEST_WRITER"); dir != "" {
		for x := float32(1); ; x++ {
			write(t, dir, x)
			fmt.Println("written")
		}
	}
	dir := t.TempDir()
	for i := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
		cmd.Env = append(os.Environ(), "COVEY_TEST_WRITER="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if !bufio.NewScanner(out).Scan() {
			t.Fatal("the writer wrote nothing")
		}
		time.Sleep(time.Duration(i) * 300 * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // reports the kill
		if _, err := checkpoint.Open(dir); err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
	}
}

// TestReadWhileWritten reads a checkpoint that is replaced all the while.
func TestReadWhileWritten(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0)
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for x := float32(1); ; x++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := checkpoint.Write(dir, manifest(), saved(x), shapes); err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 200 {
		if _, err := checkpoint.Open(dir); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

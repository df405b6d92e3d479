package checkpoint_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"covey/checkpoint"
)

// copyFile copies dir/file of one checkpoint to another's, under the given name.
func copyFile(t *testing.T, to, toName, from, file string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(from, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, toName), b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestEveryInstantIsLoadable builds what a writer killed between any two of its steps leaves behind.
func TestEveryInstantIsLoadable(t *testing.T) {
	next := t.TempDir()
	write(t, next, 2)
	data, text := checkpoint.PolicyFile, checkpoint.ManifestFile
	steps := []struct {
		name string
		left func(t *testing.T, dir string) // after the steps before it
		want float32
	}{
		{"data cut off", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, data+".new"), []byte("half"), 0o666); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"data aside", func(t *testing.T, dir string) { copyFile(t, dir, data+".new", next, data) }, 1},
		{"manifest aside", func(t *testing.T, dir string) { copyFile(t, dir, text+".new", next, text) }, 1},
		{"manifest in place", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, text+".new"), filepath.Join(dir, text)); err != nil {
				t.Fatal(err)
			}
		}, 2},
		{"data in place", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, data+".new"), filepath.Join(dir, data)); err != nil {
				t.Fatal(err)
			}
		}, 2},
	}
	for killed := range steps {
		t.Run(steps[killed].name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, 1)
			for _, step := range steps[:killed+1] {
				step.left(t, dir)
			}
			mustHold(t, dir, steps[killed].want)
			// A further write that fails before its commit must not harm what is there.
			if err := os.Mkdir(filepath.Join(dir, text+".new"), 0o777); err == nil {
				if err := checkpoint.Write(dir, manifest(), saved(3), shapes); err == nil {
					t.Fatal("the manifest was written over a folder")
				}
				mustHold(t, dir, steps[killed].want)
				if err := os.Remove(filepath.Join(dir, text+".new")); err != nil {
					t.Fatal(err)
				}
			}
			write(t, dir, 4)
			mustHold(t, dir, 4)
		})
	}
}

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
		if _, _, err := checkpoint.Read(dir); err != nil {
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
		if _, _, err := checkpoint.Read(dir); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

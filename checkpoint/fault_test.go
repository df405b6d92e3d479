package checkpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"covey/checkpoint"
)

// operation is one thing that a store did on the disk.
type operation struct{ op, path string }

// tap lets a store do a number of things on the disk and keeps account of them.
type tap struct {
	left   int // things that still work
	log    []operation
	err    error  // what happens then
	once   bool   // to one thing only: afterwards the disk works again
	failed string // the operation to which it happened first
}

func (d *tap) watch(op, path string) error {
	d.left--
	if d.left == -1 {
		d.failed = op
	}
	if d.left == -1 || d.left < 0 && !d.once {
		return d.err
	}
	d.log = append(d.log, operation{op, path})
	return nil
}

// each tries a save of step 3, after those of the given steps, for every number of things that work before the
// disk fails, and then hands the folder to check.
func each(t *testing.T, keep int, before []uint64, err error, once bool, check func(s *checkpoint.Store, l *learner, d *tap, failure error)) {
	t.Helper()
	for works := 0; ; works++ {
		dir := t.TempDir()
		s := &checkpoint.Store{Dir: dir, Keep: keep}
		s.Watch(nil)
		l := newLearner(3)
		for x := uint64(1); x <= 3; x++ {
			l.live(x)
			if slices.Contains(before, x) {
				if err := errors.Join(save(s, l, x), s.Wait()); err != nil {
					t.Fatal(err)
				}
			}
		}
		d := &tap{left: works, err: err, once: once}
		s.Watch(d.watch)
		failure := errors.Join(save(s, l, 3), s.Wait())
		s.Watch(nil)
		check(s, l, d, failure)
		if t.Failed() {
			t.Fatalf("after %d things worked, the last of them %v", works, d.log[max(len(d.log)-1, 0):])
		}
		if d.left >= 0 {
			if works < 20 {
				t.Fatalf("a save does %d things only", works)
			}
			return
		}
	}
}

var errKilled = errors.New("killed")

// newestStep is that of the newest checkpoint, which must be whole, all others too.
func newestStep(t *testing.T, dir string) uint64 {
	t.Helper()
	c, skipped, err := checkpoint.NewestResumable(dir)
	if err != nil {
		t.Fatal(err)
	}
	step := c.Manifest.Counters.EnvSteps
	mustLoad(t, dir, step, 0)
	if len(skipped) > 0 {
		t.Errorf("a killed writer left %q", skipped)
	}
	return step
}

// TestKilledAtEveryStep: a writer that is killed leaves the new checkpoint or the one before, and nothing
// that the next writer stumbles over.
func TestKilledAtEveryStep(t *testing.T) {
	for _, before := range [][]uint64{{2}, {1, 2}, {3}, {1, 3}} {
		var newer int
		keep := len(before)
		each(t, keep, before, errKilled, false, func(s *checkpoint.Store, _ *learner, d *tap, failure error) {
			if (failure == nil) != (d.failed == "") {
				t.Errorf("error %v", failure)
			}
			if newestStep(t, s.Dir) == 3 {
				newer++
			} else if newer > 0 {
				t.Error("the new checkpoint came and went")
			}
			next := &checkpoint.Store{Dir: s.Dir, Keep: keep} // of another process
			next.Watch(nil)
			l := after(4)
			if err := errors.Join(save(next, l, 4), next.Wait()); err != nil {
				t.Error(err)
			}
			mustLoad(t, s.Dir, 4, 0)
			if got := names(t, s.Dir); len(got) != keep {
				t.Errorf("the folder holds %v", got)
			}
		})
		if newer < 3 {
			t.Errorf("the new checkpoint was there in %d cases", newer)
		}
	}
}

// TestFailureAtEveryStep: a disk that is full, or that fails in another way, once. The run goes on, and so
// does the store.
func TestFailureAtEveryStep(t *testing.T) {
	for cause, before := range map[error][]uint64{syscall.ENOSPC: {1, 2}, syscall.EROFS: {1, 3}} {
		each(t, 2, before, &os.PathError{Op: "write", Path: "x", Err: cause}, true, func(s *checkpoint.Store, l *learner, d *tap, failure error) {
			good := d.failed == "" || d.failed == "link" // without links it writes
			if errors.Is(failure, cause) == good {
				t.Errorf("error %v", failure)
			}
			if step := newestStep(t, s.Dir); good && step != 3 {
				t.Errorf("newest is %d", step)
			}
			for _, name := range names(t, s.Dir) {
				if strings.HasPrefix(name, ".new-") && d.failed != "discard" {
					t.Errorf("%s was left behind", name)
				}
			}
			l.live(4)
			if err := errors.Join(save(s, l, 4), s.Wait()); err != nil {
				t.Error(err)
			}
			mustLoad(t, s.Dir, 4, 0)
		})
	}
}

// TestPowerLossAtEveryStep: what was not brought to the disk is lost, be it contents of files or the last
// names in a folder.
func TestPowerLossAtEveryStep(t *testing.T) {
	for _, before := range [][]uint64{{2}, {3}} {
		for _, namesToo := range []bool{false, true} {
			each(t, 1, before, errKilled, false, func(s *checkpoint.Store, _ *learner, d *tap, _ error) {
				lose(t, d.log, namesToo)
				newestStep(t, s.Dir)
			})
		}
	}
}

// lose undoes what a log says was done but not brought to the disk.
func lose(t *testing.T, log []operation, namesToo bool) {
	t.Helper()
	moved := func(path string, renames []operation) string { // where a file of the new checkpoint is now
		for _, r := range renames {
			base := filepath.Base(r.path)
			path = strings.Replace(path, ".new-"+base, base, 1)
		}
		return path
	}
	var renames []operation
	for i, o := range log {
		if o.op != "rename" {
			continue
		}
		dir, base := filepath.Split(o.path)
		if namesToo && !strings.HasPrefix(base, ".") && !slices.Contains(log[i+1:], operation{"syncdir", filepath.Clean(dir)}) {
			if err := os.Rename(o.path, filepath.Join(dir, ".new-"+base)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		renames = append(renames, o)
	}
	for i, o := range log {
		if o.op == "create" && !slices.Contains(log[i+1:], operation{"sync", o.path}) {
			if err := os.Truncate(moved(o.path, renames), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
}

// TestLateFailuresAreReported: what fails in the background is the next call's to say, once; that one does its
// own work all the same.
func TestLateFailuresAreReported(t *testing.T) {
	s := &checkpoint.Store{Dir: t.TempDir(), Keep: 2}
	s.Watch(func(op, path string) error {
		if op == "sync" && strings.HasSuffix(path, filepath.Join("step-000000000002", checkpoint.StateFile)) {
			return syscall.EIO
		}
		return nil
	})
	for x := uint64(1); x <= 3; x++ {
		err := save(s, after(x), x)
		if wrong := x == 3; errors.Is(err, syscall.EIO) != wrong || wrong && !strings.Contains(err.Error(), "step-000000000002") {
			t.Errorf("save %d: error %v", x, err)
		}
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
	mustLoad(t, s.Dir, 3, 0)
	if got, want := names(t, s.Dir), []string{"step-000000000001", "step-000000000003"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}

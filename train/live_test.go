package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"covey/algo"
	"covey/checkpoint"
	"covey/env"
)

// failing makes busy pupils of which the first times do how at an update.
func failing(t *testing.T, at uint64, times int32, how func()) Create {
	left := new(atomic.Int32)
	left.Store(times)
	return func(float32) (algo.Learner, error) {
		l := newBusy(t)
		before := l.before
		l.before = func(turn uint64) error {
			if turn == at && left.Add(-1) >= 0 {
				how()
			}
			return before(turn)
		}
		return l, nil
	}
}

// TestFailingLearnersAreReplaced: one that panics or hangs is, and the run ends as if it had not.
func TestFailingLearnersAreReplaced(t *testing.T) {
	whole := t.TempDir()
	want := outcome(t, whole, mustRun(t, newBusy(t), busy(whole)))
	forever := make(chan struct{})
	defer close(forever)
	for name, how := range map[string]func(){"panic: no ground": func() { panic("no ground") }, "the learner hangs: no update in 200ms": func() { <-forever }} {
		for _, every := range []uint64{0, 700} { // from the beginning, and from a checkpoint
			o := busy(t.TempDir())
			o.Checkpoints.Every, o.Deadline, o.Restarts = every, 200*time.Millisecond, 2
			r, err := Run(context.Background(), failing(t, 201, 2, how), o)
			if err != nil {
				t.Fatal(err)
			}
			hung := strings.Contains(name, "hangs")
			if r.Restarts != 2 || (r.Abandoned == 2) != hung || len(r.Warnings) < 4 || !strings.Contains(r.Warnings[0]+r.Warnings[1], name) {
				t.Errorf("%s: %d restarts, %d abandoned, warnings %q", name, r.Restarts, r.Abandoned, r.Warnings)
			}
			if _, err := os.Stat(filepath.Join(o.Dir, panicFile)); (err == nil) == hung {
				t.Errorf("%s: where it happened: %v", name, err)
			}
			i := slices.IndexFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "saturated") })
			r.Restarts, r.Abandoned, r.Warnings = 0, 0, r.Warnings[i:i+1]
			mustEqual(t, name, outcome(t, o.Dir, r), want)
		}
	}
}

// TestOneLearnerAtATime: the memory of a learner that failed is free before the next one is made.
func TestOneLearnerAtATime(t *testing.T) {
	var before weak.Pointer[pupil]
	made := 0
	create := func(float32) (algo.Learner, error) {
		if before.Value() != nil {
			t.Error("the learner before is still there")
		}
		l, first := newBusy(t), made == 0
		made++
		before = weak.Make(l)
		next := l.before
		l.before = func(turn uint64) error {
			if turn == 201 && first {
				panic("no ground")
			}
			return next(turn)
		}
		return l, nil
	}
	o := busy(t.TempDir())
	o.Restarts = 1
	if r, err := Run(context.Background(), create, o); err != nil || r.Restarts != 1 || made != 2 {
		t.Errorf("%d learners, %d restarts, error %v", made, r.Restarts, err)
	}
}

// TestRestartsAreCounted: when there have been enough, and without a folder, the failure is the run's.
func TestRestartsAreCounted(t *testing.T) {
	o := busy(t.TempDir())
	o.Restarts = 2
	r, err := Run(context.Background(), failing(t, 201, 100, func() { panic("no ground") }), o)
	if err == nil || !strings.HasPrefix(err.Error(), "panic: no ground (after 2 restarts)") || r.Error == "" || r.Restarts != 2 || r.Deterministic {
		t.Errorf("%+v, error %v", r, err)
	}
	mustOpen(t, o.Dir, newPolicy(t, 2)) // as it came to be
	o.Dir = ""
	r, err = Run(context.Background(), failing(t, 201, 1, func() { panic("no ground") }), o)
	var p *algo.Panic
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "without a folder") || r.Restarts != 0 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// TestPanicsOfOursAreNotRetried: an environment of the evaluation that panics would do so with any learner.
func TestPanicsOfOursAreNotRetried(t *testing.T) {
	times := new(atomic.Int32)
	times.Store(1 << 20)
	o := busy(t.TempDir())
	o.Restarts = 5
	o.Eval.New = func() (env.Environment, error) { return &unruly{times: times, how: func() { panic("no ground") }}, nil }
	r, err := Run(context.Background(), with(newBusy(t)), o)
	if err == nil || !strings.HasPrefix(err.Error(), "step 700: evaluate: panic: no ground") || r.Restarts != 0 {
		t.Errorf("%d restarts, error %v", r.Restarts, err)
	}
	if stack := string(read(t, o.Dir, panicFile)); !strings.Contains(stack, "unruly).Step") {
		t.Errorf("the stack is %s", stack)
	}
}

// TestIncidentsAreTold, by whichever goroutine they are noted.
func TestIncidentsAreTold(t *testing.T) {
	o := busy(t.TempDir())
	o.Incidents = new(Incidents)
	l := newBusy(t)
	before := l.before
	l.before = func(turn uint64) error {
		if turn == 100 || turn == 300 { // the last one, too
			done := make(chan struct{})
			go func() { o.Incidents.Note("an environment was made anew"); close(done) }()
			<-done
		}
		return before(turn)
	}
	r := mustRun(t, l, o)
	if n := strings.Count(strings.Join(r.Warnings, "\n"), "an environment was made anew"); n != 2 || r.EnvRestarts != 2 {
		t.Errorf("told %d times, %d counted: %q", n, r.EnvRestarts, r.Warnings)
	}
}

// TestAnAbandonedLearnerStaysOut: when it comes back, its boundary is closed to it.
func TestAnAbandonedLearnerStaysOut(t *testing.T) {
	back, told := make(chan struct{}), make(chan error, 1)
	first := true
	create := func(float32) (algo.Learner, error) {
		l := newBusy(t)
		if !first {
			return l, nil
		}
		first = false
		before := l.before
		l.before = func(turn uint64) error {
			if turn == 50 {
				<-back
			}
			return before(turn)
		}
		return spied{l, told}, nil
	}
	o := busy(t.TempDir())
	o.Deadline, o.Restarts = 100*time.Millisecond, 1
	if r, err := Run(context.Background(), create, o); err != nil || r.Abandoned != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
	close(back)
	if err := <-told; !errors.Is(err, errFenced) {
		t.Errorf("it ended with %v", err)
	}
}

// spied tells how its Run ended.
type spied struct {
	*pupil
	told chan error
}

func (s spied) Run(ctx context.Context, b algo.Boundary) error {
	err := s.pupil.Run(ctx, b)
	s.told <- err
	return err
}

// TestPatienceEnds: an interrupted learner that comes to no boundary is told to end, and is left alone if it does not. What
// it had learned is in a checkpoint then, unless it was left alone.
func TestPatienceEnds(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for _, tt := range []struct {
		name      string
		every     uint64
		abandoned int
		saved     uint64
	}{{"listens", 700, 0, 1980}, {"listens", 0, 0, 1980}, {"deaf", 700, 1, 1400}, {"deaf", 0, 1, 0}} {
		name, want := tt.name, tt.abandoned
		o := busy(t.TempDir())
		o.Checkpoints.Every, o.patience = tt.every, 20*time.Millisecond
		ctx, cancel := context.WithCancel(context.Background())
		r, err := Run(ctx, func(float32) (algo.Learner, error) {
			return stubborn{newBusy(t), cancel, name == "deaf", forever}, nil
		}, o)
		if err != nil || !r.Interrupted || r.Abandoned != want || (r.Policy == nil) != (want == 1) {
			t.Errorf("one that %s: %+v, error %v", name, r, err)
		}
		c, _, err := checkpoint.NewestResumable(filepath.Join(o.Dir, CheckpointFolder))
		if tt.saved == 0 && !errors.Is(err, checkpoint.ErrNone) || tt.saved > 0 && (err != nil || c.Manifest.Counters.EnvSteps != tt.saved) {
			t.Errorf("one that %s: want a checkpoint of step %d, error %v", name, tt.saved, err)
		}
		o.Resume = true
		if r, err := Run(context.Background(), with(newBusy(t)), o); err != nil || r.EnvSteps != 6000 {
			t.Errorf("resumed: %+v, error %v", r, err)
		}
	}
}

// stubborn is a learner that comes to no further boundary after a while, when it is interrupted.
type stubborn struct {
	*pupil
	interrupt func()
	deaf      bool
	forever   chan struct{}
}

func (s stubborn) Run(ctx context.Context, b algo.Boundary) error {
	s.before = func(turn uint64) error {
		if turn < 100 {
			return nil
		}
		s.interrupt()
		if s.deaf {
			<-s.forever
		}
		<-ctx.Done()
		return fmt.Errorf("worker 0: %w", ctx.Err())
	}
	return s.pupil.Run(ctx, b)
}

// TestWhatCannotBeWrittenIsLost, said, and no reason to end; at the end it is an error.
func TestWhatCannotBeWrittenIsLost(t *testing.T) {
	for name, back := range map[string]bool{"comes back": true, "stays away": false} {
		o := busy(t.TempDir())
		o.Checkpoints = Checkpoints{Every: 400, Keep: 2}
		store := filepath.Join(o.Dir, CheckpointFolder)
		l := newBusy(t)
		before := l.before
		l.before = func(turn uint64) error {
			switch {
			case turn == 100: // a file stands where the folder was: even root cannot write there
				must(0, os.Rename(store, store+".away"))
				must(0, os.WriteFile(store, nil, 0o666))
			case turn == 200 && back:
				must(0, os.Remove(store))
				must(0, os.Rename(store+".away", store))
			}
			return before(turn)
		}
		r, err := Run(context.Background(), with(l), o)
		said := strings.Count(strings.Join(r.Warnings, "\n"), "a checkpoint could not be written")
		if r.EnvSteps != 6000 || r.FailedSaves < 3 || said != 1 || r.Eval == nil || (err == nil) != back {
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
		if !back {
			if !strings.Contains(err.Error(), "the last checkpoint could not be written") {
				t.Errorf("error %v", err)
			}
			c, _, err := checkpoint.NewestResumable(store + ".away")
			if err != nil || c.Manifest.Counters.EnvSteps < 1000 {
				t.Errorf("the checkpoints from before are gone: %v", err)
			}
		}
	}
}

// TestJournal: what a file has lost is said, what was written in part is cut, and nothing ends the run.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := openJournal(path, true)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if n, err := j.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d bytes, error %v", n, err)
		}
	}
	long := strings.Repeat("x", 5000)
	write("one\ntwo\n" + long + "\nthree\n")
	whole := j.size
	j.size = 8 // as a checkpoint remembers
	if lost, err := j.cut(); lost != "" || err != nil || string(read(t, path)) != "one\ntwo\n" {
		t.Errorf("%q, %v: %q", lost, err, read(t, path))
	}
	write(long + "\nfo") // cut off here
	j.size = whole
	if lost, err := j.cut(); err != nil || !strings.Contains(lost, "is shorter than it was, 5011 of 5015 bytes") || string(read(t, path)) != "one\ntwo\n"+long+"\n" {
		t.Errorf("%q, %v: %d bytes", lost, err, len(read(t, path)))
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	write("lost\n")
	if err := j.failure(); err == nil {
		t.Error("a write to a closed file has not failed")
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.file.WriteAt([]byte("half a li"), int64(j.size)); err != nil { // of what failed
		t.Fatal(err)
	}
	write("3\n")
	if err := errors.Join(j.failure(), j.Close()); err != nil || string(read(t, path)) != "one\ntwo\n"+long+"\n3\n" {
		t.Errorf("%v: %q", err, read(t, path))
	}
}

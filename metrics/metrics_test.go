package metrics_test

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covey/internal/pyenv/pyenvtest"
	"covey/metrics"
	"covey/state"
)

// buffer is a file in memory that can fail.
type buffer struct {
	strings.Builder
	fail   error
	closed bool
}

func (b *buffer) Write(p []byte) (int, error) {
	if b.fail != nil {
		return 0, b.fail
	}
	return b.Builder.Write(p)
}

func (b *buffer) Close() error { b.closed = true; return nil }

func TestRecorderMeans(t *testing.T) {
	var file buffer
	sink := metrics.NewCSV(&file, []string{"step", "loss", "norm"})
	if err := sink.Begin(); err != nil {
		t.Fatal(err)
	}
	r := metrics.NewRecorder([]string{"step"}, []string{"loss", "norm"}, sink)
	at := time.Unix(0, 0)
	for _, v := range [][]float64{{1, 0.5}, {2, math.NaN()}, {6, 0.25}} {
		r.Observe(v)
	}
	for _, step := range []float64{400000, 5e15} {
		if err := r.Record(uint64(step), at, step); err != nil {
			t.Fatal(err)
		}
	}
	r.Observe([]float64{-0.1, 1e-9})
	if err := errors.Join(r.Record(7, at, math.NaN()), r.Close()); err != nil {
		t.Fatal(err)
	}
	want := "step,loss,norm\n400000,3,0.375\n5000000000000000,,\n,-0.1,1e-09\n"
	if file.String() != want || !file.closed {
		t.Errorf("wrote (closed: %v)\n%s\nwant\n%s", file.closed, file.String(), want)
	}
	if r.Last("norm") != 1e-9 || !math.IsNaN(r.Last("nothing")) {
		t.Errorf("the last norm is %v", r.Last("norm"))
	}
}

// TestRecorderGoesOn: one that was loaded writes the rows that the other would have written.
func TestRecorderGoesOn(t *testing.T) {
	var whole, parts buffer
	at := time.Unix(0, 0)
	make := func(file *buffer) *metrics.Recorder {
		return metrics.NewRecorder([]string{"step"}, []string{"loss", "norm"}, metrics.NewCSV(file, []string{"step", "loss", "norm"}))
	}
	live := func(r *metrics.Recorder, from, to int) {
		for i := from; i < to; i++ {
			r.Observe([]float64{1 / float64(i+3), float64(i)})
			if i%4 == 3 {
				if err := r.Record(uint64(i), at, float64(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	live(make(&whole), 0, 20)
	first, second := make(&parts), make(&parts)
	live(first, 0, 10)
	tree, err := state.Save(saved{first})
	if err == nil {
		err = state.Load(saved{second}, tree)
	}
	if err != nil {
		t.Fatal(err)
	}
	if first.Last("loss") != second.Last("loss") {
		t.Errorf("the last loss was %v, is %v", first.Last("loss"), second.Last("loss"))
	}
	live(second, 10, 20)
	if whole.String() != parts.String() {
		t.Errorf("wrote\n%s\nwant\n%s", parts.String(), whole.String())
	}
}

type saved struct{ *metrics.Recorder }

func (s saved) State(w state.Walker) error {
	s.Recorder.State(w)
	return nil
}

func TestObserveDoesNotAllocate(t *testing.T) {
	r := metrics.NewRecorder(nil, []string{"a", "b"})
	values := []float64{1, 2}
	if n := testing.AllocsPerRun(100, func() { r.Observe(values) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSinkErrorsAreReported(t *testing.T) {
	file := &buffer{}
	sink := metrics.NewCSV(file, []string{"a"})
	file.fail = errors.New("disk full")
	r := metrics.NewRecorder([]string{"a"}, nil, sink)
	if err := r.Record(1, time.Now(), 1); !errors.Is(err, file.fail) {
		t.Errorf("error %v", err)
	}
	if err := metrics.NewCSV(file, []string{"a"}).Begin(); !errors.Is(err, file.fail) {
		t.Errorf("error of the header: %v", err)
	}
}

func TestLineOnATerminal(t *testing.T) {
	var b strings.Builder
	l := metrics.NewLine(&b, true, 7)
	for now := time.Duration(0); now < 250*time.Millisecond; now += 10 * time.Millisecond {
		if l.Due(now) {
			l.Show(now, "ünder way")
		}
	}
	l.Event("solved")
	l.Clear()
	want := "\ründer w\x1b[K" + "\ründer w\x1b[K" + "\r\x1b[K" + "solved\n"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

func TestLineElsewhere(t *testing.T) {
	var b strings.Builder
	l := metrics.NewLine(&b, false, 7)
	for now := time.Duration(0); now <= 11*time.Second; now += time.Second {
		if l.Due(now) {
			l.Show(now, "still under way")
		}
	}
	l.Event("solved")
	if want := "still under way\nstill under way\nsolved\n"; b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

func TestZeroLineIsSilent(t *testing.T) {
	var l metrics.Line
	if l.Due(time.Hour) {
		t.Error("a line that shows nothing is due")
	}
	l.Show(0, "x")
	l.Event("x")
	l.Clear()
}

// script prints an event file as TensorBoard reads it.
const script = `
import sys
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2
for raw in RawEventFileLoader(sys.argv[1]).Load():
    e = event_pb2.Event.FromString(raw)
    print(e.wall_time, e.step, e.file_version, [(v.tag, v.simple_value) for v in e.summary.value])
`

func TestTensorBoardReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.out.tfevents.0")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sink := metrics.NewTensorBoard(file, []string{"return", "loss"})
	if err := sink.Begin(time.Unix(1, 500e6)); err != nil {
		t.Fatal(err)
	}
	r := metrics.NewRecorder([]string{"return"}, []string{"loss"}, sink)
	if err := r.Record(300, time.Unix(2, 0), -1.5); err != nil {
		t.Fatal(err)
	}
	r.Observe([]float64{0.25})
	if err := errors.Join(r.Record(1<<40, time.Unix(3, 0), 475), r.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(pyenvtest.Interpreter(t), "-c", script, path).Output()
	want := `1.5 0 brain.Event:2 []
2.0 300  [('return', -1.5)]
3.0 1099511627776  [('return', 475.0), ('loss', 0.25)]
`
	if err != nil || strings.ReplaceAll(string(out), "\r", "") != want {
		t.Fatalf("python printed (%v)\n%s\nwant\n%s", err, out, want)
	}
}

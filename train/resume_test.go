package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"covey/algo"
	"covey/checkpoint"
	"covey/env"
	"covey/metrics"
	"covey/rollout"
	"covey/state"
)

// busy are options of a run in which something of everything is due, at boundaries of their own and together.
func busy(dir string) Options {
	o := options()
	high := 10.0
	o.Dir, o.Budget.Steps, o.LogEvery, o.Eval.Every, o.SolveAt, o.Deterministic, o.TensorBoard = dir, 6000, 150, 700, &high, true, true
	return o
}

// newBusy is a pupil of busy options: its policy changes with every update, its returns rise, and its entropy falls.
func newBusy(t testing.TB) *pupil {
	l := newPupil(t)
	l.episodes = func(turn uint64) []rollout.Episode {
		return []rollout.Episode{{Return: float64(turn) / 20, Length: int(turn)}, {Return: float64(turn%7) + 5, Length: 3, Stream: 1}}[:turn%3]
	}
	l.metrics = func(turn uint64) []float64 { return []float64{1 / float64(turn), 100 / float64(turn*turn)} }
	l.before = func(turn uint64) error {
		l.policy.Params[turn%8] += 0.01
		return nil
	}
	return l
}

// outcome is what of a run has to be the same however often it was left: the result but for its times, and the
// table but for its.
func outcome(t *testing.T, dir string, r *Result) string {
	t.Helper()
	x := *r
	x.WallS, x.StepsPerS, x.SolvedAtS, x.Resumes = 0, 0, nil, 0
	table, err := metrics.ReadCSV(bytes.NewReader(read(t, dir, ProgressFile)))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s\n%v\n", lines, table.Names)
	for _, row := range table.Rows {
		row[table.Column("wall_s")], row[table.Column("steps_per_s")] = 0, 0
		text += fmt.Sprintln(row)
	}
	return text
}

// mustEqual fails at the first line that differs.
func mustEqual(t *testing.T, what, got, want string) {
	t.Helper()
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s: line %d is\n%s\nwant\n%s", what, i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		t.Fatalf("%s: %d lines, want %d", what, len(a), len(b))
	}
}

// TestInterruptedAnywhere: a run that is interrupted at any boundary, and resumed, ends as if it had not been.
func TestInterruptedAnywhere(t *testing.T) {
	whole := t.TempDir()
	want := outcome(t, whole, mustRun(t, newBusy(t), busy(whole)))
	if !strings.Contains(want, `"solved": true`) || !strings.Contains(want, `"deterministic": true`) {
		t.Fatalf("the run is not busy enough: %s", want)
	}
	for at := uint64(1); at <= 300; at++ {
		if at%17 > 1 && at%35 != 0 && at != 271 { // where nothing is due; 271: solved
			continue
		}
		o := busy(t.TempDir())
		ctx, cancel := context.WithCancel(context.Background())
		l := newBusy(t)
		before := l.before
		l.before = func(turn uint64) error {
			if turn == at {
				cancel()
			}
			return before(turn)
		}
		r, err := Run(ctx, with(l), o)
		if err != nil || !r.Interrupted || r.Updates < at { // it is told aside
			t.Fatalf("interrupted at update %d: %+v, error %v", at, r, err)
		}
		mustHoldResult(t, o.Dir, r)
		o.Resume = true
		r = mustRun(t, newBusy(t), o)
		mustEqual(t, fmt.Sprintf("interrupted at update %d", at), outcome(t, o.Dir, r), want)
		if r.Resumes != 1 {
			t.Fatalf("resumed %d times", r.Resumes)
		}
	}
}

// leaver is a lane in which the first step interrupts the run.
type leaver struct {
	lane
	leave func()
}

func (l *leaver) Step(action []float32, obs env.Values) (env.Outcome, error) {
	l.leave()
	return l.lane.Step(action, obs)
}

// TestInterruptedAgainInTheSameEvaluation: the policy that it is of waits for it, however often that is.
func TestInterruptedAgainInTheSameEvaluation(t *testing.T) {
	whole := t.TempDir()
	want := outcome(t, whole, mustRun(t, newBusy(t), busy(whole)))
	o := busy(t.TempDir())
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		o.Eval.New = func() (env.Environment, error) { return &leaver{leave: cancel}, nil }
		r, err := Run(ctx, with(newBusy(t)), o)
		if err != nil || !r.Interrupted || r.Updates != 35 {
			t.Fatalf("%+v, error %v", r, err)
		}
		mustHoldResult(t, o.Dir, r)
		o.Resume = true
	}
	o.Eval.New = newLane
	mustEqual(t, "resumed", outcome(t, o.Dir, mustRun(t, newBusy(t), o)), want)
}

// killed leaves in dir what a process that was killed right after the checkpoint of step would have left.
func killed(t *testing.T, from, dir string, step uint64) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, CheckpointFolder, "step-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(found, filepath.Join(dir, ResultFile)) {
		if later := filepath.Base(path) > fmt.Sprintf("step-%012d", step); later || filepath.Base(path) == ResultFile {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestKilledAnywhere: what the table shows beyond the checkpoint is written anew; the rest is as if nothing had been.
func TestKilledAnywhere(t *testing.T) {
	whole := t.TempDir()
	o := busy(whole)
	o.Checkpoints = Checkpoints{Every: 500, Keep: 1}
	want := outcome(t, whole, mustRun(t, newBusy(t), o))
	for _, step := range []uint64{500, 1500, 3500, 5500, 6000} {
		o.Dir, o.Resume = t.TempDir(), true
		killed(t, whole, o.Dir, step)
		r := mustRun(t, newBusy(t), o)
		mustEqual(t, fmt.Sprintf("killed at step %d", step), outcome(t, o.Dir, r), want)
		for _, file := range []string{eventFile} {
			if a, b := len(read(t, whole, file)), len(read(t, o.Dir, file)); a != b {
				t.Errorf("resumed at step %d: %s has %d bytes, want %d", step, file, b, a)
			}
		}
	}
}

// TestLargerBudget: a finished run that is given more ends as one that had it from the beginning.
func TestLargerBudget(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	want := outcome(t, whole, mustRun(t, newBusy(t), busy(whole)))
	o := busy(parts)
	for _, steps := range []uint64{700, 2100, 2240, 6000} { // an evaluation is due at the first two ends
		o.Budget.Steps = steps
		mustRun(t, newBusy(t), o)
		o.Resume = true
		if _, err := Run(context.Background(), with(newBusy(t)), o); !errors.Is(err, ErrFinished) {
			t.Fatalf("resumed without a larger budget: error %v", err)
		}
	}
	r, err := readResult(parts)
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "in parts", outcome(t, parts, r), want)
}

// TestKeptCheckpoints: those of every so many steps stay, of the others the latest.
func TestKeptCheckpoints(t *testing.T) {
	o := busy(t.TempDir())
	o.Budget.Steps, o.Checkpoints = 1000, Checkpoints{Every: 300, Keep: 1}
	mustRun(t, newBusy(t), o)
	o.Budget.Steps, o.Resume, o.Checkpoints.Every = 1100, true, 1000
	mustRun(t, newBusy(t), o)
	var steps []string
	for _, e := range must(os.ReadDir(filepath.Join(o.Dir, CheckpointFolder))) {
		steps = append(steps, strings.TrimLeft(e.Name(), "step-0"))
	}
	if want := []string{"300", "600", "900", "1100"}; !slices.Equal(steps, want) {
		t.Errorf("checkpoints of steps %v, want %v", steps, want)
	}
}

// TestOldRuns: a folder of the time when runs could not be resumed says so, and its policy can be used.
func TestOldRuns(t *testing.T) {
	o := options()
	o.Dir = t.TempDir()
	p := newPolicy(t, 1)
	m, shapes := describe(p)
	if err := checkpoint.Write(filepath.Join(o.Dir, oldFolder), m, p, shapes); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, ConfigFile), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, o.Dir, newPolicy(t, 2))
	o.Resume = true
	if _, err := Run(context.Background(), with(newPupil(t)), o); err == nil || !strings.Contains(err.Error(), "of an older version") {
		t.Errorf("error %v", err)
	}
}

// TestResumeRefusesOthers: another network, another algorithm, what the caller finds, a run that somebody is at.
func TestResumeRefusesOthers(t *testing.T) {
	o := options()
	o.Dir = t.TempDir()
	mustRun(t, newPupil(t), o)
	o.Resume, o.Budget.Steps = true, 2000
	odd := errors.New("odd")
	wide := newPupil(t)
	wide.policy.Moments.Observation.Mean = wide.policy.Moments.Observation.Mean[:1]
	for want, change := range map[string]func(*Options) algo.Learner{
		"checkpoint of another network":         func(*Options) algo.Learner { return wide },
		"checkpoint of algorithm fake, want it": func(o *Options) algo.Learner { o.Labels.Algo = "it"; return newPupil(t) },
		"odd": func(o *Options) algo.Learner {
			o.Fits = func(*checkpoint.Manifest) (bool, error) { return false, odd }
			return newPupil(t)
		},
	} {
		x := o
		l := change(&x)
		if _, err := Run(context.Background(), with(l), x); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "step-000000001000") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	unlock, err := checkpoint.Lock(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var busy *checkpoint.InUseError
	for _, resume := range []bool{false, true} {
		o.Resume = resume
		if _, err := Run(context.Background(), with(newPupil(t)), o); !errors.As(err, &busy) {
			t.Errorf("resume %v: error %v", resume, err)
		}
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, newPupil(t), o); r.EnvSteps != 2000 {
		t.Errorf("ended after %d steps", r.EnvSteps)
	}
}

// TestRunStateComesBack compares what is saved with what is loaded into another run.
func TestRunStateComesBack(t *testing.T) {
	o := busy(t.TempDir())
	r, err := newRun(context.Background(), with(newBusy(t)), o)
	if err != nil {
		t.Fatal(err)
	}
	l := r.learner.(*pupil)
	for range 250 {
		if err := l.before(l.progress.Updates + 1); err != nil {
			t.Fatal(err)
		}
		if _, err := l.turn(r.boundary); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := state.Save(r)
	if err != nil {
		t.Fatal(err)
	}
	x := busy(t.TempDir())
	other, err := newRun(context.Background(), with(newBusy(t)), x)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Load(other, tree); err != nil {
		t.Fatal(err)
	}
	if differ, err := state.Diff(r, other); err != nil || len(differ) > 0 {
		t.Errorf("%v, error %v", differ, err)
	}
	if !reflect.DeepEqual(r.window, other.window) || !reflect.DeepEqual(r.alarms, other.alarms) || r.best.mean != other.best.mean || r.best.policy == nil {
		t.Error("window, alarms or best policy are others")
	}
}

// damage turns a bit of a checkpoint's state.
func damage(t *testing.T, dir string, step uint64) {
	t.Helper()
	path := filepath.Join(dir, CheckpointFolder, fmt.Sprintf("step-%012d", step), checkpoint.StateFile)
	data := must(os.ReadFile(path))
	data[len(data)/2] ^= 4
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedCheckpointsMakeRoom: one that was passed over is said in the result too, and is not kept in the place of a
// whole one.
func TestDamagedCheckpointsMakeRoom(t *testing.T) {
	o := busy(t.TempDir())
	o.Checkpoints = Checkpoints{Every: 500, Keep: 2}
	o.Budget.Steps = 1200
	mustRun(t, newBusy(t), o)
	damage(t, o.Dir, 1200)
	o.Resume, o.Checkpoints.Every, o.Budget.Steps = true, 0, 1400
	r := mustRun(t, newBusy(t), o)
	if len(r.Warnings) == 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), "passed over a checkpoint: read checkpoint: ") {
		t.Errorf("warnings %q", r.Warnings)
	}
	for _, step := range []uint64{1000, 1400} {
		c, err := checkpoint.Open(filepath.Join(o.Dir, CheckpointFolder, fmt.Sprintf("step-%012d", step)))
		if err == nil {
			err = c.Verify()
		}
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(o.Dir, CheckpointFolder, "step-000000001200")); err == nil {
		t.Error("the damaged checkpoint is still there")
	}
}

// TestFinishedByTheClock: a run whose time is over is finished too, until it is given more.
func TestFinishedByTheClock(t *testing.T) {
	o := options()
	o.Dir, o.Budget = t.TempDir(), Budget{Time: 20 * time.Millisecond}
	first := mustRun(t, newPupil(t), o)
	o.Resume = true
	if _, err := Run(context.Background(), with(newPupil(t)), o); !errors.Is(err, ErrFinished) {
		t.Fatalf("error %v", err)
	}
	mustHoldResult(t, o.Dir, first)
	o.Budget.Time = time.Hour
	o.Budget.Steps = first.EnvSteps + 100
	if r := mustRun(t, newPupil(t), o); r.EnvSteps != first.EnvSteps+100 || r.Resumes != 1 {
		t.Errorf("%d steps after %d, resumed %d times", r.EnvSteps, first.EnvSteps, r.Resumes)
	}
}

// TestBegin: what a learner starts from is in a checkpoint before its first step; where a run was killed before it, the learner
// is given it again.
func TestBegin(t *testing.T) {
	for _, test := range []struct {
		name   string
		begins int  // times that the learner is given something
		saved  bool // the first checkpoint came to be
	}{{"nothing to start from", 0, false}, {"saved", 1, true}, {"killed before that", 2, false}} {
		begins := 0
		o := busy(t.TempDir())
		if test.begins > 0 {
			o.Begin = func(l algo.Learner) error {
				begins++
				l.(*pupil).policy.Params[3] = 42
				return nil
			}
		}
		r, err := newRun(context.Background(), with(newBusy(t)), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.folder.abandon(); err != nil { // as if killed
			t.Fatal(err)
		}
		if !test.saved {
			if err := os.RemoveAll(filepath.Join(o.Dir, CheckpointFolder, "step-000000000000")); err != nil {
				t.Fatal(err)
			}
		}
		o.Resume = true
		if test.begins == 2 { // what cannot begin changes nothing
			x := o
			x.Begin = func(algo.Learner) error { return errors.New("lost") }
			x.Labels.Config = []byte("env: Other\n")
			if _, err := Run(context.Background(), with(newBusy(t)), x); err == nil || !strings.Contains(err.Error(), "lost") {
				t.Errorf("error %v", err)
			}
			if text := read(t, o.Dir, ConfigFile); string(text) != string(o.Labels.Config) {
				t.Errorf("the configuration is %q", text)
			}
		}
		o.Labels.Config = []byte("env: Lane\nsteps: 1\n")
		l := newBusy(t)
		began, before := float32(0), l.before
		want := l.policy.Params[3]
		if test.begins > 0 {
			want = 42
		}
		l.before = func(turn uint64) error {
			if turn == 1 {
				began = l.policy.Params[3]
			}
			return before(turn)
		}
		result := mustRun(t, l, o)
		if began != want || begins != test.begins {
			t.Errorf("%s: began %d times, with %v, want %d times with %v", test.name, begins, began, test.begins, want)
		}
		if told := strings.Contains(strings.Join(result.Warnings, "\n"), "starts from step 0"); told == test.saved {
			t.Errorf("%s: warnings %q", test.name, result.Warnings)
		}
		if text := read(t, o.Dir, ConfigFile); string(text) != string(o.Labels.Config) {
			t.Errorf("%s: the configuration is %q", test.name, text)
		}
	}
}

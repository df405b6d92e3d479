package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"covey/metrics"
)

// TestOtherPeriods: a run that is resumed with other periods keeps to them from there on.
func TestOtherPeriods(t *testing.T) {
	first := busy(t.TempDir())
	first.Budget.Steps, first.Checkpoints = 1000, Checkpoints{Every: 300, Keep: 1}
	mustRun(t, newBusy(t), first)
	for _, tt := range []struct {
		name                   string
		rows, evals, kept      uint64
		wantRows               int
		wantEvals, checkpoints []string
	}{
		{"as it was", 150, 700, 300, 16, []string{"700", "1400", "2000"}, []string{"300", "600", "900", "1200", "1500", "1800", "2000"}},
		{"none", 0, 0, 0, 9, []string{"700", "2000"}, []string{"300", "600", "900", "2000"}},
		{"shorter", 100, 200, 160, 18, []string{"700", "1200", "1400", "1600", "1800", "2000"}, []string{"300", "600", "900", "1120", "1280", "1440", "1600", "1760", "1920", "2000"}},
		{"longer", 500, 900, 800, 11, []string{"700", "1400", "2000"}, []string{"300", "600", "900", "1200", "1600", "2000"}},
	} {
		o := first
		o.Dir, o.Resume, o.Budget.Steps = t.TempDir(), true, 2000
		o.LogEvery, o.Eval.Every, o.Checkpoints.Every = tt.rows, tt.evals, tt.kept
		must(0, os.CopyFS(o.Dir, os.DirFS(first.Dir)))
		mustRun(t, newBusy(t), o)
		rows := must(metrics.ReadColumns(filepath.Join(o.Dir, ProgressFile), "env_steps", "eval_return_mean"))
		var evals, kept []string
		for _, row := range rows {
			if !math.IsNaN(row[1]) {
				evals = append(evals, fmt.Sprint(row[0]))
			}
		}
		for _, e := range must(os.ReadDir(filepath.Join(o.Dir, CheckpointFolder))) {
			kept = append(kept, strings.TrimLeft(e.Name(), "step-0"))
		}
		if len(rows) != tt.wantRows || !slices.Equal(evals, tt.wantEvals) || !slices.Equal(kept, tt.checkpoints) {
			t.Errorf("%s: %d rows, evaluations at %v, checkpoints %v; want %d, %v, %v", tt.name, len(rows), evals, kept, tt.wantRows, tt.wantEvals, tt.checkpoints)
		}
	}
}

// TestAHigherGoal: what solved the environment by the old one has to show itself anew.
func TestAHigherGoal(t *testing.T) {
	o := busy(t.TempDir())
	o.Budget.UntilSolved = true
	before := mustRun(t, newBusy(t), o)
	if !before.Solved {
		t.Fatal("not solved")
	}
	o.Resume = true
	if _, err := Run(context.Background(), with(newBusy(t)), o); !errors.Is(err, ErrFinished) {
		t.Errorf("the same goal: error %v", err)
	}
	high := *o.SolveAt + 1e6
	o.SolveAt = &high
	if r := mustRun(t, newBusy(t), o); r.Solved || r.SolvedAtSteps != nil || r.EnvSteps != 6000 {
		t.Errorf("a higher goal: %+v", r)
	}
}

// TestKilledBeforeItsFirstCheckpoint: a run begins again, unless there must have been one.
func TestKilledBeforeItsFirstCheckpoint(t *testing.T) {
	whole := t.TempDir()
	want := mustRun(t, newBusy(t), busy(whole))
	table := string(read(t, whole, ProgressFile))
	row := strings.Split(strings.Split(table, "\n")[1], ",")
	lasted := func(seconds string) string { // of a row, the wall time is the fourth
		row[3] = seconds
		return strings.Split(table, "\n")[0] + "\n" + strings.Join(row, ",") + "\n"
	}
	for name, tt := range map[string]struct {
		table       string
		checkpoints Checkpoints
		refused     bool
	}{
		"none was due":                    {lasted("1e6"), Checkpoints{}, false},
		"none was due yet":                {lasted("3000"), Checkpoints{Period: time.Hour, Every: 4000}, false},
		"one was on its way":              {lasted("50"), Checkpoints{Period: time.Second, Every: 20}, false},
		"one was due by the clock":        {lasted("90"), Checkpoints{Period: 10 * time.Second}, true},
		"one was due by the step":         {lasted("90"), Checkpoints{Every: 20}, true},
		"the table was not begun":         {"", Checkpoints{Period: time.Second}, false},
		"the table's header was cut off":  {table[:20], Checkpoints{Period: time.Second}, false},
		"the table's first row is broken": {lasted("90") + "7", Checkpoints{Period: time.Hour}, false},
	} {
		o := busy(t.TempDir())
		o.Resume, o.Checkpoints = true, tt.checkpoints
		killed(t, whole, o.Dir, 0)
		must(0, os.WriteFile(filepath.Join(o.Dir, ProgressFile), []byte(tt.table), 0o666))
		r, err := Run(context.Background(), with(newBusy(t)), o)
		switch {
		case tt.refused && (err == nil || !strings.Contains(err.Error(), "holds no checkpoint, though progress.csv goes up to step 160, after 90 s")):
			t.Errorf("%s: error %v", name, err)
		case !tt.refused && (err != nil || r.ParamsSHA256 != want.ParamsSHA256 || !strings.Contains(strings.Join(r.Warnings, "\n"), "starts from step 0")):
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
	}
}

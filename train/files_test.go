package train

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covey/checkpoint"
	"covey/state"
)

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustHoldResult fails unless the folder's result.json is want.
func mustHoldResult(t *testing.T, dir string, want *Result) {
	t.Helper()
	var got Result
	if err := json.Unmarshal(read(t, dir, ResultFile), &got); err != nil {
		t.Fatal(err)
	}
	w := *want
	w.Policy = nil // not in the file
	for _, e := range []**Evaluation{&w.Eval, &w.EvalGreedy, &w.EvalSampled} {
		if *e != nil {
			short := **e
			short.Returns = nil // not in the file
			*e = &short
		}
	}
	if !reflect.DeepEqual(got, w) {
		t.Errorf("the file holds\n%+v\nthe result is\n%+v", got, w)
	}
}

func TestRunFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "1")
	l, o := newPupil(t), options()
	o.Dir, o.Eval.Every, o.LogEvery, o.TensorBoard = dir, 400, 200, true
	l.before = func(turn uint64) error {
		if turn > 25 { // the policy as of the evaluation at step 400 stays the best
			for i := range l.policy.Params {
				l.policy.Params[i] = -1
			}
		}
		return nil
	}
	r := mustRun(t, l, o)
	mustHoldResult(t, dir, r)
	if got := string(read(t, dir, ConfigFile)); got != "env: Lane\n" {
		t.Errorf("config %q", got)
	}

	rows, err := csv.NewReader(strings.NewReader(string(read(t, dir, ProgressFile)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"env_steps", "updates", "episodes", "wall_s", "steps_per_s", "train_return_mean_100", "train_length_mean_100", "eval_return_mean", "loss", "entropy"}; !slices.Equal(rows[0], want) {
		t.Errorf("columns %v", rows[0])
	}
	var steps []string
	for _, row := range rows[1:] {
		steps = append(steps, row[0])
		if evaluated := row[7] != ""; evaluated != (row[0] == "400" || row[0] == "800" || row[0] == "1000") {
			t.Errorf("row of step %s says %q for the evaluation", row[0], row[7])
		}
	}
	if want := []string{"200", "400", "600", "800", "1000"}; !slices.Equal(steps, want) {
		t.Errorf("rows at steps %v, want %v", steps, want)
	}
	if row := rows[1]; row[1] != "10" || row[2] != "10" || row[5] != "10" || row[6] != "20" || row[8] != "0.5" || row[9] != "0.6" {
		t.Errorf("first row %v", row)
	}

	best, last := newPolicy(t, 7), newPolicy(t, 8)
	mb, ml := mustOpen(t, filepath.Join(dir, BestFolder), best), mustOpen(t, dir, last)
	if lines, _ := state.Diff(best, newPolicy(t, 1)); len(lines) > 0 {
		t.Errorf("the best policy is not the one of step 400: %v", lines)
	}
	if lines, _ := state.Diff(last, l.policy); len(lines) > 0 {
		t.Errorf("the last policy is not the learner's: %v", lines)
	}
	if mb.SHA256 != r.Best.ParamsSHA256 || ml.SHA256 != r.ParamsSHA256 || mb.Counters.EnvSteps != 400 || ml.Counters != (checkpoint.Counters{EnvSteps: 1000, Updates: 50, Episodes: 50}) {
		t.Errorf("best %v at %v, last %v at %v", mb.SHA256, mb.Counters, ml.SHA256, ml.Counters)
	}
	if ml.Env != "Lane" || ml.Algo != "fake" || ml.Config != "env: Lane\n" || ml.Tensors[0].Name != "net/"+l.policy.Net.Layout[0].Name || !slices.Equal(ml.Tensors[0].Shape, l.policy.Net.Layout[0].Shape) {
		t.Errorf("manifest %+v", ml)
	}
	if !slices.ContainsFunc(must(os.ReadDir(dir)), func(e os.DirEntry) bool { return strings.Contains(e.Name(), "tfevents") }) {
		t.Error("no event file")
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func TestFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	o := options()
	for folder, want := range map[string]string{dir: "is not empty: it holds notes.txt", path: "not a directory"} {
		o.Dir = folder
		l := newPupil(t)
		if _, err := Run(context.Background(), with(l), o); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), folder) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if l.progress.Updates != 0 {
			t.Error("the learner was run all the same")
		}
	}
	if string(read(t, path)) != "mine" || len(must(os.ReadDir(dir))) != 1 {
		t.Error("the folder was changed")
	}
}

// TestFolderOfNoRunIsTaken: one whose run was killed before its configuration stood there.
func TestFolderOfNoRunIsTaken(t *testing.T) {
	o := options()
	o.Dir = t.TempDir()
	for _, name := range []string{checkpoint.LockFile, ConfigFile + aside} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(o.Dir, CheckpointFolder), 0o777); err != nil {
		t.Fatal(err)
	}
	mustRun(t, newPupil(t), o)
	if _, err := Run(context.Background(), with(newPupil(t)), o); err == nil || !strings.Contains(err.Error(), "is not empty: it holds best") {
		t.Errorf("error %v", err)
	}
}

// TestFailureKeepsTheLastGoodPolicy: the learner reports a loss that is no number, its parameters
// being good or already broken.
func TestFailureKeepsTheLastGoodPolicy(t *testing.T) {
	broken := errors.New("step 800, worker 1: the loss is NaN")
	for _, poisoned := range []bool{false, true} {
		l, o := newPupil(t), options()
		o.Dir, o.Eval.Every = t.TempDir(), 400
		l.before = func(turn uint64) error {
			if turn < 30 {
				return nil
			}
			if poisoned {
				l.policy.Params[3] = float32(math.NaN())
			}
			return broken
		}
		r, err := Run(context.Background(), with(l), o)
		if !errors.Is(err, broken) || r.Error != broken.Error() || r.EnvSteps != 580 || r.Eval != nil || r.Interrupted {
			t.Errorf("%+v, error %v", r, err)
		}
		mustHoldResult(t, o.Dir, r)
		m := mustOpen(t, o.Dir, newPolicy(t, 2))
		want := uint64(580)
		if poisoned {
			want = 400 // of the last evaluation
		}
		if m.Counters.EnvSteps != want {
			t.Errorf("the policy is of step %d, want %d", m.Counters.EnvSteps, want)
		}
	}
}

// TestInfiniteParametersEndTheRun though the learner did not notice them.
func TestInfiniteParametersEndTheRun(t *testing.T) {
	for _, every := range []uint64{0, 400} {
		l, o := newPupil(t), options()
		o.Eval.Every = every
		l.policy.Params[0] = float32(math.Inf(1))
		r, err := Run(context.Background(), with(l), o)
		if err == nil || !strings.Contains(err.Error(), "parameters are not finite") || r.ParamsSHA256 != "" {
			t.Errorf("evaluated every %d steps: %+v, error %v", every, r, err)
		}
	}
}

func TestLoadPolicyRefusesOthers(t *testing.T) {
	dir := t.TempDir()
	saved := newPolicy(t, 1)
	m, shapes := describe(saved)
	if err := checkpoint.Write(dir, m, saved, shapes); err != nil {
		t.Fatal(err)
	}
	c, err := OpenPolicy(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := newPolicy(t, 2)
	p.Moments.Observation.Mean = p.Moments.Observation.Mean[:1]
	if err := LoadPolicy(c, p); err == nil || !strings.Contains(err.Error(), dir+": checkpoint of another network") {
		t.Errorf("error %v", err)
	}
	p = newPolicy(t, 2)
	p.Spec.Action.N = []int{5}
	if err := LoadPolicy(c, p); err == nil || !strings.Contains(err.Error(), dir+": checkpoint of another environment") {
		t.Errorf("error %v", err)
	}
}

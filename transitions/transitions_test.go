package transitions

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
	"covey/replay"
)

// world shows numbers that tell the episode and the step, and ends at random.
type world struct {
	spec   env.Spec
	rng    *rand.Rand
	seed   uint64
	step   int
	closed bool
	broken float32 // what the third reward is, unless 0
}

func spec(bytes bool) env.Spec {
	low, high := make([]float32, 6), make([]float32, 6)
	for i := range high {
		high[i] = 255
	}
	s := env.Spec{ID: "World", Observation: env.NewBox(low, high, 2, 3), Action: env.NewBox([]float32{-1, -2}, []float32{1, 2})}
	if bytes {
		s.Observation.Bytes, s.Action = true, env.NewDiscrete(5)
	}
	return s
}

func (w *world) Spec() env.Spec { return w.spec }
func (w *world) Close() error   { w.closed = true; return nil }
func (w *world) Reset(seed uint64, obs env.Values) error {
	w.seed, w.step, w.rng = seed, 0, rand.New(rand.NewPCG(seed, 0))
	w.show(obs)
	return nil
}

func (w *world) show(obs env.Values) {
	for i := range obs.F {
		obs.F[i] = float32(int(w.seed)*100 + w.step + i)
	}
	for i := range obs.U {
		obs.U[i] = uint8(int(w.seed)*100 + w.step + i)
	}
}

func (w *world) Step(action []float32, obs env.Values) (env.Outcome, error) {
	w.step++
	w.show(obs)
	o := env.Outcome{Reward: float32(w.step) + action[0]/8}
	if w.step == 3 && w.broken != 0 {
		o.Reward = w.broken
	}
	if w.rng.Float64() < 0.2 {
		o.Terminated = w.rng.Float64() < 0.5
		o.Truncated = !o.Terminated || w.rng.Float64() < 0.2
	}
	return o, nil
}

// life is what a file should hold: the model.
type life []replay.Step

// play plays an episode of at most most steps and returns what was lived through.
func play(t testing.TB, e env.Environment, seed uint64, most int) (l life) {
	t.Helper()
	s, rng := e.Spec(), rand.New(rand.NewPCG(seed, 9))
	obs := env.MakeValues(s.Observation, s.Observation.Size())
	if err := e.Reset(seed, obs); err != nil {
		t.Error(err)
		return nil
	}
	for i := range most {
		x := *replay.NewStep(s.Observation, s.Action.Size())
		x.Start = i == 0
		x.Observation.Copy(obs)
		s.Action.Sample(x.Action, rng)
		var err error
		if x.Outcome, err = e.Step(x.Action, obs); err != nil {
			t.Error(err)
			return nil
		}
		x.Next.Copy(obs)
		l = append(l, x)
		if x.Outcome.Terminated || x.Outcome.Truncated {
			return l
		}
	}
	l[most-1].Outcome.Truncated = true
	return l
}

// record plays episodes with seeds 0 to n−1 in several environments at once.
func record(t testing.TB, path string, bytes bool, n, players int) (l life) {
	t.Helper()
	r, err := Record(path, map[string]string{"who": "me"})
	if err != nil {
		t.Fatal(err)
	}
	lives := make([]life, n)
	var wg sync.WaitGroup
	for p := range players {
		wg.Go(func() {
			inner := &world{spec: spec(bytes)}
			e, err := r.Watch(inner)
			if err != nil {
				t.Error(err)
				return
			}
			for i := n - 1 - p; i >= 0; i -= players { // the last first
				lives[i] = play(t, e, uint64(i), 1+i%10)
			}
			if err := e.Close(); err != nil || !inner.closed {
				t.Errorf("closed: %v, %v", inner.closed, err)
			}
		})
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, x := range lives {
		l = append(l, x...)
	}
	return l
}

// read reads a file whole.
func read(t testing.TB, path string) (l life) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, f)
	for {
		s := replay.NewStep(f.observation, f.action.Size())
		err := f.Next(s)
		if errors.Is(err, io.EOF) {
			return l
		}
		if err != nil {
			t.Fatal(err)
		}
		l = append(l, *s)
	}
}

func closed(t testing.TB, f *File) {
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestRecordedIsRead: a file holds every step of every episode in the order of their seeds, whoever played them, also
// of those that were cut short.
func TestRecordedIsRead(t *testing.T) {
	for _, bytes := range []bool{false, true} {
		dir := t.TempDir()
		one, many := filepath.Join(dir, "one"), filepath.Join(dir, "many")
		want := record(t, one, bytes, 40, 1)
		record(t, many, bytes, 40, 7)
		got := read(t, one)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("bytes %v: read %d steps that are not the %d recorded", bytes, len(got), len(want))
		}
		a, err := os.ReadFile(one)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(many)
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("bytes %v: seven environments leave another file than one", bytes)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
			t.Errorf("the folder holds %v (%v), want two files", entries, err)
		}
		f, err := Open(one)
		if err != nil {
			t.Fatal(err)
		}
		if steps, episodes := f.Size(); steps != len(want) || episodes != 40 || f.Metadata["who"] != "me" || f.Metadata["env"] != "World" {
			t.Errorf("%d steps in %d episodes, metadata %v", steps, episodes, f.Metadata)
		}
		if err := f.Match(spec(bytes)); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestPlayedAgain: an evaluation that begins anew after a fault leaves each episode once, as it was played last.
func TestPlayedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	r, err := Record(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want int
	for _, lengths := range [][]int{{1, 1}, {2, 5, 6}} { // at most, of the episodes before and after the fault, by seed
		want = 0
		e, err := r.Watch(&world{spec: spec(true)})
		if err != nil {
			t.Fatal(err)
		}
		for seed, steps := range lengths {
			want += len(play(t, e, uint64(seed), steps))
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	steps, episodes := f.Size()
	if err := errors.Join(f.verify(), f.Close()); err != nil || steps != want || episodes != 3 {
		t.Errorf("%d steps of %d episodes, %v; want %d of 3", steps, episodes, err, want)
	}
}

func TestMatchNamesTheTensor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	record(t, path, false, 3, 1)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, f)
	for _, tt := range []struct {
		change func(*env.Spec)
		want   string
	}{
		{func(s *env.Spec) { s.Observation = env.NewBox([]float32{0}, []float32{1}) }, `x: tensor "observations" is of World, Box[2 3]`},
		{func(s *env.Spec) { s.Stack = 4 }, `in World it is 4 frames of Box[2 3]`},
		{func(s *env.Spec) { s.Action = env.NewDiscrete(2) }, `tensor "actions" is of World, Box[2] with bounds [-1 -2] to [1 2]; in World it is Discrete[2]`},
		{func(s *env.Spec) { s.Action.High = []float32{1, 3} }, `tensor "actions"`},
	} {
		s := spec(false)
		tt.change(&s)
		if err := f.Match(s); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want one with %q", err, tt.want)
		}
	}
}

func TestRecorderErrors(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Record(there, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that exists: %v", err)
	}
	if _, err := Record(filepath.Join(dir, "no", "file"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that does not exist: %v", err)
	}
	path := filepath.Join(dir, "x")
	start := func(w *world) (*Recorder, env.Environment) {
		r, err := Record(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.Watch(w)
		if err != nil {
			t.Fatal(err)
		}
		return r, e
	}
	r, _ := start(&world{spec: spec(false)})
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "no step was taken") {
		t.Errorf("nothing recorded: %v", err)
	}
	if _, err := Record(path, map[string]string{"env": "mine"}); err == nil || !strings.Contains(err.Error(), `"env" is not for others`) {
		t.Errorf("a key of the file's own: %v", err)
	}
	r, _ = start(&world{spec: spec(false)})
	if _, err := r.Watch(&world{spec: spec(true)}); err == nil || !strings.Contains(err.Error(), "other spaces") {
		t.Errorf("other spaces: %v", err)
	}
	if err := r.Discard(); err != nil {
		t.Error(err)
	}
	r, e := start(&world{spec: spec(false), broken: float32(math.NaN())})
	obs := env.Values{F: make([]float32, 6)}
	err := e.Reset(2, obs)
	for range 3 {
		if err == nil {
			_, err = e.Step([]float32{0, 0}, obs)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "reward is NaN") {
		t.Errorf("reward of NaN: %v", err)
	}
	if err := r.Discard(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the one file from before", entries, err)
	}
}

// TestBoundedMemory: neither recording nor reading holds the steps in memory.
func TestBoundedMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	r, err := Record(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Watch(&endless{})
	if err != nil {
		t.Fatal(err)
	}
	obs := env.Values{U: make([]uint8, pixels)}
	if err := e.Reset(1, obs); err != nil {
		t.Fatal(err)
	}
	action := []float32{1}
	step := func() {
		if _, err := e.Step(action, obs); err != nil {
			t.Fatal(err)
		}
	}
	step()
	step()
	if n := testing.AllocsPerRun(500, step); n > 0 {
		t.Errorf("%v allocations per recorded step", n)
	}
	if err := errors.Join(e.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, f)
	s := replay.NewStep(f.observation, 1)
	if n := testing.AllocsPerRun(400, func() {
		if err := f.Next(s); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations per step that is read", n)
	}
}

const pixels = 5000

// endless is an episode of pictures that does not end.
type endless struct{}

func (*endless) Spec() env.Spec {
	s := env.Spec{ID: "Endless", Observation: env.NewBox(make([]float32, pixels), make([]float32, pixels)), Action: env.NewDiscrete(2)}
	s.Observation.Bytes = true
	return s
}
func (*endless) Reset(uint64, env.Values) error                  { return nil }
func (*endless) Step([]float32, env.Values) (env.Outcome, error) { return env.Outcome{}, nil }
func (*endless) Close() error                                    { return nil }

// script prints a file as the Python package safetensors reads it.
const script = `
import sys
from safetensors.numpy import load_file
t = load_file(sys.argv[1])
for name in sorted(t):
    print(name, t[name].dtype, t[name].shape[1:], len(t[name]) == len(t["final_observations" if "final" in name else "rewards"]))
print(t["observations"][0].tolist(), t["starts"].sum() == len(t["final_observations"]))
`

func TestPythonReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	record(t, path, false, 5, 1)
	out, err := exec.Command(pyenvtest.Interpreter(t), "-c", script, path).CombinedOutput()
	want := `actions float32 (2,) True
final_observations float32 (2, 3) True
observations float32 (2, 3) True
rewards float32 () True
starts uint8 () True
terminated uint8 () True
truncated uint8 () True
[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] True
`
	if err != nil || strings.ReplaceAll(string(out), "\r", "") != want {
		t.Fatalf("python printed (%v)\n%s\nwant\n%s", err, out, want)
	}
}

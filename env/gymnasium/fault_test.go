package gymnasium

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// faults are those of testdata/faulty.py.
var faults = []struct {
	fault, where string
	step         int // at which it happens
	permanent    bool
	want         []string // what the error says beside environment and step
}{
	{"raises", "step", 3, false, []string{"raised ValueError: the lever is stuck", "faulty.py", `raise ValueError("the lever is stuck")`, "in step"}},
	{"raises", "reset", 0, false, []string{"reset: raised ValueError: the lever is stuck", "in reset"}},
	{"raises_like_covey", "step", 3, false, []string{"raised faulty.Unsupported: mine alone", "in raises_like_covey"}},
	{"raises", "make", 0, true, []string{"make: raised ValueError: the lever is stuck", "in __init__"}},
	{"exits", "step", 3, false, []string{"raised SystemExit: enough"}},
	{"leaves", "step", 3, false, []string{"its process ended by itself, with exit status 3", "goodbye, cruel world"}},
	{"killed", "step", 3, false, []string{"its process was killed (SIGKILL)", "memory ran out"}},
	{"killed", "reset", 0, false, []string{"reset: its process was killed (SIGKILL)"}},
	{"killed", "make", 0, false, []string{"make: its process was killed (SIGKILL)"}},
	{"crashes", "step", 3, false, []string{"signal 11", "Segmentation fault", "in crashes"}},
	{"sleeps", "step", 3, false, []string{"gave no answer within 700ms and was killed"}},
	{"sleeps", "reset", 0, false, []string{"reset: its process gave no answer within 700ms and was killed"}},
	{"loops", "step", 3, false, []string{"gave no answer within 700ms and was killed"}},
	{"eats", "step", 3, false, []string{"memory ran out: MemoryError"}},
	{"breaks_pipe", "step", 3, false, []string{"raised BrokenPipeError: its own engine is gone"}},
	{"nan", "step", 3, false, []string{"element 1 of the observation is NaN"}},
	{"nan", "reset", 0, false, []string{"reset: element 1 of the observation is NaN"}},
	{"infinite", "step", 3, false, []string{"element 0 of the observation is +Inf"}},
	{"long", "step", 3, true, []string{"the observation has shape (3,), the space says (2,)"}},
	{"text", "step", 3, true, []string{"the observation has dtype <U1, the space says float32"}},
	{"object", "step", 3, true, []string{"the observation has dtype object, the space says float32"}},
	{"no_reward", "step", 3, true, []string{"the reward None is not a number"}},
	{"text_reward", "step", 3, true, []string{"the reward 'much' is not a number"}},
	{"numpy_text_reward", "step", 3, true, []string{"the reward np.str_('much') is not a number"}},
	{"nan_reward", "step", 3, false, []string{"the reward is NaN"}},
	{"four", "step", 3, true, []string{"step returned 4 values, a Gymnasium environment returns (observation, reward, terminated, truncated, info)"}},
	{"nothing", "step", 3, true, []string{"step returned a NoneType"}},
	{"bare", "reset", 0, true, []string{"reset returned a ndarray, a Gymnasium environment returns (observation, info)"}},
	{"package", "make", 0, true, []string{"lacks a package: ModuleNotFoundError: No module named 'no_such_package'", "install no_such_package"}},
	{"package", "step", 3, false, []string{"raised ModuleNotFoundError"}},
}

// TestFaultsSayWhatHappened by a real process each, one way of transport after the other, in the second of three
// environments, of which two share the process.
func TestFaultsSayWhatHappened(t *testing.T) {
	for i, f := range faults {
		t.Run(f.fault+" in "+f.where, func(t *testing.T) {
			o := options(t, "faulty:Faulty", map[string]any{"fault": f.fault, "where": f.where})
			o.Deadline, o.Piped = 700*time.Millisecond, transports()[i%len(transports())]
			err := untilFault(t, o, f.where, f.step)
			want := append([]string{"gymnasium: faulty:Faulty"}, f.want...)
			if f.step > 0 {
				want = append(want, fmt.Sprintf("step %d: ", f.step))
			}
			mustSay(t, err, want...)
			var fault *Fault
			if !errors.As(err, &fault) || fault.Permanent() != f.permanent {
				t.Errorf("%v: permanent: %v, want %v", err, !f.permanent, f.permanent)
			}
			if fault != nil && fault.Trace != "" && strings.Contains(fault.Trace, `File "covey/`) {
				t.Errorf("the traceback shows the bridge:\n%s", fault.Trace)
			}
		})
	}
}

// untilFault makes two environments and steps them until that fails, which must be in the given call.
func untilFault(t *testing.T, o Options, where string, step int) error {
	t.Helper()
	if where == "make" {
		v, err := NewVector(o, 2, 1)
		if err == nil {
			t.Fatal("the fault passes", v.Close())
		}
		return err
	}
	w := newWorld(t, o, 2, 1)
	err := w.reset(1)
	if where != "reset" {
		for i := range step {
			if err != nil {
				t.Fatalf("after %d steps: %v", i, err)
			}
			err = w.step()
		}
	}
	sticks(t, w, err)
	return err
}

// sticks: what is broken stays so, and closes.
func sticks(t *testing.T, w *world, err error) {
	t.Helper()
	if again := w.step(); !errors.Is(again, err) {
		t.Errorf("after %v a step returns %v", err, again)
	}
	if again := w.reset(1); !errors.Is(again, err) {
		t.Errorf("after %v a reset returns %v", err, again)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing what is broken: %v", err)
	}
}

func TestDtypeThatIsNotTheSpaces(t *testing.T) {
	w := newWorld(t, options(t, "faulty:FaultyBytes", nil), 1, 1)
	if err := w.reset(1); err != nil {
		t.Fatal(err)
	}
	err := errors.Join(w.step(), w.step(), w.step())
	mustSay(t, err, "environment 0, step 3: the observation has dtype float64, the space says uint8")
}

func TestFaultNamesTheEnvironment(t *testing.T) {
	o := options(t, "faulty:Faulty", map[string]any{"fault": "raises"})
	w := newWorld(t, o, 5, 2)
	if err := w.reset(1); err != nil {
		t.Fatal(err)
	}
	pid := w.children[1].cmd.Process
	if err := errors.Join(w.step(), w.step(), pid.Kill()); err != nil {
		t.Fatal(err)
	}
	mustSay(t, w.step(), "environment 0, step 3: raised ValueError") // the first that failed
	if w.children[1].broken == nil {
		t.Error("the second process was not waited for")
	}
}

func TestKilledBetweenSteps(t *testing.T) {
	for _, piped := range transports() {
		o := options(t, "CartPole-v1", nil)
		o.Piped = piped
		w := newWorld(t, o, 2, 2)
		if err := errors.Join(w.reset(1), w.step(), w.children[1].cmd.Process.Kill()); err != nil {
			t.Fatal(err)
		}
		mustSay(t, w.step(), "CartPole-v1, environment 1, step 2: its process was killed (SIGKILL)")
	}
}

// TestPrinting at any time disturbs nothing, and can be read.
func TestPrinting(t *testing.T) {
	for _, where := range []string{"make", "reset", "step", "close"} {
		o := options(t, "faulty:Faulty", map[string]any{"fault": "prints", "where": where})
		w := newWorld(t, o, 2, 1)
		err := errors.Join(w.reset(1), w.step(), w.step(), w.step(), w.step())
		if err != nil || w.obs.F[0] != 4 {
			t.Errorf("%s: after four steps: %v, %v", where, w.obs.F, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		w.children[0].output.wait()
		if got := w.children[0].output.String(); got != "printed\ncomplained\nwritten to 1\nechoed" { // after a line that is too long
			t.Errorf("%s: the end of what was printed is %q", where, got)
		}
	}
}

// TestPrintingFromTheStart is what site packages do, and scripts that set up an interpreter.
func TestPrintingFromTheStart(t *testing.T) {
	for _, piped := range transports() {
		o := options(t, "CartPole-v1", nil)
		o.Piped = piped
		path, err := exec.LookPath(o.Python)
		if err != nil {
			t.Fatal(err)
		}
		o.Python = script(t, fmt.Sprintf("head -c 300000 /dev/zero | tr '\\0' x; echo; echo setting up; printf '\\0cov'\nexec %s \"$@\"\n", path))
		w := newWorld(t, o, 2, 1)
		if err := errors.Join(w.reset(1), w.step(), w.Close()); err != nil {
			t.Fatal(err)
		}
		w.children[0].output.wait()
		if got := w.children[0].output.String(); got != "setting up\n\x00cov" {
			t.Errorf("the end of what was printed is %q", got)
		}
	}
	o := options(t, "CartPole-v1", nil)
	o.Python = script(t, "echo there is nothing here\nexit 4\n")
	_, err := NewVector(o, 1, 1)
	mustSay(t, err, "exit status 4", "there is nothing here")
}

// TestOldGymnasium serves, but for vector environments.
func TestOldGymnasium(t *testing.T) {
	o := options(t, "faulty:Faulty", nil)
	o.Python = withoutModes(t, o.Python)
	w := newWorld(t, o, 2, 1)
	if err := errors.Join(w.reset(1), w.step()); err != nil {
		t.Error(err)
	}
}

// TestLongArguments are more than a pipe holds.
func TestLongArguments(t *testing.T) {
	newWorld(t, options(t, "made:SingleCartPole", map[string]any{"rounded": strings.Repeat("x", 300_000)}), 1, 1)
}

// TestClass that only looks like an environment of Gymnasium's.
func TestClassAlone(t *testing.T) {
	w := newWorld(t, options(t, "made:Alone", nil), 2, 1)
	if err := errors.Join(w.reset(1), w.step(), w.Close()); err != nil {
		t.Error(err)
	}
}

// TestCloseWhileWaiting ends the wait.
func TestCloseWhileWaiting(t *testing.T) {
	for _, piped := range transports() {
		o := options(t, "faulty:Faulty", map[string]any{"fault": "sleeps"})
		o.Piped = piped
		w := newWorld(t, o, 2, 2)
		if err := errors.Join(w.reset(1), w.step(), w.step()); err != nil {
			t.Fatal(err)
		}
		stepped := make(chan error)
		go func() { stepped <- w.step() }()
		for w.children[0].asked.Load()%2 == 0 || w.children[1].asked.Load()%2 == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		mustSay(t, <-stepped, "step 3: its process was killed")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestResetAfterAFault asks nothing of the processes that are left.
func TestResetAfterAFault(t *testing.T) {
	w := newWorld(t, options(t, "CartPole-v1", nil), 2, 2)
	if err := errors.Join(w.reset(1), w.children[1].cmd.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	err := w.step()
	mustSay(t, err, "was killed")
	if again := w.reset(1); !errors.Is(again, err) {
		t.Errorf("%v, want %v", again, err)
	}
	if w.children[0].asked.Load()%2 == 1 {
		t.Error("an answer of the first is awaited by nobody")
	}
}

func TestCloseThatFails(t *testing.T) {
	w := newWorld(t, options(t, "faulty:Faulty", map[string]any{"fault": "raises", "where": "close"}), 1, 1)
	mustSay(t, w.Close(), "faulty:Faulty, environment 0, close: raised ValueError: the lever is stuck")
}

func TestSlowToClose(t *testing.T) {
	w := newWorld(t, options(t, "faulty:Faulty", map[string]any{"fault": "sleeps", "where": "close"}), 1, 1)
	err := w.children[0].askToClose(200 * time.Millisecond)
	mustSay(t, err, "faulty:Faulty, environment 0, close: its process did not close within 200ms and was killed")
}

func TestWhatIsMissing(t *testing.T) {
	o := options(t, "faulty:Faulty", nil)
	cases := []struct {
		name   string
		change func(*Options)
		want   []string
	}{
		{"interpreter", func(o *Options) { o.Python = "no-such-python" }, []string{"no Python interpreter \"no-such-python\"", "covey gym setup"}},
		{"Gymnasium", func(o *Options) { o.Python = emptyPython(t, o.Python) }, []string{"lacks a package", "No module named 'numpy'", "`covey gym setup"}},
		{"ale_py", func(o *Options) { o.ID = "ALE/Pong-v5"; o.Python = without(t, o.Python, "ale_py") }, []string{"ALE/Pong-v5, make: ", "import of ale_py halted", "`covey gym setup atari`"}},
		{"MuJoCo", func(o *Options) { o.ID = "HalfCheetah-v5"; o.Python = without(t, o.Python, "mujoco") }, []string{"lacks a package", "`covey gym setup mujoco`"}},
		{"a recent Python", func(o *Options) { o.Python = oldPython(t, o.Python) }, []string{"is Python 3.6, and 3.11 is the oldest that serves", "covey gym setup"}},
		{"a recent Gymnasium", func(o *Options) {
			o.Python = changedPython(t, o.Python, "import gymnasium; gymnasium.__version__ = '0.29.1'")
		}, []string{"Gymnasium 0.29.1, and 1.0 is the oldest that serves: `covey gym setup`"}},
		{"a Gymnasium with vectors", func(o *Options) { o.ID, o.Vector, o.Python = "CartPole-v1", true, withoutModes(t, o.Python) }, []string{"vector environments want Gymnasium 1.1"}},
		{"the module", func(o *Options) { o.ID = "no_such_module:Env-v0" }, []string{"No module named 'no_such_module'", "install no_such_module"}},
		{"the environment", func(o *Options) { o.ID = "CartPol-v1" }, []string{"CartPol-v1, make: Environment `CartPol` doesn't exist. Did you mean: `CartPole`?"}},
		{"the name in a module", func(o *Options) { o.ID = "faulty:Missing" }, []string{"faulty:Missing, make: ", "Missing"}},
		{"an environment of it", func(o *Options) { o.ID = "faulty:nobody" }, []string{"object is no Gymnasium environment: it lacks observation_space"}},
		{"a keyword argument", func(o *Options) { o.Kwargs = map[string]any{"colour": 1} }, []string{"raised TypeError", "colour"}},
		{"its own vector", func(o *Options) { o.ID, o.Vector = "Pendulum-v1", true }, []string{"no vector environment of its own"}},
		{"a part to observe", func(o *Options) { o.ID, o.Observe = "made:OfDict", []string{"q"} }, []string{"no key 'q', but ['a', 'inner', 'm', 'z']"}},
		{"numbers instead of text", func(o *Options) { o.ID = "made:OfText" }, []string{"the observation space['mission'] is a Text, and text is no fixed number of numbers"}},
		{"one kind of actions", func(o *Options) { o.ID = "made:OfMixedActions" }, []string{"mixes choices with continuous numbers"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := o
			c.change(&o)
			v, err := NewVector(o, 2, 2)
			if err == nil {
				t.Fatal("nothing is missing", v.Close())
			}
			mustSay(t, err, append(c.want, "gymnasium: "+o.ID)...)
			var f *Fault
			if !errors.As(err, &f) || !f.Permanent() {
				t.Errorf("%v is not permanent", err)
			}
		})
	}
}

// emptyPython is an interpreter without packages.
func emptyPython(t *testing.T, python string) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command(python, "-m", "venv", "--without-pip", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(folder, "bin", "python")
}

// script is a shell script that plays Python.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// without is the interpreter in which a module is missing.
func without(t *testing.T, python, module string) string {
	return changedPython(t, python, fmt.Sprintf("sys.modules[%q] = None", module))
}

// withoutModes is the interpreter with what Gymnasium 1.0 has of vectors.
func withoutModes(t *testing.T, python string) string {
	return changedPython(t, python, "import gymnasium.vector; del gymnasium.vector.AutoresetMode")
}

func oldPython(t *testing.T, python string) string {
	return changedPython(t, python, `sys.version_info = (3, 6, 9, "final", 0)`)
}

// changedPython is the interpreter after a statement.
func changedPython(t *testing.T, python, statement string) string {
	// The last two arguments are the program and its own argument.
	return script(t, fmt.Sprintf(`while [ "$#" -gt 2 ]; do shift; done
exec %s -u -c 'import sys; boot = sys.argv.pop(1); %s; exec(boot)' "$1" "$2"
`, python, strings.ReplaceAll(statement, "'", `"`)))
}

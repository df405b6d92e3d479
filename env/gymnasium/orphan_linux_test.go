//go:build !portable

package gymnasium

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this binary play covey, for somebody to kill it.
func TestMain(m *testing.M) {
	if id := os.Getenv("GYMNASIUM_TEST_PLAYS"); id != "" {
		play(id, os.Getenv("GYMNASIUM_TEST_FAULT"))
		return
	}
	os.Exit(m.Run())
}

// play steps an environment until it is killed, and says which process it has.
func play(id, fault string) {
	o := DefaultOptions(id)
	o.Python = os.Getenv("GYMNASIUM_TEST_PYTHON")
	if fault != "" {
		o.Kwargs = map[string]any{"fault": fault}
	}
	w := newWorld(quiet{}, o, 1, 1)
	fmt.Println("process", w.children[0].cmd.Process.Pid)
	if err := w.reset(1); err != nil {
		panic(err)
	}
	for _, f := range remains(w.children[0].cmd.Process.Pid) {
		fmt.Println("leaves", f)
	}
	fmt.Println("ready")
	if fault != "" {
		go tell(w.children[0].output)
	}
	for {
		if err := w.step(); err != nil {
			panic(err)
		}
		if fault == "" && w.out[0].Terminated {
			time.Sleep(time.Millisecond)
		}
	}
}

// tell prints the numbers of two grandchildren as soon as they are known.
func tell(output *tail) {
	for len(numbers(output.String())) < 2 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(output)
}

// quiet is a test that is none.
type quiet struct{ testing.TB }

func (quiet) Helper()                   {}
func (quiet) Cleanup(func())            {}
func (quiet) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (quiet) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// alive says whether there is such a process that is not dead and only waits to be buried.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return fields[0] != "Z" && fields[0] != "X"
}

// mustEnd waits for processes to be gone.
func mustEnd(t *testing.T, pids []int) {
	t.Helper()
	for range 500 {
		left := false
		for _, pid := range pids {
			left = left || alive(pid)
		}
		if !left {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is left over", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL) // not to be left over by the test
		}
	}
}

var numbered = regexp.MustCompile(`(?m)^(?:process|grandchild) (\d+)$`)

var leaves = regexp.MustCompile(`(?m)^leaves (.+)$`)

// numbers are those of the processes that a text names.
func numbers(text string) (pids []int) {
	for _, m := range numbered.FindAllStringSubmatch(text, -1) {
		pid, _ := strconv.Atoi(m[1]) // digits
		pids = append(pids, pid)
	}
	return pids
}

// TestInterpreterThatCannotStart leaves nothing open.
func TestInterpreterThatCannotStart(t *testing.T) {
	o := DefaultOptions("VizdoomBasic-v1")
	o.Python = filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(o.Python, []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	before := open()
	_, err := NewVector(o, 1, 1)
	mustSay(t, err, "VizdoomBasic-v1, start: ", "exec format error")
	if after := open(); after > before {
		t.Errorf("%d files are open, before %d", after, before)
	}
}

// TestNobodyIsLeftOver of what an environment starts, however it ends.
func TestNobodyIsLeftOver(t *testing.T) {
	for _, c := range []struct {
		fault string
		want  string
	}{
		{"forks", ""}, {"forks_and_dies", "was killed (SIGKILL)"}, {"forks_and_sleeps", "gave no answer"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			o := options(t, "faulty:Faulty", map[string]any{"fault": c.fault})
			o.Deadline = time.Second
			w := newWorld(t, o, 1, 1)
			err := errors.Join(w.reset(1), w.step(), w.step(), w.step())
			if c.want != "" {
				mustSay(t, err, c.want)
			} else if err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			w.children[0].output.wait()
			pids := numbers(w.children[0].output.String())
			if len(pids) != 2 {
				t.Fatalf("two grandchildren should have told their numbers: %q", w.children[0].output)
			}
			mustEnd(t, append(pids, w.children[0].cmd.Process.Pid))
		})
	}
}

// TestNobodyOutlivesCovey when that is killed: between steps, or during one that holds the interpreter.
func TestNobodyOutlivesCovey(t *testing.T) {
	for _, c := range []struct{ fault, statement string }{
		{"", ""}, {"forks", ""}, {"forks_and_sleeps", ""},
		{"forks", "import fcntl; del fcntl.F_SETSIG"}, // as where the system does not kill for us
	} {
		fault := c.fault
		t.Run("fault "+fault+" "+c.statement, func(t *testing.T) {
			id, wait := "CartPole-v1", "ready"
			if fault != "" {
				id, wait = "faulty:Faulty", "grandchild"
			}
			python := interpreter(t)
			if c.statement != "" {
				python = changedPython(t, python, c.statement)
			}
			text := killCovey(t, python, id, fault, wait)
			pids := numbers(text)
			if want := 1 + 2*strings.Count(fault[:min(len(fault), 5)], "forks"); len(pids) != want {
				t.Fatalf("%d processes told their numbers, want %d: %q", len(pids), want, text)
			}
			mustEnd(t, pids)
		})
	}
}

// killCovey starts this binary as covey, waits for it to print the word as often as there are such, kills it and
// returns what it printed.
func killCovey(t *testing.T, python, id, fault, wait string) string {
	t.Helper()
	options(t, id, nil) // where modules are found
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GYMNASIUM_TEST_PLAYS="+id, "GYMNASIUM_TEST_FAULT="+fault, "GYMNASIUM_TEST_PYTHON="+python)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	printed, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	times := 1
	if wait == "grandchild" {
		times = 2
	}
	var text strings.Builder
	for lines := bufio.NewScanner(printed); strings.Count(text.String(), wait) < times && lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if strings.Count(text.String(), wait) < times {
		t.Fatalf("it printed %q and %q", &text, &complaints)
	}
	return text.String()
}

// existing are those of the files that there are. Other games may run beside a test, so it looks at its own.
func existing(files []string) (found []string) {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			found = append(found, f)
		}
	}
	return found
}

// TestDoomLeavesNothing in shared memory, nor processes, however it ends.
func TestDoomLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*world) error
	}{
		{"closed", func(w *world) error { return nil }},
		{"its Python killed", func(w *world) error { return w.children[0].cmd.Process.Kill() }},
		{"killed by us", func(w *world) error { w.children[0].kill(); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options(t, "VizdoomBasic-v1", nil), 1, 1)
			if err := errors.Join(w.reset(1), w.step()); err != nil {
				t.Fatal(err)
			}
			pid := w.children[0].cmd.Process.Pid
			var group []int
			for _, other := range processes() {
				if groupOf(other) == pid {
					group = append(group, other)
				}
			}
			used := existing(remains(pid))
			if len(used) == 0 || len(group) < 2 {
				t.Fatalf("ViZDoom uses %v and processes %v: nothing that this test would miss", used, group)
			}
			if err := c.end(w); err != nil {
				t.Fatal(err)
			}
			if c.name != "closed" {
				mustSay(t, w.step(), "VizdoomBasic-v1, environment 0, step 2: its process was killed")
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if left := existing(used); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
			mustEnd(t, group)
		})
	}
}

// TestSweep removes what a killed covey's ViZDoom left, and nothing that is new or in use.
func TestSweep(t *testing.T) {
	text := killCovey(t, interpreter(t), "VizdoomBasic-v1", "", "ready")
	mustEnd(t, numbers(text))
	old := filepath.Join(sharedFolder, "ViZDoomSMcoveytest1")
	fresh := filepath.Join(sharedFolder, "ViZDoomSMcoveytest2")
	for _, f := range []string{old, fresh} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Remove(f) }) // one is gone
	}
	left := []string{old}
	for _, m := range leaves.FindAllStringSubmatch(text, -1) {
		left = append(left, m[1])
	}
	if there := existing(left); len(left) == 1 || len(there) < len(left) {
		t.Fatalf("the killed ViZDoom left only %v", there)
	}
	hour := time.Now().Add(-time.Hour)
	for _, f := range left {
		if err := os.Chtimes(f, hour, hour); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	if there := existing(left); len(there) > 0 {
		t.Errorf("after the sweep there are %v", there)
	}
	if len(existing([]string{fresh})) == 0 {
		t.Errorf("%s is new, and swept", fresh)
	}
}

package pyenv

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSetupAdds(t *testing.T) {
	standIn(t, able12, "true")
	if _, err := Gymnasium(); !errors.Is(err, ErrNoGymnasium) {
		t.Fatalf("before any setup: %v", err)
	}
	setup := func(folder string, names ...string) (python string, all []string, progress string) {
		t.Helper()
		var out syncBuffer
		python, all, err := Setup(context.Background(), folder, names, &out)
		if err != nil {
			t.Fatal(err)
		}
		if chosen, err := Gymnasium(); err != nil || chosen != python {
			t.Fatalf("%q is chosen (error %v), want %q", chosen, err, python)
		}
		return python, all, out.String()
	}
	python, all, progress := setup("", "doom")
	if !slices.Equal(all, []string{"doom"}) || !strings.HasPrefix(progress, "making") {
		t.Errorf("has %v, reported %q", all, progress)
	}
	again, all, progress := setup("", "atari")
	if again != python || !slices.Equal(all, []string{"atari", "doom"}) || !strings.HasPrefix(progress, "adding") {
		t.Errorf("%s has %v, reported %q", again, all, progress)
	}
	lock, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(python)), installed))
	if err != nil || !slices.Contains(names(string(lock)), "vizdoom") || !slices.Contains(names(string(lock)), "ale-py") {
		t.Errorf("installed %v (error %v)", names(string(lock)), err)
	}
	if _, all, progress = setup(""); len(all) != 2 || progress != "" {
		t.Errorf("nothing to do: has %v, reported %q", all, progress)
	}
	elsewhere := filepath.Join(t.TempDir(), "here")
	if python, all, _ = setup(elsewhere, "mujoco"); !slices.Equal(all, []string{"mujoco"}) || !strings.HasPrefix(python, elsewhere) {
		t.Errorf("%s has %v", python, all)
	}
	if err := os.RemoveAll(elsewhere); err != nil {
		t.Fatal(err)
	}
	if _, err := Gymnasium(); err == nil || !strings.Contains(err.Error(), "covey gym setup") {
		t.Errorf("its folder is gone: %v", err)
	}
}

// TestSetupLeavesOthersAlone: a folder with something in it is not taken, and what is wrong is said before anything is made.
func TestSetupLeavesOthersAlone(t *testing.T) {
	standIn(t, able12, "true")
	mine := t.TempDir()
	precious := filepath.Join(mine, "thesis.tex")
	if err := os.WriteFile(precious, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Setup(context.Background(), mine, nil, io.Discard); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder in use: %v", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Setup(context.Background(), "", []string{"atarri"}, io.Discard); err == nil {
		t.Error("an unknown extra is set up")
	}
	if _, err := Gymnasium(); !errors.Is(err, ErrNoGymnasium) {
		t.Errorf("after failures: %v", err)
	}
}

// TestSetupRepairs what was interrupted, and what pip could not finish.
func TestSetupRepairs(t *testing.T) {
	standIn(t, able12, `test ! -e "$COVEY_CACHE/offline" || { echo no network; exit 1; }`)
	offline := filepath.Join(os.Getenv("COVEY_CACHE"), "offline")
	python, _, err := Setup(context.Background(), "", []string{"doom"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(offline, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Setup(context.Background(), "", []string{"atari"}, io.Discard); err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("offline: %v", err)
	}
	if chosen, err := Gymnasium(); err != nil || chosen != python {
		t.Errorf("offline, the environment that worked is lost: %v", err)
	}
	if err := os.Remove(offline); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(filepath.Dir(python)), marker)); err != nil {
		t.Fatal(err)
	}
	if _, all, err := Setup(context.Background(), "", nil, io.Discard); err != nil || !slices.Equal(all, []string{"doom"}) {
		t.Errorf("repaired, it has %v (error %v), want doom", all, err)
	}
}

func TestUse(t *testing.T) {
	t.Setenv("COVEY_CACHE", t.TempDir())
	if _, err := Use("no-such-python"); err == nil || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("%v", err)
	}
	mine := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(mine, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if path, err := Use(mine); err != nil || path != mine {
		t.Errorf("%q, error %v", path, err)
	}
	if chosen, err := Gymnasium(); err != nil || chosen != mine {
		t.Errorf("%q is chosen (error %v)", chosen, err)
	}
}

func TestSystems(t *testing.T) {
	for _, c := range []struct{ goos, release, want string }{
		{"linux", "NAME=\"Debian GNU/Linux\"\nID=debian\n", "sudo apt install python3.12-venv"},
		{"linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "sudo apt install python3.12-venv"},
		{"linux", "ID=fedora\n", "sudo dnf install"},
		{"linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "sudo dnf install"},
		{"darwin", "", "brew install"},
		{"windows", "", "winget install"},
		{"linux", "", "Debian: sudo apt install python3.12-venv; Fedora"},
		{"freebsd", "ID=freebsd", "Debian: "},
	} {
		if got := systemOf(c.goos, c.release).venv("3.12"); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.goos, c.release, got, c.want)
		}
	}
}

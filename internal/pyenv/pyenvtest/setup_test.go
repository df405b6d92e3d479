package pyenvtest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"covey/internal/pyenv"
)

// TestSetupInstalls makes the smallest real environment, beside the user's.
func TestSetupInstalls(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: nothing is installed")
	}
	if os.Getenv("COVEY_SKIP_PYTHON") == "1" {
		t.Skip("COVEY_SKIP_PYTHON=1: no Python environment is made")
	}
	t.Setenv("COVEY_CACHE", t.TempDir())
	python, all, err := pyenv.Setup(context.Background(), filepath.Join(t.TempDir(), "gym"), []string{"classic-control"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	r, err := pyenv.Look(context.Background(), python)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(all, []string{"classic-control"}) || r.Path != python || r.ROMs != 0 {
		t.Errorf("extras %v, report %+v", all, r)
	}
	for _, name := range []string{"", "classic-control"} {
		if there, missing, broken := r.Extra(name); len(there) == 0 || len(missing)+len(broken) > 0 {
			t.Errorf("%q: there %v, missing %v, broken %v", name, there, missing, broken)
		}
	}
	if there, missing, _ := r.Extra("atari"); len(there) > 0 || !slices.Equal(missing, []string{"ale-py"}) {
		t.Errorf("atari: there %v, missing %v", there, missing)
	}
}

// TestGymnasiumHasAllExtras: the tests' own environment can import everything that users are offered.
func TestGymnasiumHasAllExtras(t *testing.T) {
	r, err := pyenv.Look(context.Background(), Gymnasium(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{""}, pyenv.Extras()...) {
		if there, missing, broken := r.Extra(name); len(there) == 0 || len(missing)+len(broken) > 0 {
			t.Errorf("%q: there %v, missing %v, broken %v", name, there, missing, broken)
		}
	}
	if r.ROMs < 100 {
		t.Errorf("%d ROMs", r.ROMs)
	}
}

package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKeepMerges: rows of a part that was run again take the place of its old ones, the others stay.
func TestKeepMerges(t *testing.T) {
	o := &options{out: t.TempDir(), covey: "no such program"}
	old := []row{{Part: "kill", What: "A", Want: "1", Got: "0"}, {Part: "flip", What: "C", Want: "1", Got: "1", Passed: true}}
	if _, err := keep(context.Background(), o, old); err != nil {
		t.Fatal(err)
	}
	rows, err := readRows(filepath.Join(o.out, tableFile))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, error %v", rows, err)
	}
	for i := range rows {
		rows[i].When = "another machine"
	}
	if err := writeRows(filepath.Join(o.out, tableFile), rows); err != nil {
		t.Fatal(err)
	}
	all, err := keep(context.Background(), o, []row{{Part: "kill", What: "B, with | in it", Want: "1", Got: "1", Passed: true}})
	if err != nil || len(all) != 2 || all[0].What != "B, with | in it" || all[1].What != "C" || all[1].When != "another machine" || !all[1].Passed {
		t.Errorf("%+v, error %v", all, err)
	}
	text, err := os.ReadFile(filepath.Join(o.out, pageFile))
	if err != nil || !strings.Contains(string(text), "* flip: another machine\n") {
		t.Errorf("%s, error %v", text, err)
	}
}

// TestMergeTakesPartsWhole: even rows of the same time and machine do not stay beside new ones of their part.
func TestMergeTakesPartsWhole(t *testing.T) {
	before := []row{{Part: "flip", What: "C"}, {Part: "kill", What: "A"}, {Part: "kill", What: "B"}, {Part: "flip", What: "D"}}
	now := []row{{Part: "kill", What: "B", Passed: true}, {Part: "kill", What: "E"}}
	want := []row{now[0], now[1], before[0], before[3]}
	if got := merge(before, now); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestUnknownPartsAreRefused(t *testing.T) {
	if _, err := choose("kill,flop"); err == nil || !strings.Contains(err.Error(), `"flop"`) {
		t.Errorf("error %v", err)
	}
}

// TestSpoiledFilesDiffer: whatever is done to it, a file is not what it was; and another name of it is.
func TestSpoiledFilesDiffer(t *testing.T) {
	o := &options{rng: rand.New(rand.NewPCG(1, 1))}
	for range 100 {
		dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "kept")
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte("abc\x00\x00"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(path, kept); err != nil {
			t.Fatal(err)
		}
		if err := o.spoil(dir); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err == nil && string(text) == "abc\x00\x00" {
			t.Error("the file is what it was")
		}
		if text, err := os.ReadFile(kept); err != nil || string(text) != "abc\x00\x00" {
			t.Errorf("its other name has %q, error %v", text, err)
		}
	}
}

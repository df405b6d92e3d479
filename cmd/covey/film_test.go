package main

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// isAnimation N FILE... wants each file to be an animation of N pictures.
func isAnimation(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: animation N FILE...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	for _, name := range args[1:] {
		f, err := os.Open(ts.MkAbs(name))
		ts.Check(err)
		g, err := gif.DecodeAll(f)
		ts.Check(err)
		ts.Check(f.Close())
		if len(g.Image) != want {
			ts.Fatalf("%s has %d pictures, want %d", name, len(g.Image), want)
		}
	}
}

// arePictures N FOLDER wants the folder to hold N pictures and nothing else.
func arePictures(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pictures N FOLDER")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[1]))
	ts.Check(err)
	if strconv.Itoa(len(entries)) != args[0] {
		ts.Fatalf("%s holds %d files, want %s", args[1], len(entries), args[0])
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(ts.MkAbs(args[1]), e.Name()))
		ts.Check(err)
		_, err = png.Decode(f)
		ts.Check(err)
		ts.Check(f.Close())
	}
}

// TestGIFReplacesOnlyWhenWhole: until then, and where the recording fails, the file that was there stays.
func TestGIFReplacesOnlyWhenWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.gif")
	if err := os.WriteFile(path, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := func(what string, whole bool) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := gif.DecodeAll(bytes.NewReader(text)); (err == nil) != whole || !whole && string(text) != "before" {
			t.Errorf("%s: the file is %.20q", what, text)
		}
	}
	small, large := image.NewRGBA(image.Rect(0, 0, 2, 3)), image.NewRGBA(image.Rect(0, 0, 4, 5))
	broken := errors.New("the environment is broken")
	for _, c := range []struct {
		what     string
		pictures []*image.RGBA
		failed   error
	}{
		{"nothing was seen", nil, broken},
		{"the environment fails", []*image.RGBA{small, small}, broken},
		{"the pictures differ in size", []*image.RGBA{small, large}, nil},
		{"all is well", []*image.RGBA{small, small}, nil},
	} {
		f, err := newFilm(path)
		if err != nil {
			t.Fatal(err)
		}
		err = c.failed
		for _, picture := range c.pictures {
			err = errors.Join(err, f.add(picture, 10))
			want(c.what+", on the way", false)
		}
		whole := err == nil
		if err = f.end(err); (err == nil) != whole || c.failed != nil && !errors.Is(err, c.failed) {
			t.Errorf("%s: %v", c.what, err)
		}
		want(c.what, whole)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside it there is %v, %v", entries, err)
	}
}

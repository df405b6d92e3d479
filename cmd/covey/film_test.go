package main

import (
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"strconv"

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

package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey"
)

func TestPresetHasAsManyWorkers(t *testing.T) {
	cfg, err := covey.Preset("a3c", "VizdoomBasic-v1", "")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.A3C.Workers != workers {
		t.Errorf("%d workers, want %d", cfg.A3C.Workers, workers)
	}
}

func TestDrawCurve(t *testing.T) {
	table, picture := filepath.Join(t.TempDir(), "progress.csv"), filepath.Join(t.TempDir(), "curve.png")
	write := func(text string) {
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("env_steps,episodes,train_return_mean_100\n10,0,\n20,3,-130\n30,9,70.5\n")
	if err := drawCurve(table, picture); err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(drawn)); err != nil {
		t.Error(err)
	}
	write("env_steps,updates\n1,2\n")
	if err := drawCurve(table, picture); err == nil || !strings.Contains(err.Error(), "no column episodes") {
		t.Errorf("%v", err)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey/bench/compare"
)

// TestMain lets this binary play the programs that are compared.
func TestMain(m *testing.M) {
	switch os.Getenv("A3C_TEST_PLAYS") {
	case "":
		os.Exit(m.Run())
	case "learner":
		fmt.Print(`{"steps_per_s": 1000, "solved": true, "solved_at_s": 0.25, "solved_at_steps": 4000}`)
	case "failure":
		fmt.Fprintln(os.Stderr, "Traceback\nValueError: no such thing")
		os.Exit(3)
	}
}

func play(t *testing.T, part string) compare.Job {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return compare.Job{Program: self, Env: []string{"A3C_TEST_PLAYS=" + part}}
}

func TestFailureIsKeptWithItsReason(t *testing.T) {
	r := &row{
		speed: func(uint64) []compare.Job { return []compare.Job{play(t, "learner"), play(t, "failure")} },
		solve: func(uint64) compare.Job { return play(t, "failure") },
	}
	r.measureSpeed(context.Background(), 1)
	r.measureSolve(context.Background(), 1)
	if !strings.Contains(r.Err, "ValueError: no such thing") || strings.Contains(r.Err, "Traceback") {
		t.Errorf("the row says %q", r.Err)
	}
	if len(r.StepsPerS)+len(r.Solves) > 0 {
		t.Errorf("a failed run left results: %+v", r)
	}
}

func TestSpeedsOfProcessesAddUp(t *testing.T) {
	r := &row{speed: func(uint64) []compare.Job { return []compare.Job{play(t, "learner"), play(t, "learner")} }}
	r.measureSpeed(context.Background(), 1)
	if r.Err != "" || len(r.StepsPerS) != 1 || r.StepsPerS[0] != 2000 {
		t.Errorf("got %+v", r)
	}
}

func exampleReport() report {
	solved := []solving{{1, true, 0.1, 90_000, 0.2}, {2, true, 0.3, 110_000, 0.4}, {3, false, 0, 0, 9}}
	return report{Rounds: 3, Steps: 500_000, Seeds: 3, PeerSeeds: 1, Rows: []*row{
		{Name: "covey ordered", Workers: 2, Envs: 1, StepsPerS: []float64{1e6, 3e6, 1.8e6}, Solves: solved, PeakBytes: 15e6},
		{Name: "covey ordered", Workers: 1, Envs: 1, StepsPerS: []float64{0.9e6}},
		{Name: "covey async", Workers: 2, Envs: 1, StepsPerS: []float64{2e6}},
		{Name: yardstick, Workers: 2, Envs: 1, StepsPerS: []float64{2e6}},
		{Name: "PyTorch A3C", Workers: 2, Envs: 1, Err: "out of memory"},
	}}
}

func TestReportKeepsWhatItSays(t *testing.T) {
	r := exampleReport()
	text := strings.Join(strings.Fields(r.markdown()), " ") // without the alignment
	for _, want := range []string{
		"| covey ordered | 2 | 1 | 1.80 M | 1.00 M–3.00 M | 0.9 | 2/3 | 0.200 | 0.300 | 100.0 k | 0.300 | 15 |",
		"- covey ordered, 2 × 1: 2.00 × one worker, 0.90 × async",
		"| PyTorch A3C | 2 | 1 | – |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	folder := filepath.Join(t.TempDir(), "new", "results")
	if err := r.write(folder); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(folder, "a3c-cartpole.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(content, &back); err != nil || back.Rows[0].Solves[1].Steps != 110_000 {
		t.Errorf("the JSON says %+v, %v", back, err)
	}
	content, err = os.ReadFile(filepath.Join(folder, "a3c-cartpole.csv"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(records) != 6 || records[1][3] != "1.80 M" {
		t.Errorf("the CSV says %q, %v", records, err)
	}
}

func TestRowsAreChosen(t *testing.T) {
	bad := [][]string{{"-workers", "0"}, {"-workers", "1,x"}, {"-rounds", "0"}, {"more"}}
	for _, args := range bad {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	o, err := parse([]string{"-short", "-out", "kept", "-workers", "1,3", "-rows", "covey,C "})
	if err != nil || o.rounds != 3 || o.out != "" || len(o.workers) != 2 || o.workers[1] != 3 || len(o.rows) != 2 {
		t.Errorf("got %+v, %v", o, err)
	}
}

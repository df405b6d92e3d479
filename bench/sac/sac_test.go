package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReplayIsAsSmallAsItsArrays(t *testing.T) {
	m := measureReplay()
	if m.Transitions < 990_000 || m.Transitions > 1_000_000 {
		t.Errorf("%d transitions are held", m.Transitions)
	}
	if x := float64(m.Bytes) / float64(m.Least); x < 1 || x > 1.1 {
		t.Errorf("%d bytes, %.3f of what the arrays need", m.Bytes, x)
	}
}

func example() *report {
	return &report{
		Rounds: 3, PeerRounds: 1, Seeds: 3, PeakGFLOPS: 287,
		Updates: []*updating{
			{Name: "covey update", Cores: 1, Size: large, Seconds: []float64{0.004, 0.002, 0.0025}},
			{Name: "covey update", Cores: 2, Size: large, Seconds: []float64{0.00125}},
			{Name: "covey update", Cores: 1, Size: small, Seconds: []float64{70e-6}},
			{Name: "covey loop", Cores: 1, Size: large, Loop: true, Seconds: []float64{0.00295}},
			{Name: "PyTorch update", Cores: 1, Size: large, Seconds: []float64{0.01}},
			{Name: "SBX update", Cores: 0, Size: large, Seconds: []float64{0.005}},
			{Name: "SB3 update", Cores: 1, Size: large, Err: "out of memory"},
			{Name: rltoolsName, Cores: 1, Size: large, Loop: true, Err: errNoRLtools.Error()},
		},
		Whole:   []*whole{{Name: "covey", Cores: 1, Seconds: []float64{0.7, 0.8, 0.9}, Returns: []float64{-150, -160, -140}}, {Name: "RLtools", Cores: 1, Err: errNoRLtools.Error()}},
		Solving: []*solving{{Name: "covey, preset", Cores: 2, Seeds: 3, Seconds: []float64{0.2, 0.4}, Steps: []float64{4000, 6000}}},
		Memory:  memory{Transitions: 1_000_000, Bytes: 21_500_000, Least: 21_000_000},
	}
}

func TestReportKeepsWhatItSays(t *testing.T) {
	r := example()
	r.estimate(options{})
	words := strings.Join(strings.Fields(r.markdown()), " ")
	for _, want := range []string{
		"FMA peak of one core in this run: 287 GFLOP/s",
		"at the peak 1.9 ms and 48.8 µs",
		"| covey update | 1 | 256-256, 256 | 2.5 | 2–4 | 400 | 218 | 76 % | – |",
		"| PyTorch update | 1 | 256-256, 256 | 10 | 10–10 | 100 | 55 | 19 % | 4.00 |",
		"| SBX update | all | 256-256, 256 | 5 | 5–5 | 200 | 109 | 38 % | 4.00 |",
		"| RLtools loop | 1 | 256-256, 256 | 2.95 | 2.95–2.95 | 339 | 185 | 64 % | 1.00 |",
		"- RLtools loop: estimate, its source is not here",
		"- RLtools, 10,000 steps: not here",
		"- SB3 update, 256-256, 256, 1 cores: out of memory",
		"| covey | 1 | 0.800 | 0.700–0.900 | 3 | -150.0 | -160.0 |",
		"| covey, preset | 2 | 2/3 | 0.300 | 0.400 | 5.0 k | 6.0 k |",
		"their arrays need 21.00 MB: +2.4 %",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the report lacks %q:\n%s", want, r.markdown())
		}
	}
	if failed := r.failures(); len(failed) != 1 || !strings.Contains(failed[0].Error(), "out of memory") {
		t.Errorf("failures %v", failed)
	}
	folder := filepath.Join(t.TempDir(), "new")
	if err := r.write(folder); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(folder, "sac-pendulum.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(content, &back); err != nil || !slices.Equal(back.Updates[0].Seconds, r.Updates[0].Seconds) {
		t.Errorf("the JSON says %+v, %v", back, err)
	}
	content, err = os.ReadFile(filepath.Join(folder, "sac-pendulum.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(rows) != 1+len(r.Updates) {
		t.Errorf("the CSV says %q, %v", rows, err)
	}
}

func TestEstimateIsScaledByThePeaks(t *testing.T) {
	r := example()
	r.PeakGFLOPS = 143.5
	r.estimate(options{})
	if got := r.Updates[7]; got.Err != "" || len(got.Seconds) != 1 || got.Seconds[0] != 5.9e-3 || !strings.Contains(got.Note, "estimate") {
		t.Errorf("got %+v", got)
	}
}

func TestMeasuringGoesOnWhereOneFails(t *testing.T) {
	var calls, others int
	var row string
	broken := failing(&source{rounds: 3, run: func(context.Context, int) error { calls++; return errors.New("broken") }}, &row)
	sound := failing(&source{rounds: 2, run: func(context.Context, int) error { others++; return nil }})
	measure(context.Background(), []*source{broken, sound}, options{rounds: 3, peers: 1, seeds: 1})
	if calls != 1 || others != 2 || row != "broken" {
		t.Errorf("%d and %d calls, %q", calls, others, row)
	}
}

func TestRowsAreChosen(t *testing.T) {
	for _, bad := range [][]string{{"-rounds", "0"}, {"-seeds", "0"}, {"more"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	o, err := parse([]string{"-short", "-out", "kept", "-rows", "SBX,replay"})
	if err != nil || o.rounds != 3 || o.out != "" || o.seeds != 3 {
		t.Fatalf("got %+v, %v", o, err)
	}
	var names []string
	for _, s := range (&tools{options: o}).sources(&report{}) {
		names = append(names, s.name)
	}
	if want := []string{"peak", "SBX", "SBX", "replay"}; !slices.Equal(names, want) {
		t.Errorf("rows %v, want %v", names, want)
	}
}

func TestSettingsAreWhatOneWouldType(t *testing.T) {
	got := strings.Join(settings(small, 10_000, 1e-3), " ")
	want := "--preset none --eval-every 0 --steps 10000 --set sac.network.hidden=[64,64] --set sac.batch=100 --set sac.warmup=100 --set sac.replay=10000 --set sac.learning_rate=0.001"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

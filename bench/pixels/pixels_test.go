package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey/bench/results"
)

func TestEveryRunIsPossible(t *testing.T) {
	all, err := plan(1)
	if err != nil {
		t.Fatal(err)
	}
	// Memory: 5 seeds of 5 presets; MinAtar: 5 of 2 with 2 budgets on 5 games; Atari: 3 of 2, and 1; Doom: 3 of 4.
	if want := 25 + 100 + 7 + 12; len(all) != want {
		t.Errorf("%d runs, want %d", len(all), want)
	}
	lines := map[string]bool{}
	for _, p := range all {
		lines[p.Line()] = true
	}
	for _, want := range []string{
		"covey train TMaze10-v0 --algo a3c --json --quiet --out TMaze10-v0-a3c@feedforward-steps-5 --preset feedforward --set seed=5 --set steps=500000 --set log_every=100000",
		"covey train MinAtar/Breakout-v1 --algo dqn --json --quiet --out MinAtar-Breakout-v1-dqn-seconds-2 --set seed=2 --set steps=0 --set seconds=60 --set log_every=500000",
		"covey train ALE/Pong-v5 --algo a3c --json --quiet --out ALE-Pong-v5-a3c@nosticky-steps-3 --preset nosticky --set seed=3 --set steps=4000000 --set log_every=500000",
	} {
		if !lines[want] {
			t.Errorf("no run is %s", want)
		}
	}
	for _, p := range all {
		if frames := !strings.HasPrefix(p.Env, "MinAtar/") && !strings.HasSuffix(p.Env, "-v0"); frames != (p.Repeat == 4) {
			t.Errorf("%s: %v steps of the environment to an action", p.Line(), p.Repeat)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, bad := range [][]string{{"-seeds", "6"}, {"-short"}, {"-only", "memory,chess"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	all, err := plan(0.1)
	if err != nil || !strings.Contains(all[0].Line(), "steps=50000 ") {
		t.Fatalf("%v, error %v", all, err)
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 144},
		{[]string{"-only", "memory"}, 25},
		{[]string{"-only", "memory,ALE/Breakout-v5"}, 26},
		{[]string{"-only", "minatar", "-algos", "a3c"}, 50},
		{[]string{"-only", "minatar", "-algos", "a3c", "-budgets", "seconds"}, 25},
		{[]string{"-only", "atari", "-algos", "a3c@nosticky"}, 4},
	} {
		o, err := parse(c.args)
		wanted := 0
		for _, p := range all {
			if o.wants(p) {
				wanted++
			}
		}
		if err != nil || wanted != c.want {
			t.Errorf("%q: %d runs, want %d, error %v", c.args, wanted, c.want, err)
		}
	}
}

// runs are records of a preset with these final scores.
func runs(env, algo, variant string, b results.Budget, finals ...float64) []*results.Record {
	var all []*results.Record
	for i, x := range finals {
		all = append(all, &results.Record{Env: env, Algo: algo, Variant: variant, Budget: b, Seed: uint64(i + 1), Steps: 500_000, WallS: 2,
			Machine: "a CPU; load before: 1.00; 2026-01-01", Final: results.Final{Mean: x}, Curve: []results.Point{{Steps: 100, WallS: 0.1, Return: 0.2}, {Steps: 500_000, WallS: 2, Return: x}}})
	}
	return all
}

func TestPublish(t *testing.T) {
	var records []*results.Record
	for _, more := range [][]*results.Record{
		runs("TMaze10-v0", "a3c", "", results.Steps, 1, 0.9, 1),
		runs("TMaze10-v0", "a3c", "feedforward", results.Steps, 0.5, 0.49, 0.5),
		runs("MinAtar/Freeway-v1", "a3c", "", results.Seconds, 40, 50),
		runs("MinAtar/Freeway-v1", "dqn", "", results.Seconds, 30, 45),
		runs("MinAtar/Breakout-v1", "a3c", "", results.Seconds, 10), // of DQN there are none
		runs("MinAtar/Asterix-v1", "dqn", "", results.Steps, 8),     // nor of A3C, which it is compared with
		runs("ALE/Pong-v5", "a3c", "nosticky", results.Steps, 20, 20.5, 20.4, 20.3),
		runs("ALE/Pong-v5", "a3c", "", results.Steps, 14, 15, 15.5, 15.4),
	} {
		records = append(records, more...)
	}
	out := t.TempDir()
	if err := publish(out, records); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "pixels.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		"a CPU; 2026-01-01.", "## Memory", "Solved: 0.95 or more.", "500.0 k environment steps:", "| a3c | 3 | 0.967 [", "| 2/3 |", "| a3c@feedforward | 3 | 0.497 [",
		"Whether a3c or a3c@feedforward scores higher is **not decided** by these runs.", // of three seeds
		"### MinAtar/Breakout-v1", "### MinAtar/Freeway-v1 ![learning curves](pixels/MinAtar-Freeway-v1.png) 60 s:", "| – |",
		"| a3c | 1 | 10.0 [–] | 10.0 | – | 10.0 | 1/1 |", // of one seed
		"75 % of cases with three seeds",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(words, "### ALE/Pong-v5"); n != 1 {
		t.Errorf("the two games of Pong have %d headings", n)
	}
	for _, not := range []string{"Asterix", "## Doom", "0/2", "nosticky scores"} {
		if strings.Contains(words, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if t.Failed() {
		t.Log(string(text))
	}
	if _, err := os.Stat(filepath.Join(out, "pixels", "MinAtar-Freeway-v1.png")); err != nil {
		t.Error(err)
	}
	if err := publish(out, nil); err == nil {
		t.Error("a page of nothing is published")
	}
}

func TestWhatFollows(t *testing.T) {
	sum := func(variant string, finals ...float64) *results.Summary {
		return results.Summarize(1, runs("TMaze10-v0", "a3c", variant, results.Steps, finals...))
	}
	for _, c := range []struct {
		first, second []float64
		want          string
	}{
		{[]float64{5, 6, 7, 8}, []float64{1, 2, 3, 4}, "- **a3c scores higher than a3c@x**."},
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, "- **a3c@x scores higher than a3c**."},
		{[]float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}, "- Whether a3c or a3c@x scores higher is **not decided** by these runs."},
		{[]float64{4, 6, 7, 8}, []float64{1, 2, 3, 5}, "- Whether a3c or a3c@x scores higher is **not decided** by these runs."},
		{[]float64{5, 6, 7, 8}, []float64{1, 2, 3}, "- Whether a3c or a3c@x scores higher is **not decided** by these runs."},
	} {
		if got := strings.TrimSpace(follows([]*results.Summary{sum("", c.first...), sum("x", c.second...)})); got != c.want {
			t.Errorf("%v and %v: %q, want %q", c.first, c.second, got, c.want)
		}
	}
	if got := follows([]*results.Summary{sum("", 1)}); got != "" {
		t.Errorf("one algorithm alone: %q", got)
	}
}

// TestPageKeepsAllSeeds: -seeds says how many to run, not how many to show.
func TestPageKeepsAllSeeds(t *testing.T) {
	out := t.TempDir()
	if err := os.CopyFS(filepath.Join(out, "pixels"), os.DirFS("../../docs/results/pixels")); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"-draw", "-out", out, "-seeds", "1"})
	if err == nil {
		err = run(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "pixels.md")); err != nil || !strings.Contains(string(text), "5/5") {
		t.Errorf("the page lacks five seeds of a task, error %v:\n%s", err, text)
	}
}

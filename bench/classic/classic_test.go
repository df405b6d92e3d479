package main

import (
	"encoding/csv"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"covey/bench/results"
)

// taskOf finds a task by its environment.
func taskOf(env string) task {
	i := slices.IndexFunc(tasks, func(t task) bool { return t.Env == env })
	return tasks[i]
}

func TestPlansHaveEqualBudgets(t *testing.T) {
	task := taskOf("MountainCarContinuous-v0")
	p, err := task.plan("a3c", results.Steps, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	line := p.Line()
	for _, want := range []string{"train MountainCarContinuous-v0 --algo a3c", "--set seed=7", "--set steps=50000", "--set eval.every=2500"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	timed, err := taskOf("CartPole-v1").plan("a2c", results.Seconds, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	line = timed.Line()
	for _, want := range []string{"--set steps=0", "--set seconds=3", "--set a3c.anneal_steps=250000", "--set eval.every=50000"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
}

// runs are records of an algorithm with these final scores; the best evaluation on the way was 10 higher.
func runs(env, algo string, b results.Budget, finals ...float64) []*results.Record {
	var all []*results.Record
	for i, x := range finals {
		all = append(all, &results.Record{Env: env, Algo: algo, Budget: b, Seed: uint64(i + 1), Steps: 1000, WallS: 2, Machine: "a CPU; load before: 1.00; 2026-01-01",
			Final: results.Final{Mean: x}, Curve: []results.Point{{Steps: 100, WallS: 0.1, Return: x - 50}, {Steps: 500, WallS: 1, Return: x + 10}, {Steps: 1000, WallS: 2, Return: x}}})
	}
	return all
}

func example() []*results.Record {
	return slices.Concat(
		runs("Pendulum-v1", "sac", results.Steps, -150, -151, -149, -150),
		runs("Pendulum-v1", "ddpg", results.Steps, -150, -1200, -160, -700),
		runs("Pendulum-v1", "a3c", results.Steps, -1000, -1000, -1000, -1000),
		runs("CartPole-v1", "a3c", results.Seconds, 500, 500, 490, 480),
		runs("CartPole-v1", "a2c", results.Seconds, 500, 480, 500, 490),
		runs("CartPole-v1", "dqn", results.Seconds, 100, 120, 130, 90),
		runs("Acrobot-v1", "a3c", results.Seconds, -500, -500, -96, -500),
		runs("Acrobot-v1", "a2c", results.Seconds, -500, -500, -90, -500),
		runs("Acrobot-v1", "dqn", results.Seconds, -90, -85, -95, -80),
		runs("Acrobot-v1", "dqn", results.Steps, 0), // of the others there are none
	)
}

func TestSummary(t *testing.T) {
	all := sorted(example())
	if len(all) != 3 {
		t.Fatalf("%d results, want 3", len(all))
	}
	s := all[0].Algos[1]
	if s.Label != "ddpg" || s.IQM.Value != -430 || s.Median != -430 || s.Worst != -1200 || s.Solved != 2 || s.Steps != 1000 || s.Seconds != 2 {
		t.Errorf("got %+v", s)
	}
	if want := math.Sqrt((402.5*402.5 + 647.5*647.5 + 392.5*392.5 + 147.5*147.5) / 3); math.Abs(s.Spread-want) > 1e-9 {
		t.Errorf("spread %v, want %v", s.Spread, want)
	}
	if s.Drop != 10 || s.WorstDrop != 10 {
		t.Errorf("drop %v, the worst %v, want 10", s.Drop, s.WorstDrop)
	}
	groups := families(all)
	if len(groups) != 2 || len(groups[1]) != 2 {
		t.Fatalf("families %v", groups)
	}
	n := normalized(groups[1], 2)
	if len(n) != 2 || math.Abs(n[0][0]-(100.-22)/(475-22)) > 1e-12 || math.Abs(n[1][0]-(499.-90)/399) > 1e-12 {
		t.Errorf("normalised scores %v", n)
	}
}

func TestPageSaysWhatDoesNotHold(t *testing.T) {
	text := page(sorted(example()))
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"a CPU; 2026-01-01.",
		"- Pendulum-v1, 20000 environment steps, against DDPG: **holds**. Spread 0.8 against",
		"- Pendulum-v1, 20000 environment steps, against A3C: **not decided** by these runs. Spread 0.8 against 0.0",
		"No seed of A3C solves it, and failing evenly is no stability.",
		"- CartPole-v1, 3 s: **holds**. P(A3C better) = 1.00",
		"- Acrobot-v1, 5 s: **does not hold**: DQN is better. P(A3C better) = 0.00",
		"![learning curves](classic/Acrobot-v1.png)",
		"| sac | 4 | -150.0 [",
		"| dqn | 2 | seconds |",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "MountainCar") {
		t.Error("the page speaks of a task without runs")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestVerdictWantsMoreThanTheInterval: the interval of P(A3C better) leaves out 0.5, and chance may well have made it.
func TestVerdictWantsMoreThanTheInterval(t *testing.T) {
	text := strings.Join(strings.Fields(page(sorted(slices.Concat(
		runs("Acrobot-v1", "a3c", results.Seconds, -500, -500, -90, -500),
		runs("Acrobot-v1", "a2c", results.Seconds, -500),
		runs("Acrobot-v1", "dqn", results.Seconds, -90, -85, -95, -80))))), " ")
	for _, want := range []string{"- Acrobot-v1, 5 s: **not decided** by these runs. P(A3C better) = 0.09 [0.00, 0.38]", "| a2c | 1 | -500.0 [–] | -500.0 | – | -500.0 | 0/1 | 10.0 | 10.0 | 1.0 k | 2.00 | – |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
}

func TestPublishWritesEverything(t *testing.T) {
	out := t.TempDir()
	if err := publish(out, example()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(out, "classic", "Pendulum-v1.png"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(f)
	if err != nil || picture.Bounds().Dx() < 400 {
		t.Errorf("the picture is %v, %v", picture, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "classic", "runs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) != 1+len(example()) || rows[1][0] != "Acrobot-v1" {
		t.Errorf("the table has %d rows, %v", len(rows), err)
	}
	if err := publish(out, nil); err == nil {
		t.Error("a page of nothing is published")
	}
}

func TestArguments(t *testing.T) {
	for _, bad := range [][]string{{"-seeds", "11"}, {"-short"}, {"-envs", "CartPole-v1,CartPole"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	o, err := parse([]string{"-short", "-out", "x", "-envs", "CartPole-v1,Acrobot-v1"})
	if err != nil || o.Seeds != 2 || o.Part != 0.1 || len(o.envs) != 2 {
		t.Errorf("got %+v, %v", o, err)
	}
	if all, err := plan(o.Part); err != nil || len(all) != 10*2*5*3 || !strings.Contains(all[0].Line(), "steps=2000 ") {
		t.Errorf("%d runs, error %v", len(all), err)
	}
}

// TestPageKeepsAllRuns: arguments say what to run, not what to show.
func TestPageKeepsAllRuns(t *testing.T) {
	out := t.TempDir()
	if err := os.Mkdir(filepath.Join(out, name), 0o755); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob("../../docs/results/classic/CartPole-v1-*-seconds-*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(out, name, filepath.Base(path)), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	o, err := parse([]string{"-draw", "-out", out, "-seeds", "1", "-envs", "Acrobot-v1"})
	if err == nil {
		err = run(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "classic.md")); err != nil || !strings.Contains(string(text), "10/10") {
		t.Errorf("the page lacks ten seeds of CartPole, error %v:\n%s", err, text)
	}
}

package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"covey/bench/compare"
)

// TestMain lets this binary play covey: train with --out FOLDER.
func TestMain(m *testing.M) {
	if os.Getenv("CLASSIC_TEST_PLAYS") == "" {
		os.Exit(m.Run())
	}
	folder := os.Args[slices.Index(os.Args, "--out")+1]
	const progress = "env_steps,updates,wall_s,eval_return_mean\n100,10,0.1,\n200,20,0.2,-50.5\n400,40,0.4,80\n"
	if err := os.WriteFile(filepath.Join(folder, "progress.csv"), []byte(progress), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(`{"env_steps": 400, "updates": 40, "wall_s": 0.5, "params_sha256": "ab", "eval": {"episodes": 100, "mean": 60, "std": 3, "mode": "greedy"}}`)
}

func TestPlansHaveEqualBudgets(t *testing.T) {
	task := taskOf("MountainCarContinuous-v0")
	p, err := task.plan("a3c", equalSteps, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join(p.args("there"), " ")
	for _, want := range []string{"train MountainCarContinuous-v0 --algo a3c", "--out there", "--set seed=7", "--set steps=50000", "--set eval.every=2500"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	timed, err := taskOf("CartPole-v1").plan("a2c", equalTime, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	line = strings.Join(timed.args("there"), " ")
	for _, want := range []string{"--set steps=0", "--set seconds=3", "--set a3c.anneal_steps=250000", "--set eval.every=50000"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	other, err := task.plan("a3c", equalSteps, 8, 1)
	if err != nil || other.settings == p.settings || p.settings == "" {
		t.Errorf("seeds 7 and 8 have settings %q and %q, %v", p.settings, other.settings, err)
	}
}

func onePlan() *planned {
	return &planned{Env: "Pendulum-v1", Algo: "sac", Budget: equalSteps, Seed: 3, repeat: 2, settings: "x"}
}

func TestRunsAreKeptAndNotRepeated(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLASSIC_TEST_PLAYS", "1")
	p, folder := onePlan(), t.TempDir()
	if r, err := load(folder, p); r != nil || err != nil {
		t.Errorf("before the run there is %v, %v", r, err)
	}
	made, err := p.execute(context.Background(), self, t.TempDir(), compare.Machine{CPU: "this"})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.store(folder); err != nil {
		t.Fatal(err)
	}
	r, err := load(folder, p)
	if err != nil || r == nil {
		t.Fatalf("after it there is %v, %v", r, err)
	}
	if want := []point{{400, 0.2, -50.5}, {800, 0.4, 80}}; !slices.Equal(r.Curve, want) {
		t.Errorf("curve %v, want %v", r.Curve, want)
	}
	if r.Steps != 800 || r.Final.Mean != 60 || r.Final.Episodes != 100 || r.drop() != 20 || r.ProcessS <= 0 {
		t.Errorf("kept %+v", r)
	}
	if strings.Contains(r.Command, string(filepath.Separator)) {
		t.Errorf("the command names folders of this machine: %s", r.Command)
	}
	p.settings = "y"
	if r, err := load(folder, p); r != nil || err != nil {
		t.Errorf("with other settings there is %v, %v", r, err)
	}
	if err := os.WriteFile(made.path(folder), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := load(folder, p); err == nil {
		t.Error("a damaged record is read")
	}
}

// runs are records of an algorithm with these final scores; the best evaluation on the way was 10 higher.
func runs(env, algo string, b budget, finals ...float64) []*record {
	var all []*record
	for i, x := range finals {
		all = append(all, &record{Env: env, Algo: algo, Budget: b, Seed: uint64(i + 1), Steps: 1000, WallS: 2, Machine: "a CPU; load before: 1.00; 2026-01-01",
			Final: final{Mean: x}, Curve: []point{{100, 0.1, x - 50}, {500, 1, x + 10}, {1000, 2, x}}})
	}
	return all
}

func example() []*record {
	return slices.Concat(
		runs("Pendulum-v1", "sac", equalSteps, -150, -151, -149, -150),
		runs("Pendulum-v1", "ddpg", equalSteps, -150, -1200, -160, -700),
		runs("Pendulum-v1", "a3c", equalSteps, -1000, -1000, -1000, -1000),
		runs("CartPole-v1", "a3c", equalTime, 500, 500, 490, 480),
		runs("CartPole-v1", "a2c", equalTime, 500, 480, 500, 490),
		runs("CartPole-v1", "dqn", equalTime, 100, 120, 130, 90),
		runs("Acrobot-v1", "a3c", equalTime, -500, -500, -90, -500),
		runs("Acrobot-v1", "a2c", equalTime, -500, -500, -90, -500),
		runs("Acrobot-v1", "dqn", equalTime, -90, -85, -95, -80),
		runs("Acrobot-v1", "dqn", equalSteps, 0), // of the others there are none
	)
}

func TestSummary(t *testing.T) {
	all := results(example())
	if len(all) != 3 {
		t.Fatalf("%d results, want 3", len(all))
	}
	s := all[0].Algos[1]
	if s.Algo != "ddpg" || s.IQM.Value != -430 || s.Median != -430 || s.Worst != -1200 || s.Solved != 2 || s.Steps != 1000 || s.Seconds != 2 {
		t.Errorf("got %+v", s)
	}
	if want := math.Sqrt((402.5*402.5 + 647.5*647.5 + 392.5*392.5 + 147.5*147.5) / 3); math.Abs(s.Spread-want) > 1e-9 {
		t.Errorf("spread %v, want %v", s.Spread, want)
	}
	if s.Drops[0] != 10 {
		t.Errorf("drop %v, want 10", s.Drops[0])
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
	text := page(results(example()))
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"a CPU; 2026-01-01.",
		"- Pendulum-v1, 20000 environment steps, against DDPG: **holds**. Spread 0.8 against",
		"- Pendulum-v1, 20000 environment steps, against A3C: **not decided** by these runs. Spread 0.8 against 0.0",
		"No seed of A3C solves it, and failing evenly is no stability.",
		"- CartPole-v1, 3 s: **holds**. P(A3C better) = 1.00",
		"- Acrobot-v1, 5 s: **does not hold**: DQN is better. P(A3C better) = 0.09",
		"![learning curves](classic/Acrobot-v1.png)",
		"| sac | -150.0 [",
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

func TestCurveHoldsTheLatestEvaluation(t *testing.T) {
	s := summarize(taskOf("Pendulum-v1"), "sac", runs("Pendulum-v1", "sac", equalSteps, 0, 0, 0, 0))
	middle, band := s.curve(equalSteps)
	if first, last := middle[0], middle[len(middle)-1]; first.X != 100 || first.Y != -50 || last.X != 1000 || last.Y != 0 {
		t.Errorf("from %v to %v", first, last)
	}
	if at := middle[len(middle)/2]; at.Y != 10 || len(band) != 2*len(middle) {
		t.Errorf("in the middle %v; %d points of the band", at, len(band))
	}
	if middle, _ := s.curve(equalTime); middle[len(middle)-1].X != 2 {
		t.Errorf("over time it ends at %v", middle[len(middle)-1])
	}
}

func TestArguments(t *testing.T) {
	for _, bad := range [][]string{{"-seeds", "0"}, {"more"}, {"-no"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	o, err := parse([]string{"-short", "-envs", "CartPole-v1,Acrobot-v1"})
	if err != nil || o.seeds != 2 || o.part != 0.1 || len(o.tasks) != 2 {
		t.Errorf("got %+v, %v", o, err)
	}
	if _, err := plan(options{tasks: []string{"CartPole"}, seeds: 1}); err == nil {
		t.Error("an unknown task is accepted")
	}
}

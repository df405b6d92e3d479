package main

import (
	"math"
	"slices"
	"testing"

	"covey"
	"covey/train"
)

func TestAverageOfRuns(t *testing.T) {
	c, err := average([]series{
		{x: []float64{0, 100, 300}, y: []float64{0, 10, 30}},
		{x: []float64{20, 220}, y: []float64{0, 20}}, // 2 less throughout
	}, "env_steps")
	if err != nil {
		t.Fatal(err)
	}
	if first, last := c.x[0], c.x[len(c.x)-1]; first != 20 || math.Abs(last-220) > 1e-9 {
		t.Errorf("from step %v to %v, want the steps that both have made, 20 to 220", first, last)
	}
	for i, step := range c.x {
		want := []float64{step/10 - 1, step/10 - 2, step / 10}
		for j, got := range []float64{c.mean[i], c.low[i], c.high[i]} {
			if math.Abs(got-want[j]) > 1e-9 {
				t.Fatalf("step %v: mean, low, high %v %v %v, want %v", step, c.mean[i], c.low[i], c.high[i], want)
			}
		}
	}
}

func TestRunsWithoutCommonStepsHaveNoAverage(t *testing.T) {
	one := series{x: []float64{0, 100}, y: []float64{0, 10}}
	if c, err := average([]series{one, {x: []float64{101, 220}, y: []float64{0, 20}}}, "env_steps"); err == nil {
		t.Errorf("the average goes from step %v to %v", c.x[0], c.x[len(c.x)-1])
	}
	if _, err := average([]series{one, {x: []float64{100}, y: []float64{9}}}, "env_steps"); err != nil {
		t.Errorf("one step is common to both, but %v", err)
	}
}

func TestLongNamesKeepTheirEnd(t *testing.T) {
	name := ""
	for range 50 {
		name += "äb/"
	}
	got := []rune(shorten(name))
	if len(got) != longestName || got[0] != '…' || string(got[1:]) != string([]rune(name)[150-longestName+1:]) {
		t.Errorf("%q", string(got))
	}
	if shorten("short") != "short" {
		t.Error("a short name was changed")
	}
}

func TestSummary(t *testing.T) {
	result := func(seconds float64, steps uint64, mean float64) report {
		r := train.Result{Eval: &train.Evaluation{Mean: mean}}
		if steps > 0 {
			r.Solved, r.SolvedAtS, r.SolvedAtSteps = true, &seconds, &steps
		}
		return report{Result: r}
	}
	s := summarize(&covey.Config{Env: "E", Algo: "a"}, []report{
		result(3, 300, 30), result(1, 100, 10), result(0, 0, -5), result(2, 900, 20),
	})
	got := []float64{float64(s.Seeds), float64(s.Solved), s.SolveRate, *s.SolvedAtSMedian, *s.SolvedAtSWorst, *s.SolvedAtStepsMedian, *s.EvalMeanMedian, *s.EvalMeanWorst}
	if want := []float64{4, 3, 0.75, 2, 3, 300, 15, -5}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := summarize(&covey.Config{}, nil); s.SolveRate != 0 || s.SolvedAtSMedian != nil || s.EvalMeanWorst != nil {
		t.Errorf("of no runs: %+v", s)
	}
}

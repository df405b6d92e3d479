package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"covey/bench/stats"
)

// summary is what the runs of an algorithm on a task with a budget come to.
type summary struct {
	Algo    string
	Runs    []*record
	Finals  []float64 // [seeds] mean return of the last policy
	IQM     stats.Estimate
	Median  float64
	Spread  float64 // standard deviation over the seeds
	Worst   float64
	Solved  int
	Drops   []float64 // [seeds] best evaluation on the way less the last
	Steps   float64   // median
	Seconds float64   // median
}

// interval draws the random numbers of an interval: the same each time, so that the page is.
func interval() *rand.Rand { return rand.New(rand.NewPCG(20210813, 0)) }

func summarize(t task, algo string, runs []*record) *summary {
	s := &summary{Algo: algo, Runs: runs, Worst: math.Inf(1)}
	var steps, seconds []float64
	for _, r := range runs {
		s.Finals, s.Drops = append(s.Finals, r.Final.Mean), append(s.Drops, r.drop())
		s.Worst = min(s.Worst, r.Final.Mean)
		if r.Final.Mean >= t.Solved {
			s.Solved++
		}
		steps, seconds = append(steps, r.Steps), append(seconds, r.WallS)
	}
	s.IQM = stats.IQMInterval(interval(), stats.Scores{s.Finals})
	s.Median, s.Spread = stats.Median(s.Finals), deviation(s.Finals)
	s.Steps, s.Seconds = stats.Median(steps), stats.Median(seconds)
	return s
}

// deviation is the standard deviation of a sample.
func deviation(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mean, square := stats.Mean(x), 0.0
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	return math.Sqrt(square / float64(len(x)-1))
}

// result is a task with a budget.
type result struct {
	Task   task
	Budget budget
	Algos  []*summary // in the task's order
}

// results sorts the records by task and budget; tasks of which an algorithm has no run are left out.
func results(records []*record) []*result {
	var all []*result
	for _, t := range tasks {
		for _, b := range budgets {
			r := &result{Task: t, Budget: b}
			for _, algo := range t.Algorithms {
				var runs []*record
				for _, x := range records {
					if x.Env == t.Env && x.Algo == algo && x.Budget == b {
						runs = append(runs, x)
					}
				}
				if len(runs) > 0 {
					r.Algos = append(r.Algos, summarize(t, algo, runs))
				}
			}
			if len(r.Algos) == len(t.Algorithms) {
				all = append(all, r)
			}
		}
	}
	return all
}

// improvement is the probability that the task's first algorithm does better than another.
func (r *result) improvement(over *summary) stats.Estimate {
	return stats.ImprovementInterval(interval(), stats.Scores{r.Algos[0].Finals}, stats.Scores{over.Finals})
}

// steadier is by how much the first algorithm's spread over seeds exceeds another's; below 0 it is the steadier.
func (r *result) steadier(than *summary) stats.Estimate {
	return stats.Bootstrap(interval(), func(drawn []stats.Scores) float64 {
		return deviation(drawn[0][0]) - deviation(drawn[1][0])
	}, stats.Scores{r.Algos[0].Finals}, stats.Scores{than.Finals})
}

// normalized are the scores of an algorithm over results: 0 is random, 1 is solved.
func normalized(of []*result, algo int) stats.Scores {
	var s stats.Scores
	for _, r := range of {
		var row []float64
		for _, x := range r.Algos[algo].Finals {
			row = append(row, (x-r.Task.Random)/(r.Task.Solved-r.Task.Random))
		}
		s = append(s, row)
	}
	return s
}

// families are the results that have algorithms and budget in common.
func families(all []*result) [][]*result {
	var groups [][]*result
	for _, r := range all {
		i := slices.IndexFunc(groups, func(g []*result) bool {
			return g[0].Budget == r.Budget && slices.Equal(g[0].Task.Algorithms, r.Task.Algorithms)
		})
		if i < 0 {
			groups = append(groups, []*result{r})
		} else {
			groups[i] = append(groups[i], r)
		}
	}
	return groups
}

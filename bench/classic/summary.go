package main

import (
	"slices"

	"covey/bench/results"
	"covey/bench/stats"
)

// result is a task with a budget.
type result struct {
	Task   task
	Budget results.Budget
	Algos  []*results.Summary // in the task's order
}

// sorted sorts the records by task and budget; tasks of which an algorithm has no run are left out.
func sorted(records []*results.Record) []*result {
	var all []*result
	for _, t := range tasks {
		for _, b := range budgets {
			if algos := results.Group(records, t.Env, b, t.Solved, t.Algorithms); algos != nil {
				all = append(all, &result{Task: t, Budget: b, Algos: algos})
			}
		}
	}
	return all
}

// steadier is by how much the first algorithm's spread over seeds exceeds another's; below 0 it is the steadier.
func (r *result) steadier(than *results.Summary) stats.Estimate {
	return stats.Bootstrap(results.Interval(), func(drawn []stats.Scores) float64 {
		return results.Deviation(drawn[0][0]) - results.Deviation(drawn[1][0])
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

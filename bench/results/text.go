package results

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strings"

	"covey/bench/compare"
	"covey/bench/stats"
)

// CSV is the records as a table, a line for each.
func CSV(records []*Record) string {
	rows := [][]string{{"env", "algo", "budget", "seed", "env_steps", "updates", "wall_s", "process_s", "final_mean", "final_std", "drop_after_best", "params_sha256"}}
	for _, r := range records {
		number := func(x float64) string { return fmt.Sprintf("%.6g", x) }
		rows = append(rows, []string{r.Env, r.Label(), string(r.Budget), fmt.Sprint(r.Seed), fmt.Sprintf("%.0f", r.Steps), fmt.Sprintf("%.0f", r.Updates),
			number(r.WallS), number(r.ProcessS), number(r.Final.Mean), number(r.Final.Std), number(r.Drop()), r.Hash})
	}
	slices.SortStableFunc(rows[1:], func(a, b []string) int { return slices.Compare(a[:3], b[:3]) })
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // to memory
	return b.String()
}

// Machines says where the runs were made, and when.
func Machines(records []*Record) string {
	var names []string
	for _, r := range records {
		at, _, _ := strings.Cut(r.Machine, "; load")
		date := r.Machine[strings.LastIndex(r.Machine, " ")+1:]
		names = append(names, at+"; "+date)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ". ")
}

// Shown is a figure with its interval, to so many digits after the point.
func Shown(e stats.Estimate, digits int) string {
	return fmt.Sprintf("%.*f [%.*f, %.*f]", digits, e.Value, digits, e.Low, digits, e.High)
}

// Table compares the algorithms with the first of them. digits: of scores, after the point.
func Table(algos []*Summary, digits int) [][]string {
	score := func(x float64) string { return fmt.Sprintf("%.*f", digits, x) }
	rows := [][]string{{"algorithm", "IQM", "median", "spread", "worst seed", "solved", "drop", "worst", "steps", "s", "P(better)"}}
	for i, s := range algos {
		better, solved := "–", "–"
		if i > 0 {
			better = Shown(Improvement(algos[0], s), 2)
		}
		if !math.IsInf(s.Goal, 1) {
			solved = fmt.Sprintf("%d/%d", s.Solved, len(s.Runs))
		}
		rows = append(rows, []string{s.Label, Shown(s.IQM, digits), score(s.Median), score(s.Spread), score(s.Worst),
			solved, score(stats.Median(s.Drops)), score(slices.Max(s.Drops)),
			compare.Count(s.Steps), compare.Duration(s.Seconds), better})
	}
	return rows
}

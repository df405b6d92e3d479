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
		number := func(x float64) string {
			if math.IsNaN(x) {
				return ""
			}
			return fmt.Sprintf("%.6g", x)
		}
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

// Worth says on a page what its intervals are worth, and what is called decided.
const Worth = `Few seeds make the intervals too narrow: for normally distributed scores, that of the IQM covers the truth in 75 % of cases with three seeds, 90 % with five
and 94 % with ten, instead of 95 %; a quarter of three is rounded down to none, so that their IQM is their mean. Which of two kinds of runs scores higher is called decided where
the interval of P(better) leaves out 0.5 and an exact two-sided Mann–Whitney test of the scores has p < 0.05, which three seeds against three never do. – stands for what
there is not: a single run has no interval, no spread and no P(better).
`

// none stands for a number that there is not.
const none = "–"

// Score is a number to so many digits after the point; a dash for NaN.
func Score(x float64, digits int) string {
	if math.IsNaN(x) {
		return none
	}
	return fmt.Sprintf("%.*f", digits, x)
}

// Shown is a figure with its interval, to so many digits after the point.
func Shown(e stats.Estimate, digits int) string {
	if math.IsNaN(e.Low) {
		return fmt.Sprintf("%s [%s]", Score(e.Value, digits), none)
	}
	return fmt.Sprintf("%s [%s, %s]", Score(e.Value, digits), Score(e.Low, digits), Score(e.High, digits))
}

// Chance is a probability of improvement with its interval; a dash without: one run says nothing of another.
func Chance(p stats.Estimate) string {
	if math.IsNaN(p.Low) {
		return none
	}
	return Shown(p, 2)
}

// Table compares the algorithms with the first of them. digits: of scores, after the point.
func Table(algos []*Summary, digits int) [][]string {
	score := func(x float64) string { return Score(x, digits) }
	rows := [][]string{{"algorithm", "runs", "IQM", "median", "spread", "worst seed", "solved", "drop", "worst", "steps", "s", "P(better)"}}
	for i, s := range algos {
		better, solved := none, none
		if i > 0 {
			better = Chance(Improvement(algos[0], s))
		}
		if !math.IsInf(s.Goal, 1) {
			solved = fmt.Sprintf("%d/%d", s.Solved, len(s.Runs))
		}
		rows = append(rows, []string{s.Label, fmt.Sprint(len(s.Runs)), Shown(s.IQM, digits), score(s.Median), score(s.Spread), score(s.Worst),
			solved, score(s.Drop), score(s.WorstDrop),
			compare.Count(s.Steps), compare.Duration(s.Seconds), better})
	}
	return rows
}

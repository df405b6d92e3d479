package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"covey/bench/compare"
	"covey/bench/stats"
)

// publish writes the page, its pictures, and the runs as one table.
func publish(out string, records []*record) error {
	all := results(records)
	if len(all) == 0 {
		return fmt.Errorf("no task has runs of all its algorithms")
	}
	folder := filepath.Join(out, "classic")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "runs.csv"), []byte(table(records)), 0o644); err != nil {
		return err
	}
	for _, t := range tasks {
		var of []*result
		for _, r := range all {
			if r.Task.Env == t.Env {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		if err := draw(of, filepath.Join(folder, t.Env+".png")); err != nil {
			return fmt.Errorf("draw %s: %w", t.Env, err)
		}
	}
	path := filepath.Join(out, "classic.md")
	if err := os.WriteFile(path, []byte(page(all)), 0o644); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// table is the runs as CSV, a line for each.
func table(records []*record) string {
	rows := [][]string{{"env", "algo", "budget", "seed", "env_steps", "updates", "wall_s", "process_s", "final_mean", "final_std", "drop_after_best", "params_sha256"}}
	for _, r := range records {
		number := func(x float64) string { return fmt.Sprintf("%.6g", x) }
		rows = append(rows, []string{r.Env, r.Algo, string(r.Budget), fmt.Sprint(r.Seed), fmt.Sprintf("%.0f", r.Steps), fmt.Sprintf("%.0f", r.Updates),
			number(r.WallS), number(r.ProcessS), number(r.Final.Mean), number(r.Final.Std), number(r.drop()), r.Hash})
	}
	slices.SortStableFunc(rows[1:], func(a, b []string) int { return slices.Compare(a[:3], b[:3]) })
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // to memory
	return b.String()
}

const about = `# The classic control tasks, side by side

Made by ` + "`make results-classic`" + ` from the runs in [classic](classic): a file for each, with its command, machine, final
evaluation and learning curve, and all of them in [runs.csv](classic/runs.csv).

Each algorithm runs by its preset on every seed, with the budget named. Steps are those of the environment: where an action is held for
several, each counts. In a budget of time everything counts, evaluations too, and algorithms may use all cores; A3C and A2C anneal
their rate over the preset's steps.

Scores are the mean return of 100 fresh episodes of the *last* policy, on seeds that nothing before has played. IQM: mean of the
middle half of the seeds, with the 95 % interval of 10,000 bootstrap samples. Spread: standard deviation over seeds. Drop: how far the
last policy falls behind the best evaluation on the way, which flatters it; median and worst over seeds. P(better): the probability that a
run of the first algorithm scores higher than one of this. The definitions are those of Agarwal et al. 2021 (arXiv:2108.13264).
`

// page is the Markdown.
func page(all []*result) string {
	var b strings.Builder
	b.WriteString(about)
	fmt.Fprintf(&b, "\n%s.\n\n## What textbooks say\n\n", machines(all))
	for _, line := range slices.Concat(stability(all), beatsDQN(all)) {
		b.WriteString(line + "\n")
	}
	for i, r := range all {
		if i == 0 || all[i-1].Task.Env != r.Task.Env {
			fmt.Fprintf(&b, "\n## %s\n\nSolved: %g or more.\n\n![learning curves](classic/%s.png)\n", r.Task.Env, r.Task.Solved, r.Task.Env)
		}
		fmt.Fprintf(&b, "\n%s:\n\n", r.Budget.of(r.Task))
		compare.WriteTable(&b, r.table())
	}
	b.WriteString("\n## Together\n\nReturns scaled so that random actions score 0 and a solved environment 1, over the tasks of the same algorithms;\nbootstrap samples are drawn within each task.\n\n")
	compare.WriteTable(&b, together(all))
	return b.String()
}

// machines says where the runs were made.
func machines(all []*result) string {
	var names []string
	for _, r := range all {
		for _, s := range r.Algos {
			for _, run := range s.Runs {
				at, _, _ := strings.Cut(run.Machine, "; load")
				date := run.Machine[strings.LastIndex(run.Machine, " ")+1:]
				names = append(names, at+"; "+date)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ". ")
}

func estimate(e stats.Estimate) string {
	return fmt.Sprintf("%.1f [%.1f, %.1f]", e.Value, e.Low, e.High)
}

func probability(e stats.Estimate) string {
	return fmt.Sprintf("%.2f [%.2f, %.2f]", e.Value, e.Low, e.High)
}

func (r *result) table() [][]string {
	rows := [][]string{{"algorithm", "IQM", "median", "spread", "worst seed", "solved", "drop", "worst", "steps", "s", "P(better)"}}
	for i, s := range r.Algos {
		better := "–"
		if i > 0 {
			better = probability(r.improvement(s))
		}
		rows = append(rows, []string{s.Algo, estimate(s.IQM), fmt.Sprintf("%.1f", s.Median), fmt.Sprintf("%.1f", s.Spread), fmt.Sprintf("%.1f", s.Worst),
			fmt.Sprintf("%d/%d", s.Solved, len(s.Runs)), fmt.Sprintf("%.1f", stats.Median(s.Drops)), fmt.Sprintf("%.1f", slices.Max(s.Drops)),
			compare.Count(s.Steps), compare.Duration(s.Seconds), better})
	}
	return rows
}

func together(all []*result) [][]string {
	rows := [][]string{{"algorithm", "tasks", "budget", "IQM", "P(better)"}}
	for _, g := range families(all) {
		first := normalized(g, 0)
		for i, algo := range g[0].Task.Algorithms {
			scores, better := normalized(g, i), "–"
			if i > 0 {
				better = probability(stats.ImprovementInterval(interval(), first, scores))
			}
			rows = append(rows, []string{algo, fmt.Sprint(len(g)), string(g[0].Budget), probability(stats.IQMInterval(interval(), scores)), better})
		}
	}
	return rows
}

// verdict says on which side of the middle an interval lies.
func verdict(e stats.Estimate, middle float64, above, below string) string {
	switch {
	case e.Low > middle:
		return above
	case e.High < middle:
		return below
	}
	return "**not decided** by these runs"
}

const fails = "**does not hold**: "

// stability judges that SAC is more stable than DDPG and A3C.
func stability(all []*result) []string {
	lines := []string{"### SAC is more stable than DDPG and A3C", "",
		"Judged by the spread over seeds; the other signs stand beside it.", ""}
	for _, r := range all {
		if r.Algos[0].Algo != "sac" {
			continue
		}
		for _, other := range r.Algos[1:] {
			sac, name := r.Algos[0], strings.ToUpper(other.Algo)
			difference := r.steadier(other)
			lines = append(lines, fmt.Sprintf("- %s, %s, against %s: %s. Spread %.1f against %.1f (difference %s), worst seed %.1f against %.1f, solved %d/%d against %d/%d, worst drop %.1f against %.1f.%s",
				r.Task.Env, r.Budget.of(r.Task), name, verdict(difference, 0, fails+name+" spreads less", "**holds**"), sac.Spread, other.Spread, estimate(difference),
				sac.Worst, other.Worst, sac.Solved, len(sac.Runs), other.Solved, len(other.Runs), slices.Max(sac.Drops), slices.Max(other.Drops), steadyFailure(r, other)))
		}
	}
	if len(lines) == 4 {
		return nil
	}
	return append(lines, "")
}

// steadyFailure warns of a spread that is small because no seed learns.
func steadyFailure(r *result, other *summary) string {
	var names []string
	for _, s := range []*summary{r.Algos[0], other} {
		if s.Solved == 0 {
			names = append(names, strings.ToUpper(s.Algo))
		}
	}
	if names == nil {
		return ""
	}
	return " No seed of " + strings.Join(names, " or ") + " solves it, and failing evenly is no stability."
}

// beatsDQN judges that A3C beats DQN.
func beatsDQN(all []*result) []string {
	lines := []string{"### A3C beats DQN", "", "Judged by the probability of improvement.", ""}
	for _, r := range all {
		i := slices.IndexFunc(r.Algos, func(s *summary) bool { return s.Algo == "dqn" })
		if r.Algos[0].Algo != "a3c" || i < 0 {
			continue
		}
		a3c, dqn, p := r.Algos[0], r.Algos[i], r.improvement(r.Algos[i])
		lines = append(lines, fmt.Sprintf("- %s, %s: %s. P(A3C better) = %s; IQM %s against %s, solved %d/%d against %d/%d.",
			r.Task.Env, r.Budget.of(r.Task), verdict(p, 0.5, "**holds**", fails+"DQN is better"), probability(p),
			estimate(a3c.IQM), estimate(dqn.IQM), a3c.Solved, len(a3c.Runs), dqn.Solved, len(dqn.Runs)))
	}
	if len(lines) == 4 {
		return nil
	}
	return lines
}

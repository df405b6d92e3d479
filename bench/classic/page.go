package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"covey/bench/compare"
	"covey/bench/results"
	"covey/bench/stats"
	"covey/internal/chart"
)

// publish writes the page, its pictures, and the runs as one table.
func publish(out string, records []*results.Record) error {
	all := sorted(records)
	if len(all) == 0 {
		return errors.New("no task has runs of all its algorithms")
	}
	pictures := map[string][]chart.Panel{}
	for _, r := range all {
		pictures[r.Task.Env] = append(pictures[r.Task.Env], r.panel())
	}
	return results.Publish(out, name, page(all), pictures, records)
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

` + results.Worth

// notes are what has to be known of a task.
var notes = map[string]string{
	"MountainCar-v0": `A3C and A2C as they are: their exploration is a random walk, which hardly ever meets the goal. The variant explore of A3C's preset
holds actions for longer, and [learns it](../algorithms/a3c.md#what-the-presets-reach).

`,
}

// panel draws the result.
func (r *result) panel() chart.Panel {
	p := chart.Panel{Title: r.Task.Env, X: "environment steps", Y: "return"}
	if r.Budget == results.Seconds {
		p.X = "seconds"
	}
	for _, s := range r.Algos {
		p.Lines = append(p.Lines, s.Line(r.Budget.Over))
	}
	return p
}

// page is the Markdown.
func page(all []*result) string {
	var b strings.Builder
	b.WriteString(about)
	var runs []*results.Record
	for _, r := range all {
		for _, s := range r.Algos {
			runs = append(runs, s.Runs...)
		}
	}
	fmt.Fprintf(&b, "\n%s.\n\n## What textbooks say\n", results.Machines(runs))
	for _, line := range slices.Concat(stability(all), beatsDQN(all)) {
		b.WriteString(line + "\n")
	}
	for i, r := range all {
		if i == 0 || all[i-1].Task.Env != r.Task.Env {
			fmt.Fprintf(&b, "\n## %s\n\nSolved: %g or more.\n\n%s![learning curves](%s/%s)\n", r.Task.Env, r.Task.Solved, notes[r.Task.Env], name, results.Picture(r.Task.Env))
		}
		fmt.Fprintf(&b, "\n%s:\n\n", r.Task.budget(r.Budget))
		compare.WriteTable(&b, results.Table(r.Algos, 1))
	}
	b.WriteString("\n## Together\n\nReturns scaled so that random actions score 0 and a solved environment 1, over the tasks of the same algorithms;\nbootstrap samples are drawn within each task.\n\n")
	compare.WriteTable(&b, together(all))
	return b.String()
}

func together(all []*result) [][]string {
	rows := [][]string{{"algorithm", "tasks", "budget", "IQM", "P(better)"}}
	for _, g := range families(all) {
		first := normalized(g, 0)
		for i, algo := range g[0].Task.Algorithms {
			scores, better := normalized(g, i), "–"
			if i > 0 {
				better = results.Chance(stats.ImprovementInterval(results.Interval(), first, scores))
			}
			rows = append(rows, []string{algo, fmt.Sprint(len(g)), string(g[0].Budget), results.Shown(stats.IQMInterval(results.Interval(), scores), 2), better})
		}
	}
	return rows
}

// What the runs say of a claim.
const (
	holds   = "**holds**"
	fails   = "**does not hold**: "
	unknown = "**not decided** by these runs"
)

// judgement is a claim with what the tasks say of it; nothing where none can judge it.
func judgement(claim, by string, verdicts []string) []string {
	if verdicts == nil {
		return nil
	}
	return append([]string{"", "### " + claim, "", by, ""}, verdicts...)
}

// stability judges that SAC is more stable than DDPG and A3C.
func stability(all []*result) []string {
	var verdicts []string
	for _, r := range all {
		if r.Algos[0].Label != "sac" {
			continue
		}
		for _, other := range r.Algos[1:] {
			sac, name := r.Algos[0], strings.ToUpper(other.Label)
			difference, verdict := r.steadier(other), unknown
			switch {
			case difference.Low > 0:
				verdict = fails + name + " spreads less"
			case difference.High < 0:
				verdict = holds
			}
			verdicts = append(verdicts, fmt.Sprintf("- %s, %s, against %s: %s. Spread %s against %s (difference %s), worst seed %.1f against %.1f, solved %d/%d against %d/%d, worst drop %s against %s.%s",
				r.Task.Env, r.Task.budget(r.Budget), name, verdict, results.Score(sac.Spread, 1), results.Score(other.Spread, 1), results.Shown(difference, 1),
				sac.Worst, other.Worst, sac.Solved, len(sac.Runs), other.Solved, len(other.Runs), results.Score(sac.WorstDrop, 1), results.Score(other.WorstDrop, 1), steadyFailure(r, other)))
		}
	}
	return judgement("SAC is more stable than DDPG and A3C", "Judged by the spread over seeds, by the interval of its difference alone; the other signs stand beside it.", verdicts)
}

// steadyFailure warns of a spread that is small because no seed learns.
func steadyFailure(r *result, other *results.Summary) string {
	var names []string
	for _, s := range []*results.Summary{r.Algos[0], other} {
		if s.Solved == 0 {
			names = append(names, strings.ToUpper(s.Label))
		}
	}
	if names == nil {
		return ""
	}
	return " No seed of " + strings.Join(names, " or ") + " solves it, and failing evenly is no stability."
}

// beatsDQN judges that A3C beats DQN.
func beatsDQN(all []*result) []string {
	var verdicts []string
	for _, r := range all {
		i := slices.IndexFunc(r.Algos, func(s *results.Summary) bool { return s.Label == "dqn" })
		if r.Algos[0].Label != "a3c" || i < 0 {
			continue
		}
		a3c, dqn, verdict := r.Algos[0], r.Algos[i], unknown
		switch results.Better(a3c, dqn) {
		case a3c:
			verdict = holds
		case dqn:
			verdict = fails + "DQN is better"
		}
		verdicts = append(verdicts, fmt.Sprintf("- %s, %s: %s. P(A3C better) = %s; IQM %s against %s, solved %d/%d against %d/%d.",
			r.Task.Env, r.Task.budget(r.Budget), verdict, results.Chance(results.Improvement(a3c, dqn)),
			results.Shown(a3c.IQM, 1), results.Shown(dqn.IQM, 1), a3c.Solved, len(a3c.Runs), dqn.Solved, len(dqn.Runs)))
	}
	return judgement("A3C beats DQN", "Judged by the probability of improvement.", verdicts)
}

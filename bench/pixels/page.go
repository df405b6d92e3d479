package main

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"covey/bench/compare"
	"covey/bench/results"
	"covey/internal/chart"
)

// result is a task with those of its budgets that there are runs of.
type result struct {
	task
	Of    []budget
	Algos [][]*results.Summary // [len(Of)][len(Presets)]
}

// gather sums up the records by task: of the first preset, with which the others are compared, and of those that have been run.
func gather(records []*results.Record) []result {
	var all []result
	for _, t := range tasks {
		r := result{task: t}
		for _, b := range t.Budgets {
			var algos []*results.Summary
			for i, preset := range t.Presets {
				if i == 0 || algos != nil {
					algos = append(algos, results.Group(records, t.Env, b.Of, t.Goal, []string{preset})...)
				}
			}
			if algos != nil {
				r.Of, r.Algos = append(r.Of, b), append(r.Algos, algos)
			}
		}
		if r.Of != nil {
			all = append(all, r)
		}
	}
	return all
}

// publish writes the page, its pictures, and the runs as one table.
func publish(out string, records []*results.Record) error {
	all := gather(records)
	if len(all) == 0 {
		return errors.New("no task has a run by its first preset")
	}
	pictures := map[string][]chart.Panel{}
	for _, r := range all {
		pictures[r.Env] = append(pictures[r.Env], r.panels()...)
	}
	return results.Publish(out, name, page(all), pictures, records)
}

// panels are one for a budget of steps, and two for one of time and for every one of Atari's: over steps and over time.
func (r result) panels() []chart.Panel {
	var all []chart.Panel
	add := func(b budget, algos []*results.Summary, axis string, of results.Budget) {
		p := chart.Panel{Title: fmt.Sprintf("%s, %s", r.Env, b.text(algos)), X: axis, Y: "return"}
		for _, s := range algos {
			p.Lines = append(p.Lines, s.Line(of.Over))
		}
		all = append(all, p)
	}
	for i, b := range r.Of {
		add(b, r.Algos[i], "environment steps", results.Steps)
		if b.Of == results.Seconds || r.Part == atari {
			add(b, r.Algos[i], "seconds", results.Seconds)
		}
	}
	return all
}

// text says how much there is, of which these runs were made.
func (b budget) text(algos []*results.Summary) string {
	if b.Of == results.Steps {
		return compare.Count(algos[0].Steps) + " environment steps"
	}
	return fmt.Sprintf("%g s", b.Amount)
}

const about = `# Memory and pixels

Made by ` + "`make results-pixels`" + ` from the runs in [pixels](pixels): a file for each, with its command, machine, final
evaluation and learning curve, and all of them in [runs.csv](pixels/runs.csv).

Each run is by a preset (` + "`covey presets`" + `; algorithm@variant where it is not that for everyday use), over five seeds of tasks for
memory and of MinAtar's games, three of Atari's and Doom's but one of Breakout, as far as they have been made. Steps are those of the environment:
of Atari's and Doom's, frames, four to an action. In a budget of time everything counts, evaluations too; A3C anneals its rate over the preset's steps.

A run's score is the mean return of fresh episodes of its *last* policy, greedy unless it says otherwise below, on seeds that nothing before has played: 1,000 episodes of tasks for
memory, 50 of MinAtar's games, 30 of Atari's, 100 of VizdoomBasic and 30 of Doom's others. The tables have

| | |
|---|---|
| runs | one for each seed |
| IQM | mean of the middle half of the seeds' scores, with the 95 % interval of 10,000 bootstrap samples |
| spread | standard deviation over seeds |
| solved | seeds whose score reaches the mark above the table: the preset's, or of MinAtar's games and Breakout one set for this page |
| drop, worst | how far the last policy falls behind the best evaluation on the way, which flatters it: median and worst over seeds; –: nothing was evaluated on the way |
| steps, s | medians: environment steps, and seconds of training with its evaluations |
| P(better) | the probability that a run of the first row scores higher than one of this row; 0.5: they are alike |

The definitions are those of Agarwal et al. 2021 (arXiv:2108.13264). The curves are the IQM of the evaluations on the way, and its interval.

` + results.Worth

// heads introduce the parts.
var heads = map[string]string{
	memory: `## Memory

The signs that decide are gone when they are needed. Without memory the T-mazes return 0.5 at best; 1 is perfect. feedforward has no LSTM; the segments of
short are half as long as the corridor, so that the gradient of the junction does not reach the sign.
`,
	minatar: `## MinAtar

The rules of the package's version 1.0.15, sticky actions and ramping included; the network of the games' authors. Each algorithm has one setting for
all five games. DQN's runs of steps had one core each and shared it with other work: their seconds say little.
`,
	atari: `## Atari

The full game with all its lives, raw rewards, frames skipped by four. nosticky: the game does not repeat actions by itself; what is left to
chance is after how many frames it starts, 30 at most, so that a greedy policy plays no more than 30 different games. Pong's are sampled, as in training.
`,
	doom: `## Doom

ViZDoom's scenarios, rendered at 160×120 in grey and shown at 84×84, frames skipped by four, raw rewards. In VizdoomBasic a script that knows where the monster
is aims and shoots for 77–80, and random play comes to −131. In VizdoomHealthGathering the health decides, which the screen does not show: the preset has
it beside the screen; screen has an LSTM instead, and screen-feedforward neither; their episodes are sampled, since the most likely action alone may stand still for ever. 2,100 is the most.
`,
}

// page is the Markdown.
func page(all []result) string {
	var b strings.Builder
	var runs []*results.Record
	for _, r := range all {
		for _, algos := range r.Algos {
			for _, s := range algos {
				runs = append(runs, s.Runs...)
			}
		}
	}
	fmt.Fprintf(&b, "%s\n%s.\n", about, results.Machines(runs))
	for i, r := range all {
		if i == 0 || all[i-1].Part != r.Part {
			b.WriteString("\n" + heads[r.Part])
		}
		if i == 0 || all[i-1].Env != r.Env {
			fmt.Fprintf(&b, "\n### %s\n\n", r.Env)
			if !math.IsInf(r.Goal, 1) {
				fmt.Fprintf(&b, "Solved: %g or more.\n\n", r.Goal)
			}
			fmt.Fprintf(&b, "![learning curves](%s/%s)\n", name, results.Picture(r.Env))
		}
		for k, of := range r.Of {
			fmt.Fprintf(&b, "\n%s:\n\n", of.text(r.Algos[k]))
			compare.WriteTable(&b, results.Table(r.Algos[k], r.Digits))
			b.WriteString(follows(r.Algos[k]))
		}
	}
	return b.String()
}

// follows says what a table decides, a line for each algorithm that is compared with its first.
func follows(algos []*results.Summary) string {
	var b strings.Builder
	for i, s := range algos[1:] {
		if i == 0 {
			b.WriteString("\n")
		}
		first := algos[0]
		switch results.Better(first, s) {
		case first:
			fmt.Fprintf(&b, "- **%s scores higher than %s**.\n", first.Label, s.Label)
		case s:
			fmt.Fprintf(&b, "- **%s scores higher than %s**.\n", s.Label, first.Label)
		default:
			fmt.Fprintf(&b, "- Whether %s or %s scores higher is **not decided** by these runs.\n", first.Label, s.Label)
		}
	}
	return b.String()
}

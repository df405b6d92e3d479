package main

import (
	"fmt"
	"slices"
	"strings"

	"covey/bench/compare"
	"covey/bench/stats"
)

// report is a finished comparison.
type report struct {
	Machine          compare.Machine
	Rounds, Steps    int
	Seeds, PeerSeeds int
	Rows             []*row
}

// The yardstick of the ratios: the C reference at its best, as many processes as the row has workers.
const yardstick = "C keeping activations"

var columns = []string{"what", "workers", "envs each", "steps/s", "lowest–highest", "× C", "solved",
	"start → solved, s", "worst", "steps to solve", "whole process, s", "peak MB"}

// cells is the row as it stands in the table.
func (r *report) cells(w *row) []string {
	const none = "–"
	cells := []string{w.Name, fmt.Sprint(w.Workers), fmt.Sprint(w.Envs), none, none, none, none, none, none, none, none, none}
	if len(w.StepsPerS) > 0 {
		cells[3] = compare.Count(stats.Median(w.StepsPerS))
		cells[4] = compare.Count(slices.Min(w.StepsPerS)) + "–" + compare.Count(slices.Max(w.StepsPerS))
		if ratio := r.ratio(w, yardstick, w.Workers, 1); ratio > 0 {
			cells[5] = fmt.Sprintf("%.3g", ratio)
		}
	}
	if len(w.Solves) > 0 {
		seconds, steps, process := w.solved()
		cells[6] = fmt.Sprintf("%d/%d", len(seconds), len(w.Solves))
		if len(seconds) > 0 {
			cells[7], cells[8] = compare.Duration(stats.Median(seconds)), compare.Duration(slices.Max(seconds))
			cells[9], cells[10] = compare.Count(stats.Median(steps)), compare.Duration(stats.Median(process))
		}
	}
	if w.PeakBytes > 0 {
		cells[11] = fmt.Sprintf("%.0f", float64(w.PeakBytes)/1e6)
	}
	return cells
}

// solved are the times and steps of the seeds that solved the environment.
func (r *row) solved() (seconds, steps, process []float64) {
	for _, s := range r.Solves {
		if s.Solved {
			seconds = append(seconds, s.Seconds)
			steps = append(steps, float64(s.Steps))
			process = append(process, s.ProcessS)
		}
	}
	return seconds, steps, process
}

// ratio is the row's median speed by that of another one; 0 where there is none.
func (r *report) ratio(w *row, name string, workers, envs int) float64 {
	for _, other := range r.Rows {
		if other.Name == name && other.Workers == workers && other.Envs == envs && len(other.StepsPerS) > 0 && len(w.StepsPerS) > 0 {
			return stats.Median(w.StepsPerS) / stats.Median(other.StepsPerS)
		}
	}
	return 0
}

// ratios says what the table has to be read for.
func (r *report) ratios() []string {
	var lines []string
	for _, w := range r.Rows {
		if w.Name != "covey ordered" {
			continue
		}
		var parts []string
		if x := r.ratio(w, "covey ordered", 1, w.Envs); x > 0 && w.Workers > 1 {
			parts = append(parts, fmt.Sprintf("%.2f × one worker", x))
		}
		if x := r.ratio(w, "covey async", w.Workers, w.Envs); x > 0 {
			parts = append(parts, fmt.Sprintf("%.2f × async", x))
		}
		if len(parts) > 0 {
			lines = append(lines, fmt.Sprintf("- %s: %s", w.title(), strings.Join(parts, ", ")))
		}
	}
	return lines
}

// table is the columns and the rows.
func (r *report) table() [][]string {
	table := [][]string{columns}
	for _, w := range r.Rows {
		table = append(table, r.cells(w))
	}
	return table
}

// markdown is the table, with where, when and how.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CartPole-v1, network 4-128-128-{2,1}, segments of 20 steps, Adam, gradients clipped to 0.5.\n%s.\n", r.Machine)
	fmt.Fprintf(&b, "Speed: median of %d rounds of %s steps; Python peers: of their solving runs. Solved: the mean of the last 100 training returns ≥ 475\n(covey: confirmed by 100 evaluation episodes, within the time); %d seeds, of Python peers %d. × C: by %q on as many processes.\n\n", r.Rounds, compare.Count(float64(r.Steps)), r.Seeds, r.PeerSeeds, yardstick)
	compare.WriteTable(&b, r.table())
	if lines := r.ratios(); len(lines) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(lines, "\n"))
	}
	return b.String()
}

// write keeps the report in a folder.
func (r *report) write(folder string) error {
	return compare.WriteReport(folder, "a3c-cartpole", r, r.table(), "# A3C on CartPole-v1, side by side\n\nMade by `make results`.\n\n"+r.markdown())
}

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
	Machine                   compare.Machine
	Rounds, PeerRounds, Seeds int
	PeakGFLOPS                float64 // of one core: the best that was seen
	PeakErr                   string  `json:",omitempty"`
	Updates                   []*updating
	Whole                     []*whole
	Solving                   []*solving
	Memory                    memory
}

const none = "–"

func cores(n int) string {
	if n == 0 {
		return "all"
	}
	return fmt.Sprint(n)
}

func span(x []float64, show func(float64) string) string {
	return show(slices.Min(x)) + "–" + show(slices.Max(x))
}

func milliseconds(s float64) string { return fmt.Sprintf("%.3g", 1e3*s) }

// faster is how many times as fast covey is on as many cores: its update against updates, its loop against loops.
// Rows that take all cores are set against covey on two.
func (r *report) faster(row *updating) string {
	name := "covey update"
	if row.Loop {
		name = "covey loop"
	}
	want := row.Cores
	if want == 0 {
		want = 2
	}
	for _, c := range r.Updates {
		if c.Name == name && c.Size == row.Size && c.Cores == want && c != row && len(c.Seconds) > 0 && len(row.Seconds) > 0 {
			return fmt.Sprintf("%.2f", stats.Median(row.Seconds)/stats.Median(c.Seconds))
		}
	}
	return none
}

func (r *report) updates() [][]string {
	table := [][]string{{"one update", "cores", "network, batch", "ms", "lowest–highest", "updates/s", "GFLOP/s", "of the peak", "covey is faster ×"}}
	for _, row := range r.Updates {
		if len(row.Seconds) == 0 && row.Err == "" {
			continue // not asked for
		}
		cells := []string{row.Name, cores(row.Cores), row.Size.String(), none, none, none, none, none, r.faster(row)}
		if len(row.Seconds) > 0 {
			middle := stats.Median(row.Seconds)
			rate := megaflop[row.Size] / middle / 1e3
			cells[3], cells[4] = milliseconds(middle), span(row.Seconds, milliseconds)
			cells[5], cells[6] = compare.Count(1/middle), fmt.Sprintf("%.0f", rate)
			if r.PeakGFLOPS > 0 {
				cells[7] = fmt.Sprintf("%.0f %%", 100*rate/r.PeakGFLOPS)
			}
		}
		table = append(table, cells)
	}
	return table
}

func (r *report) wholes() [][]string {
	table := [][]string{{"10,000 steps, 64-64, batch 100", "cores", "whole process, s", "lowest–highest", "seeds", "mean return", "worst seed"}}
	for _, row := range r.Whole {
		if len(row.Seconds) == 0 && row.Err == "" {
			continue
		}
		cells := []string{row.Name, cores(row.Cores), none, none, none, none, none}
		if len(row.Seconds) > 0 {
			cells[2], cells[3] = compare.Duration(stats.Median(row.Seconds)), span(row.Seconds, compare.Duration)
			cells[4] = fmt.Sprint(len(row.Returns))
			cells[5], cells[6] = fmt.Sprintf("%.1f", stats.Mean(row.Returns)), fmt.Sprintf("%.1f", slices.Min(row.Returns))
		}
		table = append(table, cells)
	}
	return table
}

func (r *report) solvings() [][]string {
	table := [][]string{{"until a mean of −150 over 100 episodes", "cores", "solved", "start → solved, s", "worst", "steps", "most steps"}}
	for _, row := range r.Solving {
		if row.Seeds == 0 && row.Err == "" {
			continue
		}
		cells := []string{row.Name, cores(row.Cores), fmt.Sprintf("%d/%d", len(row.Seconds), row.Seeds), none, none, none, none}
		if len(row.Seconds) > 0 {
			cells[3], cells[4] = compare.Duration(stats.Median(row.Seconds)), compare.Duration(slices.Max(row.Seconds))
			cells[5], cells[6] = compare.Count(stats.Median(row.Steps)), compare.Count(slices.Max(row.Steps))
		}
		table = append(table, cells)
	}
	return table
}

// markdown is the tables, with where, when and how.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "SAC with observations of 3 elements and actions of 1, as in Pendulum-v1. %s.\n", r.Machine)
	fmt.Fprintf(&b, "Medians of %d rounds, of Python peers %d processes with 5 measurements each; seeds from 1.\n", r.Rounds, r.PeerRounds)
	fmt.Fprintf(&b, "FMA peak of one core in this run: %.0f GFLOP/s. The products of an update are %g MFLOP at 256-256, %g at 64-64:\nat the peak %.3g ms and %.3g µs.\n",
		r.PeakGFLOPS, megaflop[large], megaflop[small], megaflop[large]/r.PeakGFLOPS, 1e3*megaflop[small]/r.PeakGFLOPS)
	b.WriteString("Update: of a batch that is there (SB3, SBX: their train(), which samples it). Loop: with acting and sampling, one update a step.\n")
	for _, table := range [][][]string{r.updates(), r.wholes(), r.solvings()} {
		if len(table) > 1 {
			b.WriteByte('\n')
			compare.WriteTable(&b, table)
		}
	}
	if m := r.Memory; m.Transitions > 0 {
		fmt.Fprintf(&b, "\nReplay: %d transitions of Pendulum-v1 take %.2f MB; their arrays need %.2f MB: %+.1f %%.\n",
			m.Transitions, float64(m.Bytes)/1e6, float64(m.Least)/1e6, 100*(float64(m.Bytes)/float64(m.Least)-1))
	}
	for _, note := range r.notes() {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	return b.String()
}

// notes are what stands behind figures that were not measured, and why others are missing.
func (r *report) notes() []string {
	var notes []string
	for _, row := range r.Updates {
		if row.Note != "" {
			notes = append(notes, row.Name+": "+row.Note)
		}
	}
	for _, err := range append(r.failures(), r.missing()...) {
		notes = append(notes, err.Error())
	}
	return notes
}

// rowErrors calls f with the name and error of each row that has none of the figures.
func (r *report) rowErrors(f func(name, err string)) {
	f("FMA peak", r.PeakErr)
	for _, row := range r.Updates {
		f(fmt.Sprintf("%s, %s, %s cores", row.Name, row.Size, cores(row.Cores)), row.Err)
	}
	for _, row := range r.Whole {
		f(row.Name+", 10,000 steps", row.Err)
	}
	for _, row := range r.Solving {
		f(row.Name+", until solved", row.Err)
	}
}

// failures are the rows that failed.
func (r *report) failures() (all []error) {
	r.rowErrors(func(name, err string) {
		if err != "" && err != errNoRLtools.Error() {
			all = append(all, fmt.Errorf("%s: %s", name, err))
		}
	})
	return all
}

// missing are the rows whose program is not here, which is no failure.
func (r *report) missing() (all []error) {
	r.rowErrors(func(name, err string) {
		if err == errNoRLtools.Error() {
			all = append(all, fmt.Errorf("%s: %w", name, errNoRLtools))
		}
	})
	return all
}

// write keeps the report in a folder.
func (r *report) write(folder string) error {
	return compare.WriteReport(folder, "sac-pendulum", r, r.updates(), "# SAC, side by side\n\nMade by `make bench-sac`.\n\n"+r.markdown())
}

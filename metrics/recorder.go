// Package metrics carries a run's numbers to where they are looked at: a CSV file, TensorBoard, a
// line on the terminal.
package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"covey/state"
)

// Row is one line of a run's table.
type Row struct {
	Step   uint64    // environment steps
	Time   time.Time // when the row was made
	Values []float64 // one per name; NaN: not known at this row. Valid during the call
}

// Sink takes rows. Its constructor is given the names of their values.
type Sink interface {
	Write(Row) error
	Close() error
}

// Recorder makes the rows of a table whose first columns are set row by row, while the others are the
// means of what was observed since the row before.
type Recorder struct {
	names  []string
	set    int       // columns that are set
	row    []float64 // [names]
	sums   []float64 // [names − set]
	counts []float64 // [names − set]
	sinks  []Sink
}

// NewRecorder returns a recorder of the columns set and mean, in this order, that writes to sinks.
func NewRecorder(set, mean []string, sinks ...Sink) *Recorder {
	n := len(set) + len(mean)
	return &Recorder{
		names: slices.Concat(set, mean), set: len(set), row: make([]float64, n),
		sums: make([]float64, len(mean)), counts: make([]float64, len(mean)), sinks: sinks,
	}
}

// Observe adds values of the mean columns; NaN is left out. It does not allocate.
func (r *Recorder) Observe(values []float64) {
	if len(values) != len(r.sums) {
		panic(fmt.Sprintf("metrics: %d values for %d columns", len(values), len(r.sums)))
	}
	for i, v := range values {
		if !math.IsNaN(v) {
			r.sums[i] += v
			r.counts[i]++
		}
	}
}

// Record writes a row to every sink and starts the next means.
func (r *Recorder) Record(step uint64, at time.Time, set ...float64) error {
	if len(set) != r.set {
		panic(fmt.Sprintf("metrics: %d values for %d columns", len(set), r.set))
	}
	copy(r.row, set)
	for i, sum := range r.sums {
		r.row[r.set+i] = sum / r.counts[i] // NaN where nothing was observed
	}
	clear(r.sums)
	clear(r.counts)
	var errs []error
	for _, s := range r.sinks {
		errs = append(errs, s.Write(Row{Step: step, Time: at, Values: r.row}))
	}
	return errors.Join(errs...)
}

// Last is the value of a column in the latest row; NaN if there is no such column.
func (r *Recorder) Last(name string) float64 {
	if i := slices.Index(r.names, name); i >= 0 {
		return r.row[i]
	}
	return math.NaN()
}

// State visits the means under way and the latest row.
func (r *Recorder) State(w state.Walker) {
	for i, name := range r.names {
		w.Float64(name+".latest", &r.row[i])
		if i >= r.set {
			w.Float64(name+".sum", &r.sums[i-r.set])
			w.Float64(name+".count", &r.counts[i-r.set])
		}
	}
}

// Close closes the sinks.
func (r *Recorder) Close() error {
	var errs []error
	for _, s := range r.sinks {
		errs = append(errs, s.Close())
	}
	r.sinks = nil
	return errors.Join(errs...)
}

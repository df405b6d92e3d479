package policy

import (
	"math"
	"strconv"

	"covey/state"
)

// Running is the count, mean and sum of squared deviations of a stream of vectors, kept so that two
// can be merged (Chan, Golub and LeVeque 1979).
type Running struct {
	Count    float64
	Mean, M2 []float64 // [n]
}

// NewRunning returns the moments of no vectors of n elements.
func NewRunning(n int) Running { return Running{Mean: make([]float64, n), M2: make([]float64, n)} }

// Observe adds one vector x [n].
func (r *Running) Observe(x []float32) {
	r.Count++
	for i, v := range x {
		d := float64(v) - r.Mean[i]
		r.Mean[i] += d / r.Count
		r.M2[i] += float64(d * (float64(v) - r.Mean[i]))
	}
}

// Merge adds the vectors that other has seen.
func (r *Running) Merge(other *Running) {
	if other.Count == 0 {
		return
	}
	total := r.Count + other.Count
	for i := range r.Mean {
		d := other.Mean[i] - r.Mean[i]
		r.Mean[i] += float64(d * (other.Count / total))
		r.M2[i] += other.M2[i] + float64(float64(d*d)*(r.Count*other.Count/total))
	}
	r.Count = total
}

// Reset forgets everything.
func (r *Running) Reset() {
	r.Count = 0
	clear(r.Mean)
	clear(r.M2)
}

// Copy makes r equal to src, of the same size.
func (r *Running) Copy(src *Running) {
	r.Count = src.Count
	copy(r.Mean, src.Mean)
	copy(r.M2, src.M2)
}

// Deviation is the standard deviation of element i, 1 before two vectors were seen.
func (r *Running) Deviation(i int) float64 {
	if r.Count < 2 {
		return 1
	}
	return math.Sqrt(r.M2[i]/r.Count + 1e-8)
}

// State visits the moments.
func (r *Running) State(w state.Walker) error {
	w.Float64("count", &r.Count)
	for i := range r.Mean {
		w.Float64("mean."+strconv.Itoa(i), &r.Mean[i])
		w.Float64("m2."+strconv.Itoa(i), &r.M2[i])
	}
	return nil
}

// clip bounds what a normaliser returns, in standard deviations.
const clip = 10

// Moments are the statistics of a policy's normalisers. They belong to the policy: they travel with
// its parameters, and are frozen while a segment is collected and while the policy is evaluated. The
// zero Moments normalise nothing.
type Moments struct {
	Observation Running // [frame]; empty: observations go to the network as they are
	Return      Running // [1], of the discounted return so far; empty: rewards are learned from as they are
}

// NewMoments returns fresh statistics for frames of the given size; a size of 0 and false leave the
// respective normaliser out.
func NewMoments(frame int, returns bool) Moments {
	m := Moments{Observation: NewRunning(frame), Return: NewRunning(0)}
	if returns {
		m.Return = NewRunning(1)
	}
	return m
}

// Merge adds what other has seen.
func (m *Moments) Merge(other *Moments) {
	m.Observation.Merge(&other.Observation)
	m.Return.Merge(&other.Return)
}

// Copy makes m equal to src, of the same sizes.
func (m *Moments) Copy(src *Moments) {
	m.Observation.Copy(&src.Observation)
	m.Return.Copy(&src.Return)
}

// Reset forgets everything.
func (m *Moments) Reset() {
	m.Observation.Reset()
	m.Return.Reset()
}

// Clone returns an independent copy.
func (m *Moments) Clone() Moments {
	c := NewMoments(len(m.Observation.Mean), len(m.Return.Mean) > 0)
	c.Copy(m)
	return c
}

// NormalizesObservations says whether Observe and Normalize do anything.
func (m *Moments) NormalizesObservations() bool { return len(m.Observation.Mean) > 0 }

// NormalizesRewards says whether NormalizeRewards does anything.
func (m *Moments) NormalizesRewards() bool { return len(m.Return.Mean) > 0 }

// Normalize writes (src − mean)/deviation, within ±10, to dst; both [rows, frame].
func (m *Moments) Normalize(dst, src []float32) {
	n := len(m.Observation.Mean)
	for i := range n {
		mean, scale := float32(m.Observation.Mean[i]), float32(1/m.Observation.Deviation(i))
		for j := i; j < len(src); j += n {
			dst[j] = min(max((src[j]-mean)*scale, -clip), clip)
		}
	}
}

// NormalizeRewards writes src divided by the deviation of the discounted return, cut to ±10, to dst; both [n]. Where rewards are
// rare the deviation is 1e-4 before the first of them, which would count 10,000 times. Before two returns were seen rewards stay as they are.
func (m *Moments) NormalizeRewards(dst, src []float32) {
	if !m.NormalizesRewards() || m.Return.Count < 2 {
		copy(dst, src)
		return
	}
	scale := float32(1 / m.Return.Deviation(0))
	for i, r := range src {
		dst[i] = min(max(r*scale, -clip), clip)
	}
}

// State visits the statistics.
func (m *Moments) State(w state.Walker) error {
	if err := m.Observation.State(w.Sub("observation")); err != nil {
		return err
	}
	return m.Return.State(w.Sub("return"))
}

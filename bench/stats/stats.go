// Package stats sums up the scores of runs over several seeds as Agarwal et al. 2021 recommend
// (arXiv:2108.13264), by the definitions of their library rliable: few runs say less than their mean
// pretends, so every figure comes with an interval.
package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Scores are those of one algorithm: a row for each task, in it the score of each run.
type Scores [][]float64 // [tasks][runs]

// Median is the middle of x, or the mean of the two there; 0 of nothing.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[n/2] + x[(n-1)/2]) / 2
}

// Mean is the mean of x; 0 of nothing.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// IQM is the interquartile mean over all tasks and runs: the mean of what is left when a quarter of the
// scores, rounded down, is taken away from either end.
func IQM(s Scores) float64 {
	all := slices.Concat(s...)
	slices.Sort(all)
	cut := len(all) / 4
	return Mean(all[cut : len(all)-cut])
}

// Improvement is the probability that a run of x scores higher than one of y on a task drawn at random:
//
//	P(X > Y) = mean over tasks of U/(n·m),  U = Σ_i Σ_j (1[x_i > y_j] + ½·1[x_i = y_j])
//
// with Mann's and Whitney's U. It panics unless x and y have the same tasks.
func Improvement(x, y Scores) float64 {
	if len(x) != len(y) {
		panic(fmt.Sprintf("stats: scores on %d and on %d tasks", len(x), len(y)))
	}
	sum := 0.0
	for task := range x {
		u := 0.0
		for _, a := range x[task] {
			for _, b := range y[task] {
				switch {
				case a > b:
					u++
				case a == b:
					u += 0.5
				}
			}
		}
		sum += u / float64(len(x[task])*len(y[task]))
	}
	return sum / float64(len(x))
}

// MannWhitney is the exact two-sided p-value of Mann's and Whitney's test: the share of all ways to deal the scores out, n to x and
// m to y, that takes the sum of x's ranks at least as far from its mean. Equal scores share the mean of their ranks.
//
//	p = P(|W' − n(n+m+1)/2| ≥ |W − n(n+m+1)/2|),  W = Σ_i rank(x_i)
func MannWhitney(x, y []float64) float64 {
	all := slices.Concat(x, y)
	rank := func(v float64) int { // twice v's, which is a whole number
		r := 1
		for _, w := range all {
			switch {
			case w < v:
				r += 2
			case w == v:
				r++
			}
		}
		return r
	}
	sum, mean := 0, len(x)*(len(all)+1)
	for _, v := range x {
		sum += rank(v)
	}
	ways := make([][]float64, len(x)+1) // [k][s]: to choose k of the scores whose ranks add up to s
	for k := range ways {
		ways[k] = make([]float64, len(all)*(len(all)+1)+1)
	}
	ways[0][0] = 1
	for _, v := range all {
		r := rank(v)
		for k := len(x); k > 0; k-- {
			for s := r; s < len(ways[k]); s++ {
				ways[k][s] += ways[k-1][s-r]
			}
		}
	}
	away := func(s int) int { return max(s-mean, mean-s) }
	total, extreme := 0.0, 0.0
	for s, w := range ways[len(x)] {
		total += w
		if away(s) >= away(sum) {
			extreme += w
		}
	}
	return extreme / total
}

// Estimate is a figure with its interval.
type Estimate struct {
	Value     float64
	Low, High float64 // of the 95 % interval; NaN: there is none
}

// resamples is how many bootstrap samples an interval is taken from.
const resamples = 10_000

// Bootstrap is figure of the scores with its percentile interval under the stratified bootstrap: runs are
// drawn anew, with replacement, within each algorithm and task. Where one is alone there, and so drawn every time, there
// is no interval.
func Bootstrap(rng *rand.Rand, figure func([]Scores) float64, scores ...Scores) Estimate {
	return bootstrap(rng, resamples, figure, scores...)
}

func bootstrap(rng *rand.Rand, samples int, figure func([]Scores) float64, scores ...Scores) Estimate {
	e := Estimate{figure(scores), math.NaN(), math.NaN()}
	drawn := make([]Scores, len(scores))
	for a, s := range scores {
		for _, runs := range s {
			if len(runs) == 1 {
				return e
			}
			drawn[a] = append(drawn[a], make([]float64, len(runs)))
		}
	}
	values := make([]float64, samples)
	for i := range values {
		for a, s := range scores {
			for task, runs := range s {
				for j := range drawn[a][task] {
					drawn[a][task][j] = runs[rng.IntN(len(runs))]
				}
			}
		}
		values[i] = figure(drawn)
	}
	slices.Sort(values)
	e.Low, e.High = quantile(values, 0.025), quantile(values, 0.975)
	return e
}

// IQMInterval is the IQM with its interval.
func IQMInterval(rng *rand.Rand, s Scores) Estimate { return Bootstrap(rng, iqm, s) }

func iqm(drawn []Scores) float64 { return IQM(drawn[0]) }

// ImprovementInterval is the probability of improvement with its interval.
func ImprovementInterval(rng *rand.Rand, x, y Scores) Estimate {
	return Bootstrap(rng, better, x, y)
}

func better(drawn []Scores) float64 { return Improvement(drawn[0], drawn[1]) }

// quantile is the q-quantile of sorted values, linear between the two around it.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

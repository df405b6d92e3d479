package results

import (
	"math"
	"math/rand/v2"
	"slices"

	"covey/bench/stats"
)

// Summary is what the runs of an algorithm on a task with a budget come to.
type Summary struct {
	Label           string // of the algorithm
	Runs            []*Record
	Finals          []float64 // [seeds] mean return of the last policy
	IQM             stats.Estimate
	Median          float64
	Spread          float64 // standard deviation over the seeds; NaN: there is one alone
	Worst           float64
	Goal            float64 // mean return that counts as solved; ∞: none is set
	Solved          int
	Drop, WorstDrop float64 // median and largest; NaN: no record has one
	Steps           float64 // median
	Seconds         float64 // median
}

// Interval draws the random numbers of an interval: the same each time, so that the page is.
func Interval() *rand.Rand { return rand.New(rand.NewPCG(20210813, 0)) }

// Summarize sums up runs of one algorithm.
func Summarize(goal float64, runs []*Record) *Summary {
	s := &Summary{Label: runs[0].Label(), Runs: runs, Goal: goal, Worst: math.Inf(1), Drop: math.NaN(), WorstDrop: math.NaN()}
	var steps, seconds, drops []float64
	for _, r := range runs {
		s.Finals = append(s.Finals, r.Final.Mean)
		if drop := r.Drop(); !math.IsNaN(drop) {
			drops = append(drops, drop)
		}
		s.Worst = min(s.Worst, r.Final.Mean)
		if r.Final.Mean >= goal {
			s.Solved++
		}
		steps, seconds = append(steps, r.Steps), append(seconds, r.WallS)
	}
	s.IQM = stats.IQMInterval(Interval(), stats.Scores{s.Finals})
	s.Median, s.Spread = stats.Median(s.Finals), Deviation(s.Finals)
	if drops != nil {
		s.Drop, s.WorstDrop = stats.Median(drops), slices.Max(drops)
	}
	s.Steps, s.Seconds = stats.Median(steps), stats.Median(seconds)
	return s
}

// Deviation is the standard deviation of a sample; NaN of fewer than two.
func Deviation(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	mean, square := stats.Mean(x), 0.0
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	return math.Sqrt(square / float64(len(x)-1))
}

// Group sums up the runs on an environment with a budget, by the algorithms' labels; nil: one of them has no run.
func Group(records []*Record, env string, b Budget, goal float64, labels []string) []*Summary {
	all := make([]*Summary, len(labels))
	for i, l := range labels {
		var runs []*Record
		for _, r := range records {
			if r.Env == env && r.Budget == b && r.Label() == l {
				runs = append(runs, r)
			}
		}
		if len(runs) == 0 {
			return nil
		}
		all[i] = Summarize(goal, runs)
	}
	return all
}

// Improvement is the probability that a run of x scores higher than one of y.
func Improvement(x, y *Summary) stats.Estimate {
	return stats.ImprovementInterval(Interval(), stats.Scores{x.Finals}, stats.Scores{y.Finals})
}

// Better is which of the two scores higher; nil: their runs do not decide it. The interval of few runs is too narrow to decide
// alone: five and five that are alike it takes for different in one case of ten.
func Better(x, y *Summary) *Summary {
	p := Improvement(x, y)
	switch {
	case stats.MannWhitney(x.Finals, y.Finals) >= 0.05:
		return nil
	case p.Low > 0.5:
		return x
	case p.High < 0.5:
		return y
	}
	return nil
}

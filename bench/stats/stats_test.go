package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		x    []float64
		want float64
	}{{nil, 0}, {[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{3, 1, 2, 10}, 2.5}} {
		if got := Median(test.x); got != test.want {
			t.Errorf("Median(%v) = %v, want %v", test.x, got, test.want)
		}
	}
}

// The quarter that is cut is rounded down, as in scipy.stats.trim_mean, which rliable's IQM is.
func TestIQM(t *testing.T) {
	for _, test := range []struct {
		scores Scores
		want   float64
	}{
		{Scores{{5}}, 5},
		{Scores{{9, -100, 2}}, (9. - 100 + 2) / 3},                      // a quarter of 3 is 0
		{Scores{{8, 1000, 4, -1000}}, 6},                                // 4 and 8 are left
		{Scores{{10, 1, 9, 2, 8, 3, 7, 4, 6, 5}}, 5.5},                  // 3 to 8
		{Scores{{0, 0, 0, 0, 0, 100, 100, 100, 100, 100}}, 50},          // three of each
		{Scores{{-1e9, 1, 2, 3}, {4, 5, 6, 1e9}}, (2 + 3 + 4 + 5) / 4.}, // over tasks together
	} {
		if got := IQM(test.scores); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("IQM(%v) = %v, want %v", test.scores, got, test.want)
		}
	}
}

func TestImprovement(t *testing.T) {
	for _, test := range []struct {
		name string
		x, y Scores
		want float64
	}{
		{"always", Scores{{3, 4}}, Scores{{1, 2}}, 1},
		{"never", Scores{{1, 2}}, Scores{{3, 4}}, 0},
		{"ties are half", Scores{{3, 1}}, Scores{{2, 1}}, 2.5 / 4},
		{"the example of scipy.stats.mannwhitneyu: U = 17", Scores{{19, 22, 16, 29, 24}}, Scores{{20, 11, 17, 12}}, 17. / 20},
		{"mean over tasks, whatever their runs", Scores{{1}, {1, 2, 3}}, Scores{{0, 0}, {2}}, (1 + 0.5) / 2},
	} {
		if got := Improvement(test.x, test.y); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// dealt calls f with every choice of n elements of the rest, put behind those chosen.
func dealt(chosen, rest []float64, n int, left []float64, f func(x, y []float64)) {
	switch {
	case n == 0:
		f(chosen, slices.Concat(left, rest))
	case n <= len(rest):
		dealt(append(slices.Clip(chosen), rest[0]), rest[1:], n-1, left, f)
		dealt(chosen, rest[1:], n, append(slices.Clip(left), rest[0]), f)
	}
}

// TestMannWhitney: by counting pairs in all ways to deal the scores out, each of its own.
func TestMannWhitney(t *testing.T) {
	for _, test := range []struct {
		name string
		x, y []float64
		want float64
	}{
		{"the example of scipy.stats.mannwhitneyu", []float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}, 1. / 9},
		{"three above three", []float64{4, 5, 6}, []float64{1, 2, 3}, 2. / 20},
		{"four below four", []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2. / 70},
		{"ten above ten", []float64{11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 2. / 184_756},
		{"alike", []float64{7, 7, 7, 7}, []float64{7, 7, 7, 7}, 1},
		{"ties", []float64{-500, -500, -90, -500}, []float64{-90, -85, -95, -80}, 6. / 70},
		{"ties, more of one", []float64{1, 1, 1, 2, 5}, []float64{1, 9, 9}, math.NaN()},
		{"ties on both sides", []float64{3, 3, 8, 9}, []float64{1, 1, 3, 3, 4, 9}, math.NaN()},
		{"one", []float64{3}, []float64{1}, 1},
		{"nothing", nil, []float64{1}, 1},
	} {
		got := MannWhitney(test.x, test.y)
		if !math.IsNaN(test.want) && math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		if back := MannWhitney(test.y, test.x); math.Abs(got-back) > 1e-12 {
			t.Errorf("%s: %v, and %v the other way round", test.name, got, back)
		}
		if len(test.x) == 0 || len(test.x) == 10 { // none to compare, and too many
			continue
		}
		ways, extreme := 0, 0
		away := func(x, y []float64) float64 { return math.Abs(Improvement(Scores{x}, Scores{y}) - 0.5) }
		dealt(nil, slices.Concat(test.x, test.y), len(test.x), nil, func(x, y []float64) {
			ways++
			if away(x, y) > away(test.x, test.y)-1e-9 {
				extreme++
			}
		})
		if literal := float64(extreme) / float64(ways); math.Abs(got-literal) > 1e-12 {
			t.Errorf("%s: %v, %d ways to deal them out say %v", test.name, got, ways, literal)
		}
	}
}

// normal fills x with scores of runs that are alike.
func normal(rng *rand.Rand, x []float64) []float64 {
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// TestIntervalsOfFewRuns: how often the 95 % interval of the IQM covers the truth, as pages say.
func TestIntervalsOfFewRuns(t *testing.T) {
	const pages, samples = 1000, 400
	rng := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		runs int
		want float64
	}{{3, 0.75}, {5, 0.90}, {10, 0.94}} {
		covered := 0.0
		for range pages {
			if e := bootstrap(rng, samples, iqm, Scores{normal(rng, make([]float64, test.runs))}); e.Low <= 0 && 0 <= e.High {
				covered += 1. / pages
			}
		}
		t.Logf("%d runs: %.3f", test.runs, covered)
		if math.Abs(covered-test.want) > 0.03 {
			t.Errorf("of %d runs the interval covers the truth in %.3f of cases, want %v", test.runs, covered, test.want)
		}
	}
}

// TestAlikeRunsAreSeldomDecided: the interval alone takes kinds of runs that are alike for different more often than in 5 % of
// cases; with the test it does not.
func TestAlikeRunsAreSeldomDecided(t *testing.T) {
	const pairs, samples = 1500, 200
	rng := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		runs int
		want float64
	}{{4, 0.086}, {5, 0.095}} {
		alone, both := 0.0, 0.0
		for range pairs {
			x, y := normal(rng, make([]float64, test.runs)), normal(rng, make([]float64, test.runs))
			e := bootstrap(rng, samples, better, Scores{x}, Scores{y})
			if e.Low <= 0.5 && 0.5 <= e.High {
				continue
			}
			alone += 1. / pairs
			if MannWhitney(x, y) < 0.05 {
				both += 1. / pairs
			}
		}
		t.Logf("%d of each: %.3f, with the test %.3f", test.runs, alone, both)
		if math.Abs(alone-test.want) > 0.025 || both > 0.05 {
			t.Errorf("%d of each: %.3f, want %v; with the test %.3f", test.runs, alone, test.want, both)
		}
	}
}

// all calls f with every sample of len(x) elements of x with replacement.
func all(x, drawn []float64, f func()) {
	if len(drawn) == 0 {
		f()
		return
	}
	for _, v := range x {
		drawn[0] = v
		all(x, drawn[1:], f)
	}
}

// exactly is the quantile of figure over all samples, each as likely as the others.
func exactly(x []float64, q float64, figure func([]float64) float64) float64 {
	drawn := make([]float64, len(x))
	var values []float64
	all(x, drawn, func() { values = append(values, figure(drawn)) })
	slices.Sort(values)
	return quantile(values, q)
}

func TestIntervalIsTheBootstraps(t *testing.T) {
	x := []float64{1, 2, 4, 8, 16}
	iqm := func(drawn []float64) float64 { return IQM(Scores{drawn}) }
	e := IQMInterval(rand.New(rand.NewPCG(1, 2)), Scores{x})
	low, high := exactly(x, 0.025, iqm), exactly(x, 0.975, iqm)
	if math.Abs(e.Value-14./3) > 1e-12 || e.Low != low || e.High != high {
		t.Errorf("IQM %+v, all %d samples say [%v, %v]", e, 5*5*5*5*5, low, high)
	}
	if low <= 1 || high >= 16 || low >= high {
		t.Errorf("[%v, %v] is no case to test with", low, high)
	}
	y := []float64{3, 3}
	better := func(drawn []float64) float64 { return Improvement(Scores{drawn}, Scores{y}) }
	e = ImprovementInterval(rand.New(rand.NewPCG(1, 2)), Scores{x}, Scores{y})
	low, high = exactly(x, 0.025, better), exactly(x, 0.975, better)
	if e.Value != 0.6 || e.Low != low || e.High != high {
		t.Errorf("improvement %+v, all samples say [%v, %v]", e, low, high)
	}
}

func TestOneRunHasNoInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, e := range map[string]Estimate{
		"IQM":                           IQMInterval(rng, Scores{{5}}),
		"improvement of one":            ImprovementInterval(rng, Scores{{5}}, Scores{{1, 2, 2, 2}}),
		"improvement over one":          ImprovementInterval(rng, Scores{{5, 6, 7}}, Scores{{5}}),
		"improvement, one of two tasks": ImprovementInterval(rng, Scores{{5, 6}, {5, 6}}, Scores{{1, 2}, {3}}),
	} {
		if math.IsNaN(e.Value) || !math.IsNaN(e.Low) || !math.IsNaN(e.High) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// Strata keep their sizes: a task that always scores 0 and one that always scores 1 leave no doubt.
func TestTasksAreDrawnApart(t *testing.T) {
	s := Scores{{0, 0, 0}, {1, 1, 1}}
	mean := func(drawn []Scores) float64 { return Mean(slices.Concat(drawn[0]...)) }
	if e := Bootstrap(rand.New(rand.NewPCG(1, 2)), mean, s); e != (Estimate{0.5, 0.5, 0.5}) {
		t.Errorf("got %+v", e)
	}
}

func TestQuantile(t *testing.T) {
	x := []float64{10, 20, 40}
	for q, want := range map[float64]float64{0: 10, 0.25: 15, 0.5: 20, 0.75: 30, 1: 40} {
		if got := quantile(x, q); got != want {
			t.Errorf("quantile(%v) = %v, want %v", q, got, want)
		}
	}
}

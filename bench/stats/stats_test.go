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
	y := []float64{3}
	better := func(drawn []float64) float64 { return Improvement(Scores{drawn}, Scores{y}) }
	e = ImprovementInterval(rand.New(rand.NewPCG(1, 2)), Scores{x}, Scores{y})
	low, high = exactly(x, 0.025, better), exactly(x, 0.975, better)
	if e.Value != 0.6 || e.Low != low || e.High != high {
		t.Errorf("improvement %+v, all samples say [%v, %v]", e, low, high)
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

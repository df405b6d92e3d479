package train

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"covey/env"
	"covey/rollout"
	"covey/state"
)

// TestAlarms shows each alarm where it must sound and where it must not.
func TestAlarms(t *testing.T) {
	reached := 475.0
	low := []rollout.Episode{{Return: -200, Length: 200}}
	tests := []struct {
		name    string
		target  *float64
		action  env.Space
		before  []rollout.Episode // the run's first episodes
		latest  rollout.Episode   // a hundred of these
		entropy float64
		want    string // empty: silence
	}{
		{"floor, target known", &reached, env.NewDiscrete(3), nil, low[0], 1, "went to the step limit with a return of -200"},
		{"floor, target not known", nil, env.NewDiscrete(3), nil, low[0], 1, "went to the step limit"},
		{"always at the limit, but once lower", nil, env.NewDiscrete(3), []rollout.Episode{{Return: -300, Length: 200}}, low[0], 1, ""},
		{"the same return before the limit", &reached, env.NewDiscrete(3), nil, rollout.Episode{Return: -200, Length: 150}, 1, ""},
		{"solved at the limit", &reached, env.NewDiscrete(2), nil, rollout.Episode{Return: 500, Length: 200}, 0, ""},
		{"saturated", &reached, env.NewDiscrete(2), nil, rollout.Episode{Return: 9.3, Length: 9}, 0.001, "has saturated (entropy 0.001 of at most 0.693) with a mean return of 9.3"},
		{"zero entropy", &reached, env.Space{Kind: env.MultiBinary, N: []int{3}}, nil, rollout.Episode{Return: 9.3, Length: 9}, 0, "entropy 0 of at most 2.08"},
		{"saturated, several choices", &reached, env.Space{Kind: env.MultiDiscrete, N: []int{2, 3}}, nil, rollout.Episode{Return: 9.3, Length: 9}, 0.017, "of at most 1.79"},
		{"exploring", &reached, env.NewDiscrete(2), nil, rollout.Episode{Return: 9.3, Length: 9}, 0.1, ""},
		{"saturated at the best return so far", nil, env.NewDiscrete(2), []rollout.Episode{{Return: 9}}, rollout.Episode{Return: 300, Length: 9}, 0, ""},
		{"saturated near the worst return", nil, env.NewDiscrete(2), []rollout.Episode{{Return: 300}}, rollout.Episode{Return: 9, Length: 9}, 0, "has saturated"},
		{"entropy not known", &reached, env.NewDiscrete(2), nil, rollout.Episode{Return: 9.3, Length: 9}, math.NaN(), ""},
		{"narrow", &reached, env.NewBox(make([]float32, 2), make([]float32, 2)), nil, rollout.Episode{Return: 9.3, Length: 9}, -9, "has become narrow"},
		{"collapsed", &reached, env.NewDiscrete(2), []rollout.Episode{{Return: 80}, {Return: 8}}, rollout.Episode{Return: 9.3, Length: 9}, 0.13, "has saturated (entropy 0.13 of at most 0.693)"},
		{"as sure, but far from the worst", &reached, env.NewDiscrete(2), []rollout.Episode{{Return: 80}, {Return: 8}}, rollout.Episode{Return: 30, Length: 9}, 0.13, ""},
		{"collapsed, continuous", nil, env.NewBox(make([]float32, 2), make([]float32, 2)), []rollout.Episode{{Return: 300}}, rollout.Episode{Return: 9, Length: 9}, -4.2, "has become narrow"},
		{"continuous", &reached, env.NewBox(make([]float32, 2), make([]float32, 2)), nil, rollout.Episode{Return: 9.3, Length: 9}, -2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w window
			for _, e := range tt.before {
				w.add(e)
			}
			a := newAlarms(env.Spec{MaxSteps: 200, Action: tt.action}, tt.target)
			for range windowSize - 1 - len(tt.before) {
				w.add(tt.latest)
			}
			if said := warned(a, &w, 100, tt.entropy); len(said) > 0 {
				t.Fatalf("said %q before there were a hundred episodes", said)
			}
			for range windowSize {
				w.add(tt.latest)
			}
			said := warned(a, &w, 100, tt.entropy)
			if tt.want == "" && len(said) > 0 || tt.want != "" && (len(said) != 1 || !strings.Contains(said[0], tt.want) || !strings.Contains(said[0], "try ")) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
			if said := warned(a, &w, 200, tt.entropy); len(said) > 0 {
				t.Errorf("said %q once more", said)
			}
		})
	}
}

// TestTargetOfTraining: what is said of whole episodes is not held against parts of them.
func TestTargetOfTraining(t *testing.T) {
	mark, threshold := 20.0, 30.0
	spec := env.Spec{RewardThreshold: &threshold}
	for _, tt := range []struct {
		opt  Options
		want *float64
	}{{Options{SolveAt: &mark}, &mark}, {Options{}, &threshold}, {Options{SolveAt: &mark, Parts: true}, nil}, {Options{Parts: true}, nil}} {
		if got := tt.opt.target(spec); got != tt.want {
			t.Errorf("solve_at %v, parts %v: the target is %v, want %v", tt.opt.SolveAt, tt.opt.Parts, got, tt.want)
		}
	}
}

// warned is what alarms say of a window.
func warned(a *alarms, w *window, silence uint64, entropy float64) []string {
	said, _ := a.check(reading{silence: silence, window: w, entropy: entropy, gradient: math.NaN()})
	return said
}

// TestAlarmOfExplosion: the norm may grow, but not all at once.
func TestAlarmOfExplosion(t *testing.T) {
	a, w := newAlarms(env.Spec{Action: env.NewDiscrete(2)}, nil), new(window)
	norm := 0.01
	for i := range 100 {
		norm *= 1.1 // becomes 13,000 times what it was
		if said, _ := a.check(reading{window: w, gradient: norm}); len(said) > 0 {
			t.Fatalf("row %d: said %q", i, said)
		}
	}
	for _, x := range []struct {
		norm float64
		want int
	}{{math.NaN(), 0}, {0, 0}, {20 * norm, 0}, {1000 * norm, 1}, {2000 * norm, 0}, {norm, 0}, {1000 * norm, 1}, {math.Inf(1), 0}} {
		said, _ := a.check(reading{window: w, gradient: x.norm})
		if len(said) != x.want || x.want == 1 && !strings.Contains(said[0], "has exploded") {
			t.Errorf("norm %v: said %q", x.norm, said)
		}
	}
}

// TestAlarmOfCollapse goes through means of a hundred episodes each.
func TestAlarmOfCollapse(t *testing.T) {
	target := 475.0
	for _, tt := range []struct {
		name   string
		target *float64
		lowest float64
		means  []float64
		want   int // index of the mean that is a collapse; −1: none
	}{
		{"CartPole", &target, 8, []float64{22, 200, 500, 300, 262, 200}, 5},
		{"little learned", &target, 8, []float64{22, 60, 120, 22, 9}, -1},
		{"began well", &target, 8, []float64{490, 500, 260, 250}, 3},
		{"no target", nil, -1800, []float64{-1200, -700, -150, -600, -1000}, 4},
		{"no target, little learned", nil, -1800, []float64{-1200, -700, -1200, -1500}, -1},
		{"recovered in between", &target, 8, []float64{22, 500, 300, 450, 300}, -1},
	} {
		a, w := newAlarms(env.Spec{Action: env.NewDiscrete(2)}, tt.target), new(window)
		w.add(rollout.Episode{Return: tt.lowest})
		for i, mean := range tt.means {
			for range windowSize {
				w.add(rollout.Episode{Return: mean, Length: 9})
			}
			said, collapsed := a.check(reading{window: w, entropy: math.NaN(), gradient: math.NaN()})
			if collapsed != (i == tt.want) || collapsed != (len(said) == 1) {
				t.Errorf("%s: at a mean of %v: collapse %v, said %q", tt.name, mean, collapsed, said)
			}
		}
	}
}

// TestAlarmsRemember: loaded from a checkpoint, they go on as those that were saved.
func TestAlarmsRemember(t *testing.T) {
	a, w := newAlarms(env.Spec{Action: env.NewDiscrete(2)}, nil), new(window)
	for i := range 5 * windowSize {
		w.add(rollout.Episode{Return: float64(i), Length: 9})
		a.check(reading{silence: 1e6, window: w, entropy: 0, gradient: float64(1 + i)})
	}
	tree, err := state.Save(a)
	if err != nil {
		t.Fatal(err)
	}
	b := newAlarms(a.spec, nil)
	if err := state.Load(b, tree); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v became %+v", a, b)
	}
}

func TestAlarmOfSilence(t *testing.T) {
	a := newAlarms(env.Spec{MaxSteps: 5000, Action: env.NewDiscrete(2)}, nil)
	var w window
	for _, x := range []struct {
		silence uint64
		want    int
	}{{499_999, 0}, {500_000, 1}, {600_000, 0}, {50_000, 0}, {500_000, 1}} {
		if said := warned(a, &w, x.silence, 0.5); len(said) != x.want {
			t.Errorf("after %d steps: said %q", x.silence, said)
		}
	}
}

// TestRunWarns: what an alarm says reaches the caller, the progress line and the result.
func TestRunWarns(t *testing.T) {
	var out strings.Builder
	var said []string
	l, o := newPupil(t), options()
	high := 100.0
	o.SolveAt, o.Output.Progress, o.Output.Warn = &high, &out, func(s string) { said = append(said, s) }
	o.Budget.Steps, o.LogEvery = 10_000, 500
	l.metrics = func(uint64) []float64 { return []float64{0.5, 0.001} }
	r := mustRun(t, l, o)
	if len(said) != 1 || !strings.HasPrefix(said[0], "step 2000: the policy has saturated") {
		t.Fatalf("said %q", said)
	}
	if len(r.Warnings) != 1 || r.Warnings[0] != said[0] || !strings.Contains(out.String(), "warning: "+said[0]+"\n") {
		t.Errorf("result %q, output %q", r.Warnings, out.String())
	}
}

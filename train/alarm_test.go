package train

import (
	"math"
	"strings"
	"testing"

	"covey/env"
	"covey/rollout"
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
			if said := a.check(100, &w, tt.entropy); len(said) > 0 {
				t.Fatalf("said %q before there were a hundred episodes", said)
			}
			for range windowSize {
				w.add(tt.latest)
			}
			said := a.check(100, &w, tt.entropy)
			if tt.want == "" && len(said) > 0 || tt.want != "" && (len(said) != 1 || !strings.Contains(said[0], tt.want) || !strings.Contains(said[0], "try ")) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
			if said := a.check(200, &w, tt.entropy); len(said) > 0 {
				t.Errorf("said %q once more", said)
			}
		})
	}
}

func TestAlarmOfSilence(t *testing.T) {
	a := newAlarms(env.Spec{MaxSteps: 5000, Action: env.NewDiscrete(2)}, nil)
	var w window
	for _, x := range []struct {
		silence uint64
		want    int
	}{{499_999, 0}, {500_000, 1}, {600_000, 0}, {50_000, 0}, {500_000, 1}} {
		if said := a.check(x.silence, &w, 0.5); len(said) != x.want {
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

package covey_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"covey"
	"covey/checkpoint"
	"covey/env"
	"covey/state"
	"covey/train"
)

// small is a run of a moment.
func small(t *testing.T, algo, environment string) *covey.Config {
	t.Helper()
	cfg, err := covey.NewConfig(algo, environment)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Steps, cfg.Eval.Episodes = 2000, 5
	switch hidden := []int{8}; cfg.Section() {
	case "a3c":
		cfg.A3C.Network.Hidden = hidden
	case "sac":
		cfg.SAC.Network.Hidden, cfg.SAC.Batch = hidden, 16
	case "ddpg":
		cfg.DDPG.Network.Hidden, cfg.DDPG.Batch = hidden, 16
	case "dqn":
		cfg.DQN.Network.Hidden, cfg.DQN.Batch = hidden, 16
	}
	return cfg
}

// environmentOf has actions that the algorithm takes.
func environmentOf(algo string) string {
	if algo == "sac" || algo == "ddpg" {
		return "Pendulum-v1"
	}
	return "CartPole-v1"
}

func mustTrain(t *testing.T, cfg *covey.Config, opt covey.Options) *covey.Run {
	t.Helper()
	run, err := covey.Train(context.Background(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestARunRepeatsItself(t *testing.T) {
	for _, algo := range covey.Algorithms() {
		environment := environmentOf(algo)
		first := mustTrain(t, small(t, algo, environment), covey.Options{})
		again := mustTrain(t, small(t, algo, environment), covey.Options{})
		other := small(t, algo, environment)
		other.Seed = 2
		if first.ParamsSHA256 != again.ParamsSHA256 || first.Eval.Mean != again.Eval.Mean || !first.Deterministic {
			t.Errorf("%s: two runs ended with %s and %s", algo, first.ParamsSHA256, again.ParamsSHA256)
		}
		if first.ParamsSHA256 == mustTrain(t, other, covey.Options{}).ParamsSHA256 {
			t.Errorf("%s: another seed ended with the same parameters", algo)
		}
	}
}

func TestDeterministicIsSaidOnlyWhereItHolds(t *testing.T) {
	for _, test := range []struct {
		update  string
		workers int
		seconds float64
		want    bool
	}{{"ordered", 2, 0, true}, {"sync", 2, 0, true}, {"async", 2, 0, false}, {"async", 1, 0, true}, {"ordered", 2, 1000, false}} {
		cfg := small(t, "a3c", "CartPole-v1")
		cfg.A3C.Update, cfg.A3C.Workers, cfg.Seconds = test.update, test.workers, test.seconds
		if got := mustTrain(t, cfg, covey.Options{}).Deterministic; got != test.want {
			t.Errorf("%+v: deterministic %v", test, got)
		}
	}
}

// TestLoadedPoliciesAreThoseOfTheRun in every environment: spaces, network and normaliser come back.
func TestLoadedPoliciesAreThoseOfTheRun(t *testing.T) {
	for _, id := range covey.Environments() {
		dir := filepath.Join(t.TempDir(), "run")
		cfg := small(t, "a3c", id)
		e, err := covey.NewEnvironment(id)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Seconds, cfg.A3C.NormalizeObservations, cfg.A3C.NormalizeRewards = 0, !e.Spec().Observation.Bytes, true
		run := mustTrain(t, cfg, covey.Options{Dir: dir})
		for _, folder := range []string{dir, filepath.Join(dir, train.CheckpointFolder)} {
			p, loaded, err := covey.LoadPolicy(folder)
			if err != nil {
				t.Fatal(err)
			}
			differ, err := state.Diff(p, run.Policy)
			if err != nil || len(differ) > 0 {
				t.Errorf("%s: %v differ, %v", id, differ, err)
			}
			want, err := cfg.YAML() // as it was asked for: with a larger budget it is good for another run
			if err != nil {
				t.Fatal(err)
			}
			if got, err := loaded.YAML(); err != nil || string(got) != string(want) {
				t.Errorf("%s: loaded configuration\n%s%v, want\n%s", id, got, err, want)
			}
			create := func() (env.Environment, error) { return covey.NewEnvironment(id) }
			a, err := covey.Evaluate(context.Background(), p, create, 3, 7, true)
			if err != nil {
				t.Fatal(err)
			}
			b, err := covey.Evaluate(context.Background(), run.Policy, create, 3, 7, true)
			if err != nil || a.Mean != b.Mean {
				t.Errorf("%s: the loaded policy reached %v, the run's %v, %v", id, a.Mean, b.Mean, err)
			}
		}
	}
}

// TestEveryAlgorithmsPolicyLoads and acts as it did in the run.
func TestEveryAlgorithmsPolicyLoads(t *testing.T) {
	for _, algo := range covey.Algorithms() {
		dir := t.TempDir()
		run := mustTrain(t, small(t, algo, environmentOf(algo)), covey.Options{Dir: dir})
		p, _, err := covey.LoadPolicy(dir)
		if err != nil {
			t.Fatalf("%s: %v", algo, err)
		}
		create := func() (env.Environment, error) { return covey.NewEnvironment(environmentOf(algo)) }
		a, err := covey.Evaluate(context.Background(), p, create, 2, 7, true)
		if err != nil {
			t.Fatal(err)
		}
		b, err := covey.Evaluate(context.Background(), run.Policy, create, 2, 7, true)
		if err != nil || a.Mean != b.Mean {
			t.Errorf("%s: the loaded policy reached %v, the run's %v, %v", algo, a.Mean, b.Mean, err)
		}
	}
}

// TestAReplayLargerThanMemoryIsRefused before anything is allocated.
func TestAReplayLargerThanMemoryIsRefused(t *testing.T) {
	cfg := small(t, "sac", "Pendulum-v1")
	if err := cfg.Set("mine.yaml", "sac.replay", "2147483647"); err != nil {
		t.Fatal(err)
	}
	wide := func() (env.Environment, error) { return new(wide), nil }
	_, err := covey.Train(context.Background(), cfg, covey.Options{Environment: wide})
	if err == nil || !strings.Contains(err.Error(), "mine.yaml: sac.replay: 2147483647 transitions of Wide take") {
		t.Errorf("got %v", err)
	}
}

// wide is an environment with too much to see.
type wide struct{ coin }

func (*wide) Spec() env.Spec {
	bounds := make([]float32, 1<<20)
	return env.Spec{ID: "Wide", Observation: env.NewBox(bounds, bounds), Action: env.NewBox([]float32{-1}, []float32{1})}
}

func TestAPolicyNeedsNoEnvironmentToLoad(t *testing.T) {
	dir := t.TempDir()
	cfg := small(t, "a3c", "Coin")
	mustTrain(t, cfg, covey.Options{Dir: dir, Environment: func() (env.Environment, error) { return new(coin), nil }})
	p, loaded, err := covey.LoadPolicy(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := new(coin).Spec(); p.Spec.ID != want.ID || loaded.Env != want.ID || p.Spec.Observation.High[0] != 1 {
		t.Errorf("loaded %+v", p.Spec)
	}
}

// stepped counts the steps of an environment.
type stepped struct {
	env.Environment
	steps *atomic.Uint64
}

func (s stepped) Step(action []float32, obs env.Values) (env.Outcome, error) {
	s.steps.Add(1)
	return s.Environment.Step(action, obs)
}

// TestEnvironmentsAreWrapped, covey's own and others, in training and in evaluation.
func TestEnvironmentsAreWrapped(t *testing.T) {
	cfg := small(t, "a3c", "Pendulum-v1") // of which no episode ends early
	cfg.ActionRepeat, cfg.Eval.Every = 4, 0
	e, err := cfg.Environment()
	if err != nil || e.Spec().MaxSteps != 50 {
		t.Errorf("episodes of %d actions, %v; want 50", e.Spec().MaxSteps, err)
	}
	var steps atomic.Uint64
	run := mustTrain(t, cfg, covey.Options{Environment: func() (env.Environment, error) {
		e, err := covey.NewEnvironment("Pendulum-v1")
		return stepped{e, &steps}, err
	}})
	evaluated := uint64(2 * cfg.Eval.Episodes * 200)
	// A worker may be on its way to an update that comes after the last one.
	if trained := steps.Load() - evaluated; run.Eval.MeanLength != 50 || trained < 4*run.EnvSteps || trained > 4*(run.EnvSteps+40) {
		t.Errorf("evaluated over %v actions an episode, trained for %d steps with %d actions", run.Eval.MeanLength, trained, run.EnvSteps)
	}
}

// TestEvaluationIsAsConfigured: its seed and its mode.
func TestEvaluationIsAsConfigured(t *testing.T) {
	means := map[float64]bool{}
	for _, seed := range []uint64{1, 2} {
		for _, sample := range []bool{false, true} {
			cfg := small(t, "a3c", "Pendulum-v1")
			cfg.Eval.Seed, cfg.Eval.Sample = seed, sample
			run := mustTrain(t, cfg, covey.Options{})
			if want := map[bool]string{false: train.Greedy, true: train.Sampled}[sample]; run.Eval.Mode != want {
				t.Errorf("sample is %v, the evaluation %s", sample, run.Eval.Mode)
			}
			means[run.Eval.Mean] = true
		}
	}
	if len(means) != 4 {
		t.Errorf("2 seeds and 2 modes gave %d different evaluations", len(means))
	}
}

func TestAFailingEnvironmentIsNamed(t *testing.T) {
	broken := errors.New("out of coins")
	_, err := covey.Train(context.Background(), small(t, "a3c", "Coin"), covey.Options{
		Environment: func() (env.Environment, error) { return nil, broken },
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "worker 0") {
		t.Errorf("got %v", err)
	}
}

// TestPrintEvery: the output's own period goes before the configuration's.
func TestPrintEvery(t *testing.T) {
	for _, c := range []struct{ configured, own, lines uint64 }{{5, 0, 5}, {5, 2, 2}, {0, 2, 2}, {0, 0, 0}} {
		var b bytes.Buffer
		cfg := small(t, "a3c", "CartPole-v1")
		cfg.PrintEvery = c.configured
		run := mustTrain(t, cfg, covey.Options{Output: train.Output{Print: &b, PrintEvery: c.own}})
		want := uint64(0)
		if c.lines > 0 {
			want = run.Episodes / c.lines
		}
		if got := uint64(bytes.Count(b.Bytes(), []byte("\n"))); got != want || c.lines > 0 && got == 0 {
			t.Errorf("%+v: %d lines of %d episodes, want %d", c, got, run.Episodes, want)
		}
	}
}

func TestAnEnvironmentIsMade(t *testing.T) {
	_, err := covey.Train(context.Background(), small(t, "a3c", "Coin"), covey.Options{
		Environment: func() (env.Environment, error) { return nil, nil },
	})
	if err == nil || !strings.Contains(err.Error(), "Options.Environment returned neither an environment nor an error") {
		t.Errorf("got %v", err)
	}
}

func TestACancelledRunSaysSo(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	cfg := small(t, "a3c", "CartPole-v1")
	cfg.Steps = 1 << 40
	run, err := covey.Train(ctx, cfg, covey.Options{})
	if err != nil || !run.Interrupted || run.Deterministic || run.Policy == nil {
		t.Errorf("run %+v, %v", run, err)
	}
}

func TestSpacesOfAManifestAreChecked(t *testing.T) {
	for want, spoil := range map[string]func(*checkpoint.Manifest){
		"unknown kind":    func(m *checkpoint.Manifest) { m.Observation.Kind = "Sphere" },
		"bounds":          func(m *checkpoint.Manifest) { m.Observation.Shape = []int{1 << 20, 1 << 20} },
		"no elements":     func(m *checkpoint.Manifest) { m.Observation.Shape = []int{-3} },
		"choices":         func(m *checkpoint.Manifest) { m.Action.N = []int{0} },
		"unknown algo":    func(m *checkpoint.Manifest) { m.Algo = "a4c" },
		"a3c.gama":        func(m *checkpoint.Manifest) { m.Config = "a3c: {gama: 1}" },
		"another network": func(m *checkpoint.Manifest) { m.Config = "steps: 1\na3c: {network: {hidden: [9]}}" },
	} {
		dir := t.TempDir()
		mustTrain(t, small(t, "a3c", "CartPole-v1"), covey.Options{Dir: dir})
		rewriteManifest(t, dir, spoil)
		if _, _, err := covey.LoadPolicy(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// rewriteManifest changes what a run's newest checkpoint says of its policy.
func rewriteManifest(t *testing.T, dir string, change func(*checkpoint.Manifest)) {
	t.Helper()
	c, err := train.OpenPolicy(dir)
	if err != nil {
		t.Fatal(err)
	}
	shapes := make(checkpoint.Shapes)
	for _, x := range c.Manifest.Tensors {
		shapes[x.Name] = x.Shape
	}
	change(c.Manifest)
	if err := checkpoint.Write(c.Dir, c.Manifest, c.Policy, shapes); err != nil {
		t.Fatal(err)
	}
}

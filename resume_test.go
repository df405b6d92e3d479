package covey_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"covey"
	"covey/env"
	"covey/optim"
	"covey/state"
	"covey/train"
)

// TestResumedRunsEndAsWholeOnes, of every algorithm, from every checkpoint that one has left.
func TestResumedRunsEndAsWholeOnes(t *testing.T) {
	for _, test := range []struct {
		algo, env string
		set       []string
	}{
		{"a3c", "CartPole-v1", []string{"a3c.workers=4", "a3c.normalize_observations=true", "a3c.normalize_rewards=true"}},
		{"a3c", "Pendulum-v1", []string{"a3c.workers=3", "a3c.segment=until_end", "a3c.envs=1"}},
		{"a2c", "CartPole-v1", []string{"a3c.workers=2"}},
		{"sac", "Pendulum-v1", []string{"sac.n_step=3", "sac.normalize_observations=true"}},
		{"sac", "Pendulum-v1", []string{"sac.update=async", "sac.envs=2"}},
		{"ddpg", "Pendulum-v1", []string{"ddpg.twin=true", "ddpg.delay=2"}},
		{"dqn", "CartPole-v1", nil},
	} {
		t.Run(fmt.Sprintf("%s %s %v", test.algo, test.env, test.set), func(t *testing.T) {
			whole := filepath.Join(t.TempDir(), "run")
			cfg := small(t, test.algo, test.env)
			settings := append(test.set, "steps=1500", "eval.every=400", "log_every=100", "checkpoint.steps=400", "checkpoint.keep=9")
			if cfg.Section() != "a3c" {
				settings = append(settings, cfg.Section()+".warmup=100", cfg.Section()+".replay=2000")
			}
			for _, s := range settings {
				key, value, _ := strings.Cut(s, "=")
				if err := cfg.Set(s, key, value); err != nil {
					t.Fatal(err)
				}
			}
			giver := filepath.Join(t.TempDir(), "giver")
			before := *cfg
			before.Steps, before.Seed = 200, 7
			mustTrain(t, &before, covey.Options{Dir: giver})
			cfg.Init = giver
			want := mustTrain(t, cfg, covey.Options{Dir: whole})
			if err := os.RemoveAll(giver); err != nil {
				t.Fatal(err)
			}
			stores, err := filepath.Glob(filepath.Join(whole, train.CheckpointFolder, "*"))
			if err != nil || len(stores) < 4 || !strings.HasSuffix(stores[0], "-000000000000") {
				t.Fatalf("checkpoints %v, error %v", stores, err)
			}
			for i, store := range stores {
				dir := filepath.Join(t.TempDir(), "run")
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				for _, later := range append(slices.Clone(stores[i+1:]), filepath.Join(whole, train.ResultFile)) {
					inside, err := filepath.Rel(whole, later)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.RemoveAll(filepath.Join(dir, inside)); err != nil {
						t.Fatal(err)
					}
				}
				got, err := covey.Resume(context.Background(), nil, covey.Options{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				if got.ParamsSHA256 != want.ParamsSHA256 || got.Best.ParamsSHA256 != want.Best.ParamsSHA256 || got.EnvSteps != want.EnvSteps || !got.Deterministic || got.Resumes != 1 {
					t.Errorf("from %s:\n%+v\nwant\n%+v", filepath.Base(store), got.Result, want.Result)
				}
				if a, b := rows(t, whole), rows(t, dir); a != b {
					t.Errorf("from %s: the table is\n%s\nwant\n%s", filepath.Base(store), b, a)
				}
			}
		})
	}
}

// rows is a run's table without its times.
func rows(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, train.ProgressFile))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, ",")
		lines = append(lines, strings.Join(append(cells[:3:3], cells[5:]...), ","))
	}
	return strings.Join(lines, "")
}

// TestManifestSaysWhetherEpisodesGoOn: those of environments that cannot be saved begin anew, and the run is not one that
// repeats itself.
func TestManifestSaysWhetherEpisodesGoOn(t *testing.T) {
	for _, saved := range []bool{true, false} {
		for _, algo := range []string{"a3c", "dqn"} {
			dir := filepath.Join(t.TempDir(), "run")
			opt := covey.Options{Dir: dir, Environment: func() (env.Environment, error) {
				e, err := covey.NewEnvironment("CartPole-v1")
				if saved || err != nil {
					return e, err
				}
				return struct{ env.Environment }{e}, nil
			}}
			cfg := small(t, algo, "CartPole-v1")
			cfg.Seconds, cfg.Steps = 0, 300
			if cfg.A3C != nil {
				cfg.A3C.Anneal = optim.Constant // or other steps are another plan
			}
			if run := mustTrain(t, cfg, opt); !run.Deterministic {
				t.Errorf("%s: the first part does not repeat itself", algo)
			}
			c, err := train.OpenPolicy(dir)
			if err != nil {
				t.Fatal(err)
			}
			if c.Manifest.EnvironmentRestored != saved {
				t.Errorf("%s in environments that can be saved: %v, the manifest says %v", algo, saved, c.Manifest.EnvironmentRestored)
			}
			run, err := covey.Resume(context.Background(), func(c *covey.Config) error { c.Steps = 600; return nil }, opt)
			if err != nil || run.Deterministic != saved || run.EnvSteps < 600 || (run.Faults == 0) != saved {
				t.Errorf("%s in environments that can be saved: %v: %+v, error %v", algo, saved, run, err)
			}
		}
	}
}

// TestOtherBudgets: with another number of steps a rate that falls over them falls by two plans, which no new run does; and
// however the run goes on after that.
func TestOtherBudgets(t *testing.T) {
	for anneal, want := range map[optim.Schedule]bool{optim.Linear: true, optim.Constant: false} {
		cfg := small(t, "a3c", "CartPole-v1")
		cfg.Seconds, cfg.Steps, cfg.A3C.Anneal, cfg.A3C.AnnealSteps = 0, 300, anneal, 0
		dir := filepath.Join(t.TempDir(), "run")
		if run := mustTrain(t, cfg, covey.Options{Dir: dir}); run.Replanned || !run.Deterministic {
			t.Errorf("%s: a new run is %+v", anneal, run.Result)
		}
		var last *covey.Run
		for _, change := range []func(c *covey.Config) error{
			func(c *covey.Config) error { c.Steps, c.Episodes = 3000, 30; return nil },
			func(c *covey.Config) error { c.Episodes = 0; return nil },
		} {
			run, err := covey.Resume(context.Background(), change, covey.Options{Dir: dir})
			if err != nil || run.Replanned != want || run.Deterministic == want {
				t.Fatalf("%s: %+v, error %v", anneal, run, err)
			}
			last = run
		}
		cfg.Steps = 3000
		if whole := mustTrain(t, cfg, covey.Options{}); (last.ParamsSHA256 == whole.ParamsSHA256) == want {
			t.Errorf("%s: parameters %s, those of a whole run %s", anneal, last.ParamsSHA256, whole.ParamsSHA256)
		}
	}
}

// clumsy panics in its step number at, once over all that share left.
type clumsy struct {
	env.Environment
	state.Stateful
	left *atomic.Int32
	at   int
}

func (c *clumsy) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if c.at--; c.at == 0 && c.left.Add(-1) >= 0 {
		panic("tripped")
	}
	return c.Environment.Step(action, obs)
}

// TestFailingEnvironmentsAreMadeAnew: one that can be saved changes nothing by its panic, which is told.
func TestFailingEnvironmentsAreMadeAnew(t *testing.T) {
	for _, algo := range []string{"a3c", "dqn"} {
		var runs [2]*covey.Run
		for i := range runs {
			left := new(atomic.Int32)
			left.Store(int32(i))
			cfg := small(t, algo, "CartPole-v1")
			cfg.Seconds = 0
			runs[i] = mustTrain(t, cfg, covey.Options{Environment: func() (env.Environment, error) {
				e, err := covey.NewEnvironment("CartPole-v1")
				if err != nil {
					return nil, err
				}
				return &clumsy{e, e.(state.Stateful), left, 333}, nil
			}})
		}
		whole, tripped := runs[0], runs[1]
		if whole.ParamsSHA256 != tripped.ParamsSHA256 || !tripped.Deterministic || tripped.EnvRestarts != 1 || whole.EnvRestarts != 0 ||
			!strings.Contains(strings.Join(tripped.Warnings, "\n"), "tripped") {
			t.Errorf("%s: %+v\nwant\n%+v", algo, tripped.Result, whole.Result)
		}
	}
}

package covey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"covey/algo"
	"covey/checkpoint"
	"covey/env"
	"covey/train"
)

// Resume goes on with the run in folder opt.Dir, from its newest checkpoint that is whole. In the deterministic modes,
// with environments that can be saved, it ends as if it had never been left. change, which may be nil, is
// given the run's configuration to change how long it goes on and how it is watched; what learning depends on
// must stay as it was.
func Resume(ctx context.Context, change func(*Config) error, opt Options) (*Run, error) {
	cfg, err := RunConfig(opt.Dir)
	if err != nil {
		return nil, err
	}
	if change != nil {
		if err := change(cfg); err != nil {
			return nil, err
		}
	}
	return cfg.run(ctx, opt, true)
}

// RunConfig is the configuration of the run in a folder, as it was asked for.
func RunConfig(dir string) (*Config, error) {
	path := filepath.Join(dir, train.ConfigFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, e := os.Stat(filepath.Join(dir, train.CheckpointFolder)); e == nil {
			return nil, fmt.Errorf("the run in %s has lost its %s: put it back; its text stands in the %s of each checkpoint, under config",
				dir, train.ConfigFile, checkpoint.ManifestFile)
		}
		return nil, fmt.Errorf("%s is not a run: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	var named Config
	if err := named.Merge(path, text); err != nil {
		return nil, err
	}
	if named.Algo == "" || named.Env == "" {
		return nil, fmt.Errorf("%s names no algorithm or no environment: put it back; its text stands in the %s of each checkpoint, under config",
			path, checkpoint.ManifestFile)
	}
	cfg, err := NewConfig(named.Algo, named.Env)
	if err != nil {
		if bad := new(ConfigError); errors.As(err, &bad) {
			named.Locate(bad)
		}
		return nil, err
	}
	return cfg, cfg.Merge(path, text)
}

// run trains, in a new folder or where an earlier process left off.
func (c *Config) run(ctx context.Context, opt Options, resume bool) (*Run, error) {
	text, err := c.YAML() // not resolved: a resume with other steps derives anew what follows from them
	if err != nil {
		return nil, err
	}
	cfg, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	environment, own := cfg.Environment, (func() (env.Environment, error))(nil)
	if opt.Environment != nil {
		environment = func() (env.Environment, error) {
			e, err := opt.Environment()
			if err == nil && e == nil {
				err = errors.New("Options.Environment returned neither an environment nor an error")
			}
			if err != nil {
				return nil, err
			}
			return cfg.wrap(e)
		}
		own = environment
	}
	t, incidents := algorithms[cfg.Algo].traits(cfg), new(train.Incidents)
	vectors := cfg.vectors(own, incidents.Note)
	result, err := train.Run(ctx, cfg.learners(vectors, &opt, resume), train.Options{
		Labels: train.Labels{
			Env: cfg.Env, Algo: cfg.Algo, Update: t.update, Kernel: Kernel(), Version: Version(),
			Seed: cfg.Seed, Workers: t.workers, Config: text,
		},
		Budget:  train.Budget{Steps: cfg.Steps, Episodes: cfg.Episodes, UntilSolved: cfg.UntilSolved, Time: duration(cfg.Seconds)},
		SolveAt: cfg.SolveAt, SolveBy: t.solveBy, Parts: cfg.trainsOnLives(),
		Eval: train.Eval{
			New: environment, Every: cfg.Eval.Every, Episodes: cfg.Eval.Episodes, Seed: cfg.Eval.Seed, Sample: cfg.Eval.Sample,
		},
		Dir: opt.Dir, Resume: resume, Begin: c.begin(), Fits: c.fits,
		Checkpoints: train.Checkpoints{Period: duration(cfg.Checkpoint.Seconds), Every: cfg.Checkpoint.Steps, Keep: cfg.Checkpoint.Keep},
		Deadline:    duration(cfg.Deadline), Restarts: cfg.Restarts, Incidents: incidents,
		Fallback: train.Fallback{Times: cfg.Fallback.Times, Rate: cfg.Fallback.Rate},
		LogEvery: cfg.LogEvery, TensorBoard: cfg.TensorBoard,
		Output: cfg.output(opt.Output), Started: opt.Started, Deterministic: t.deterministic, Offline: cfg.Offline,
	})
	if result == nil {
		return nil, err
	}
	return &Run{Result: *result}, err
}

// learners makes the learner that the resolved configuration asks for, and makes it anew where the run has to.
// One that goes on has its experience from a checkpoint, and need not find the file.
func (c *Config) learners(vectors func(n int) (env.Vector, error), opt *Options, resume bool) train.Create {
	first := true
	return func(rate float32) (algo.Learner, error) {
		cfg, a := c, algorithms[c.Algo]
		if rate != 1 {
			cfg = a.slowed(c, rate)
		}
		l, err := a.learner(cfg, vectors)
		if err != nil {
			return nil, cfg.located(err)
		}
		if cfg.ReplayFile != "" && first && !resume {
			err = cfg.checkExperience(l.Policy().Spec)
		}
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		if r, ok := l.(interface{ ReplayBytes() uint64 }); ok && first && opt.Output.Progress != nil {
			_, _ = fmt.Fprintf(opt.Output.Progress, "replay: %s\n", megabytes(r.ReplayBytes())) // nobody need watch
		}
		first = false
		return l, nil
	}
}

// begin gives learners the policy that they are to start from; nil: they start as they are.
func (c *Config) begin() func(algo.Learner) error {
	if c.Init == "" {
		return nil
	}
	return func(l algo.Learner) error {
		p := l.Policy()
		from, err := train.OpenPolicy(c.Init)
		if err == nil {
			err = train.LoadPolicy(from, p)
		}
		if err != nil {
			return fmt.Errorf("start from %s: %w", c.Init, err)
		}
		return l.(learner).Adopt(p)
	}
}

// fits says, as an error, which setting of a run's checkpoint is another than c's, of those that learning depends on;
// replanned: one that follows from the budget is.
func (c *Config) fits(m *checkpoint.Manifest) (replanned bool, err error) {
	if m.Algo != c.Algo || m.Env != c.Env {
		return false, fmt.Errorf("checkpoint of %s in %s, but %s says %s in %s", m.Algo, m.Env, train.ConfigFile, c.Algo, c.Env)
	}
	saved, err := savedConfig(m)
	if err != nil {
		return false, fmt.Errorf("%s: %v", checkpoint.ManifestFile, err) //nolint:errorlint // no ConfigError: nobody configures a checkpoint
	}
	key, theirs, ours, err := saved.differs(c)
	if err != nil {
		return false, err
	}
	if key != "" {
		return false, fmt.Errorf("the run was made with %s: %s, now it is %s: put it back, or start a new run; --init takes the policy along where spaces and network stay the same", key, theirs, ours)
	}
	before, err := saved.Resolve()
	if err != nil {
		return false, err
	}
	now, err := c.Resolve()
	if err != nil {
		return false, err
	}
	key, _, _, err = before.differs(now)
	return key != "", err
}

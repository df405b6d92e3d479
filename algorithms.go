package covey

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"covey/algo"
	"covey/algo/a3c"
	"covey/algo/offpolicy"
	"covey/env"
	"covey/internal/nearest"
	"covey/optim"
	"covey/policy"
	"covey/rollout"
	"covey/train"
)

// algorithms is every algorithm that a configuration can name.
var algorithms = map[string]algorithm{
	"a3c":  actorCritic,
	"a2c":  synchronous(actorCritic),
	"sac":  softActorCritic,
	"ddpg": deterministicPolicyGradient,
	"dqn":  deepQLearning,
}

// algorithm is what the facade needs to know of one.
type algorithm struct {
	section  string // key of its settings, and folder of its presets in the zoo
	defaults func(*Config)
	adapt    func(*Config) // a preset that was written for another algorithm of the section
	present  func(*Config) bool
	resolve  func(*Config) error           // validates the section, and replaces it by one where what follows from the rest is filled in
	suits    func(*Config, env.Spec) error // says why it cannot learn in such an environment
	traits   func(*Config) traits
	policy   func(*Config, env.Spec) (*policy.Policy, error)
	learner  func(*Config, func(n int) (env.Vector, error)) (learner, error)
	slowed   func(*Config, float32) *Config            // a copy of a resolved configuration, all learning rates times the factor
	holds    func(*Config, offpolicy.Experience) error // says whether the replay has room for it; nil: there is no replay
}

// traits of a configured algorithm, as the run's result names them.
type traits struct {
	workers       int
	update        string
	deterministic bool // it repeats itself bit for bit
	solveBy       train.SolveBy
}

// learner is a learner that can start from another run's policy.
type learner interface {
	algo.Learner
	Adopt(*policy.Policy) error
}

// Algorithms lists the known algorithms.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

func findAlgorithm(name string) (algorithm, error) {
	a, ok := algorithms[name]
	if !ok {
		return a, wrong("algo", "unknown algorithm %q%s", name, nearest.Hint(name, Algorithms()))
	}
	return a, nil
}

// actorCritic is A3C.
var actorCritic = algorithm{
	section: "a3c",
	defaults: func(c *Config) {
		d := a3c.DefaultConfig()
		c.A3C = &d
	},
	adapt:   func(*Config) {},
	present: func(c *Config) bool { return c.A3C != nil },
	resolve: func(c *Config) error {
		if c.A3C == nil {
			return wrong("a3c", "the section is missing")
		}
		resolved := *c.A3C
		c.A3C = &resolved
		if c.A3C.Anneal == optim.Linear && c.A3C.AnnealSteps == 0 {
			c.A3C.AnnealSteps = c.Steps
		}
		return inSection("a3c", c.A3C.Validate())
	},
	suits: func(c *Config, s env.Spec) error {
		if c.A3C != nil && c.A3C.NoiseMemory > 0 && s.Action.Kind != env.Box {
			return wrong("a3c.noise_memory", "%v, but %s has %v actions; noise is added to numbers", c.A3C.NoiseMemory, s.ID, s.Action.Kind)
		}
		_, err := policy.Distribution(s.Action)
		return err
	},
	traits: func(c *Config) traits {
		t := traits{workers: c.A3C.Workers, update: c.A3C.Update, deterministic: c.A3C.Update != a3c.Async || c.A3C.Workers == 1}
		if c.trainsOnLives() && c.Eval.Every > 0 { // solve_at is of whole games
			t.solveBy = train.ByEvaluation
		}
		return t
	},
	policy: func(c *Config, s env.Spec) (*policy.Policy, error) { return a3c.NewPolicy(c.A3C, s) },
	slowed: func(c *Config, by float32) *Config {
		slow, section := *c, *c.A3C
		section.LearningRate *= by
		section.CriticRate = times(section.CriticRate, by)
		slow.A3C = &section
		return &slow
	},
	learner: newActorCritic,
}

// newActorCritic makes the learner, unless its network does not fit the observations, or its segments the memory.
func newActorCritic(c *Config, vectors func(n int) (env.Vector, error)) (learner, error) {
	first, err := vectors(c.A3C.Envs)
	if err != nil {
		return nil, fmt.Errorf("worker 0: %w", err)
	}
	size, err := a3c.Memory(c.A3C, first.Spec())
	if err != nil {
		return nil, errors.Join(inSection("a3c", err), first.Close())
	}
	if free, known := freeMemory(); known && size > free {
		key, length := "a3c.segment_length", strconv.Itoa(c.A3C.SegmentLength)
		if c.A3C.Segment == rollout.WholeEpisode {
			key, length = "a3c.segment", fmt.Sprintf("%s: of up to %d steps", rollout.WholeEpisode, first.Spec().MaxSteps)
		}
		err := wrong(key, "%s: with %d workers of %d environments, networks and segments take %s, but only %s of memory are free",
			length, c.A3C.Workers, c.A3C.Envs, megabytes(size), megabytes(free))
		return nil, errors.Join(err, first.Close())
	}
	return a3c.New(*c.A3C, c.Seed, func(worker int) (env.Vector, error) {
		if worker == 0 {
			return first, nil
		}
		return vectors(c.A3C.Envs)
	})
}

// synchronous is A2C: A3C whose master waits for a gradient from every worker.
func synchronous(a algorithm) algorithm {
	defaults, resolve := a.defaults, a.resolve
	a.adapt = func(c *Config) { c.A3C.Update = a3c.Sync }
	a.defaults = func(c *Config) {
		defaults(c)
		a.adapt(c)
	}
	a.resolve = func(c *Config) error {
		if c.A3C != nil && c.A3C.Update != a3c.Sync {
			return wrong("a3c.update", "%q, but a2c updates in %s; algo a3c has the other orders", c.A3C.Update, a3c.Sync)
		}
		return resolve(c)
	}
	return a
}

// times is the learning rate x times a factor; nil stays nil.
func times(x *float32, by float32) *float32 {
	if x == nil {
		return nil
	}
	y := *x * by
	return &y
}

// inSection gives an algorithm's error the key that it starts with.
func inSection(section string, err error) error {
	if err == nil {
		return nil
	}
	key, problem := section, err.Error()
	first, rest, _ := strings.Cut(problem, " ")
	if k := section + "." + strings.TrimSuffix(first, ":"); slices.Contains(keys(), k) {
		key, problem = k, strings.TrimPrefix(rest, "is ")
	}
	return &ConfigError{Key: key, Problem: problem, err: err}
}

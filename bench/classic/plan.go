package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"covey"
	"covey/zoo"
)

// task is an environment, who learns it and how long.
type task struct {
	Env        string
	Algorithms []string // the first is the one that claims are made about
	Solved     float64  // mean return of an evaluation
	Random     float64  // about what random actions return: 0 in normalised scores, where Solved is 1
	Steps      float64  // of the environment, at equal steps
	Seconds    float64  // of training with its evaluations, at equal time
}

// Budgets are about what the best of each task needs. Pendulum-v1 has no threshold: −200 is a pendulum that is
// swung up and held.
var tasks = []task{
	{"Pendulum-v1", []string{"sac", "ddpg", "a3c"}, -200, -1230, 20_000, 3},
	{"MountainCarContinuous-v0", []string{"sac", "ddpg", "a3c"}, 90, -33, 50_000, 5},
	{"CartPole-v1", []string{"a3c", "a2c", "dqn"}, 475, 22, 100_000, 3},
	{"Acrobot-v1", []string{"a3c", "a2c", "dqn"}, -100, -499, 100_000, 5},
}

// budget is what runs that are compared have the same of.
type budget string

const (
	equalSteps budget = "steps"
	equalTime  budget = "seconds"
)

var budgets = []budget{equalSteps, equalTime}

// A run of a budget of steps is evaluated so many times; one of a budget of time as often per step, but for the
// algorithms that make an update of 20 steps in the time of others' single step.
const evaluations = 20

// fewer is how many times less often those are evaluated in a run of a budget of time: evaluations are in it.
const fewer = 10

// planned is one run.
type planned struct {
	Env, Algo string
	Budget    budget
	Seed      uint64
	repeat    float64     // steps of the environment that each action is held for
	sets      [][2]string // keys and values beside the preset's
	settings  string      // hash of the preset and of sets: keys that they do not name are as they were
}

func (p *planned) name() string { return fmt.Sprintf("%s-%s-%s-%d", p.Env, p.Algo, p.Budget, p.Seed) }

// plan lists the runs, seeds outermost.
func plan(o options) ([]*planned, error) {
	for _, name := range o.tasks {
		if !slices.ContainsFunc(tasks, func(t task) bool { return t.Env == name }) {
			return nil, fmt.Errorf("-envs: %q is none of the tasks", name)
		}
	}
	var all []*planned
	for seed := range uint64(o.seeds) {
		for _, b := range budgets {
			for _, t := range tasks {
				if o.tasks != nil && !slices.Contains(o.tasks, t.Env) {
					continue
				}
				for _, algo := range t.Algorithms {
					p, err := t.plan(algo, b, seed+1, o.part)
					if err != nil {
						return nil, fmt.Errorf("%s, %s: %w", t.Env, algo, err)
					}
					all = append(all, p)
				}
			}
		}
	}
	return all, nil
}

// plan is one run by the algorithm's preset, with the budget in place of the preset's.
func (t task) plan(algo string, b budget, seed uint64, part float64) (*planned, error) {
	cfg, err := covey.Preset(algo, t.Env, "")
	if err != nil {
		return nil, err
	}
	p := &planned{Env: t.Env, Algo: algo, Budget: b, Seed: seed, repeat: float64(cfg.ActionRepeat)}
	steps := uint64(part * t.Steps / p.repeat) // held actions count once, the environment steps each time
	every := max(steps/evaluations, 1)
	set := func(key string, value any) { p.sets = append(p.sets, [2]string{key, fmt.Sprint(value)}) }
	set("seed", seed)
	if b == equalSteps {
		set("steps", steps)
	} else {
		if cfg.A3C != nil { // it anneals over the preset's steps, and stays there
			set("a3c.anneal_steps", cfg.Steps)
			every *= fewer
		}
		set("steps", 0)
		set("seconds", part*t.Seconds)
	}
	set("eval.every", every)
	set("log_every", every)
	for _, s := range p.sets {
		if err := cfg.Set("--set "+s[0]+"="+s[1], s[0], s[1]); err != nil {
			return nil, err
		}
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	text, err := zoo.Read(zoo.Preset{Algo: cfg.Section(), Env: t.Env})
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(fmt.Append(text, algo, p.sets))
	p.settings = hex.EncodeToString(hash[:8])
	return p, nil
}

// args are the run's for covey.
func (p *planned) args(folder string) []string {
	args := []string{"train", p.Env, "--algo", p.Algo, "--json", "--quiet", "--out", folder}
	for _, s := range p.sets {
		args = append(args, "--set", s[0]+"="+s[1])
	}
	return args
}

// taskOf finds a task by its environment.
func taskOf(env string) task {
	i := slices.IndexFunc(tasks, func(t task) bool { return t.Env == env })
	return tasks[i]
}

func (b budget) of(t task) string {
	if b == equalSteps {
		return strconv.FormatFloat(t.Steps, 'f', -1, 64) + " environment steps"
	}
	return strconv.FormatFloat(t.Seconds, 'f', -1, 64) + " s"
}

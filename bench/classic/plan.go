package main

import (
	"fmt"
	"slices"
	"strconv"

	"covey"
	"covey/bench/results"
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

var budgets = []results.Budget{results.Steps, results.Seconds}

// A run of a budget of steps is evaluated so many times; one of a budget of time as often per step, but for the
// algorithms that make an update of 20 steps in the time of others' single step.
const evaluations = 20

// fewer is how many times less often those are evaluated in a run of a budget of time: evaluations are in it.
const fewer = 10

// plan lists the runs, seeds outermost.
func plan(o options) ([]*results.Plan, error) {
	for _, name := range o.tasks {
		if !slices.ContainsFunc(tasks, func(t task) bool { return t.Env == name }) {
			return nil, fmt.Errorf("-envs: %q is none of the tasks", name)
		}
	}
	var all []*results.Plan
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
func (t task) plan(algo string, b results.Budget, seed uint64, part float64) (*results.Plan, error) {
	cfg, err := covey.Preset(algo, t.Env, "")
	if err != nil {
		return nil, err
	}
	p := &results.Plan{Env: t.Env, Algo: algo, Budget: b, Seed: seed, Repeat: float64(cfg.ActionRepeat)}
	steps := uint64(part * t.Steps / p.Repeat) // held actions count once, the environment steps each time
	every := max(steps/evaluations, 1)
	p.Set("seed", seed)
	if b == results.Steps {
		p.Set("steps", steps)
	} else {
		if cfg.A3C != nil { // it anneals over the preset's steps, and stays there
			p.Set("a3c.anneal_steps", cfg.Steps)
			every *= fewer
		}
		p.Set("steps", 0)
		p.Set("seconds", part*t.Seconds)
	}
	p.Set("eval.every", every)
	p.Set("log_every", every)
	return p, p.Check(cfg)
}

// taskOf finds a task by its environment.
func taskOf(env string) task {
	i := slices.IndexFunc(tasks, func(t task) bool { return t.Env == env })
	return tasks[i]
}

// budget says how much of it there is.
func (t task) budget(b results.Budget) string {
	if b == results.Steps {
		return strconv.FormatFloat(t.Steps, 'f', -1, 64) + " environment steps"
	}
	return strconv.FormatFloat(t.Seconds, 'f', -1, 64) + " s"
}

package main

import (
	"fmt"
	"strconv"

	"covey"
	"covey/bench/results"
)

// name is that of the page and of the folder with the runs.
const name = "classic"

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
	{"MountainCar-v0", []string{"a3c", "a2c", "dqn"}, -110, -200, 80_000, 3},
}

var budgets = []results.Budget{results.Steps, results.Seconds}

// mostSeeds is how many runs there are of each algorithm with each budget.
const mostSeeds = 10

const (
	// evaluations is how many there are in a run of a budget of steps. In one of time they are as many steps apart.
	evaluations = 20
	// fewer: in runs of a budget of time, where evaluations cost time, A3C and A2C, whose steps are the fastest, are evaluated so
	// many times less often.
	fewer = 10
)

// plan lists the runs, seeds outermost. part: of the budgets.
func plan(part float64) ([]*results.Plan, error) {
	var all []*results.Plan
	for seed := range uint64(mostSeeds) {
		for _, b := range budgets {
			for _, t := range tasks {
				for _, algo := range t.Algorithms {
					p, err := t.plan(algo, b, seed+1, part)
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
	if b == results.Seconds && cfg.A3C != nil {
		every *= fewer
	}
	p.Set("seed", seed)
	p.Spend(cfg, steps, part*t.Seconds)
	p.Set("eval.every", every)
	p.Set("log_every", every)
	return p, p.Check(cfg)
}

// budget says how much of it there is.
func (t task) budget(b results.Budget) string {
	if b == results.Steps {
		return strconv.FormatFloat(t.Steps, 'f', -1, 64) + " environment steps"
	}
	return strconv.FormatFloat(t.Seconds, 'f', -1, 64) + " s"
}

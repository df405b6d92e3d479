package main

import (
	"math"
	"slices"
	"strings"
	"time"

	"covey"
	"covey/bench/results"
)

// name is that of the page and of the folder with the runs.
const name = "pixels"

// The parts.
const (
	memory  = "memory"
	minatar = "minatar"
	atari   = "atari"
	doom    = "doom"
)

var parts = []string{memory, minatar, atari, doom}

// task is an environment and by which presets it is learned.
type task struct {
	Part    string
	Env     string
	Presets []string // algorithms, or algorithm@variant; the others are compared with the first
	Budgets []budget
	Seeds   int           // at most mostSeeds
	Goal    float64       // mean return of an evaluation; ∞: none is set
	Digits  int           // of scores that are shown
	Limit   time.Duration // of one run
}

// budget is how much runs have.
type budget struct {
	Of     results.Budget
	Amount float64 // 0: the steps of the preset
}

const mostSeeds = 5

var (
	ownSteps = budget{Of: results.Steps}
	noGoal   = math.Inf(1)
)

// At equal time MinAtar's algorithms have about what the faster one needs for its steps.
var tasks = slices.Concat(
	[]task{
		{memory, "TMaze10-v0", []string{"a3c", "a3c@feedforward"}, []budget{ownSteps}, 5, 0.95, 3, 10 * time.Minute},
		{memory, "TMaze40-v0", []string{"a3c", "a3c@short"}, []budget{ownSteps}, 5, 0.95, 3, 10 * time.Minute},
		{memory, "Recall8-v0", []string{"a3c"}, []budget{ownSteps}, 5, 0.95, 3, 10 * time.Minute},
	},
	miniature("MinAtar/Asterix-v1", 8),
	miniature("MinAtar/Breakout-v1", 10),
	miniature("MinAtar/Freeway-v1", noGoal),
	miniature("MinAtar/Seaquest-v1", noGoal),
	miniature("MinAtar/SpaceInvaders-v1", 40),
	[]task{
		{atari, "ALE/Pong-v5", []string{"a3c@nosticky"}, []budget{ownSteps}, 3, 19, 1, 2 * time.Hour},
		{atari, "ALE/Pong-v5", []string{"a3c"}, []budget{ownSteps}, 3, 19, 1, 2 * time.Hour}, // not the same game: there is nothing to compare
		{atari, "ALE/Breakout-v5", []string{"a3c@nosticky"}, []budget{{results.Seconds, 7200}}, 1, 200, 1, 4 * time.Hour},
	},
	[]task{
		{doom, "VizdoomBasic-v1", []string{"a3c"}, []budget{{results.Seconds, 600}}, 3, 70, 1, time.Hour},
		{doom, "VizdoomHealthGathering-v1", []string{"a3c", "a3c@screen", "a3c@screen-feedforward"}, []budget{{results.Seconds, 600}}, 3, noGoal, 0, time.Hour},
	},
)

// miniature is a game of MinAtar's, by A3C and DQN with equal steps and with equal time.
func miniature(env string, goal float64) []task {
	return []task{{minatar, env, []string{"a3c", "dqn"}, []budget{ownSteps, {results.Seconds, 60}}, 5, goal, 1, 3 * time.Hour}}
}

// plan lists the runs, seeds outermost. part: of the budgets.
func plan(part float64) ([]*results.Plan, error) {
	var all []*results.Plan
	for seed := range uint64(mostSeeds) {
		for _, t := range tasks {
			if seed >= uint64(t.Seeds) {
				continue
			}
			for _, b := range t.Budgets {
				for _, preset := range t.Presets {
					p, err := t.plan(preset, b, seed+1, part)
					if err != nil {
						return nil, err
					}
					all = append(all, p)
				}
			}
		}
	}
	return all, nil
}

// plan is one run. part: of the budget.
func (t task) plan(preset string, b budget, seed uint64, part float64) (*results.Plan, error) {
	algo, variant, _ := strings.Cut(preset, "@")
	cfg, err := covey.Preset(algo, t.Env, variant)
	if err != nil {
		return nil, err
	}
	p := &results.Plan{Env: t.Env, Algo: algo, Variant: variant, Budget: b.Of, Seed: seed, Repeat: float64(cfg.ActionRepeat), Limit: t.Limit}
	if cfg.Gym != nil && cfg.Gym.Atari != nil {
		p.Repeat *= float64(cfg.Gym.Atari.Skip)
	}
	if cfg.Gym != nil && cfg.Gym.Doom != nil {
		p.Repeat *= 4 // covey's frame_skip
	}
	p.Set("seed", seed)
	p.Spend(cfg, uint64(part*float64(cfg.Steps)), part*b.Amount)
	p.Set("log_every", cfg.Eval.Every)
	return p, p.Check(cfg)
}

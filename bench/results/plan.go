// Package results makes runs of covey by its presets over several seeds, keeps what they came to, a file for
// each, and sums it up in tables and pictures.
//
// A run whose file is there, made with the same settings, is not repeated: what was interrupted goes on.
package results

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"covey"
	"covey/bench/compare"
	"covey/zoo"
)

// Budget is what runs that are compared have the same of.
type Budget string

// The budgets.
const (
	Steps   Budget = "steps"
	Seconds Budget = "seconds"
)

// Plan is one run, by a preset with settings in place of some of the preset's.
type Plan struct {
	Env, Algo string
	Variant   string // of the preset; "": that for everyday use
	Budget    Budget
	Seed      uint64
	Repeat    float64       // steps of the environment that each action is held for
	Limit     time.Duration // how long the run is waited for; 0: compare.Patience

	sets     [][2]string // keys and values besides the preset's
	settings string      // hash of the preset and of sets; covey's defaults are not in it, so a run is kept when one changes
}

// Set adds a setting.
func (p *Plan) Set(key string, value any) { p.sets = append(p.sets, [2]string{key, fmt.Sprint(value)}) }

// Spend sets the budget in place of that of cfg, the plan's preset: so many steps or seconds.
func (p *Plan) Spend(cfg *covey.Config, steps uint64, seconds float64) {
	if p.Budget == Steps {
		p.Set("steps", steps)
		return
	}
	if cfg.A3C != nil { // it anneals over the preset's steps, and stays there
		p.Set("a3c.anneal_steps", cfg.Steps)
	}
	p.Set("steps", 0)
	p.Set("seconds", seconds)
}

// Check says which setting is impossible together with those of cfg, which is the plan's preset and is changed; it must come before
// the plan is used.
func (p *Plan) Check(cfg *covey.Config) error {
	for _, s := range p.sets {
		if err := cfg.Set("--set "+s[0]+"="+s[1], s[0], s[1]); err != nil {
			return err
		}
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	text, err := zoo.Read(zoo.Preset{Algo: cfg.Section(), Env: p.Env, Variant: p.Variant})
	if err != nil {
		return err
	}
	hash := sha256.Sum256(fmt.Append(text, p.Algo, p.sets))
	p.settings = hex.EncodeToString(hash[:8])
	return nil
}

// Label is the algorithm with its variant.
func (p *Plan) Label() string { return label(p.Algo, p.Variant) }

func label(algo, variant string) string {
	if variant == "" {
		return algo
	}
	return algo + "@" + variant
}

// fileName is an environment's name without slashes.
func fileName(env string) string { return strings.ReplaceAll(env, "/", "-") }

func (p *Plan) name() string {
	return fmt.Sprintf("%s-%s-%s-%d", fileName(p.Env), p.Label(), p.Budget, p.Seed)
}

func (p *Plan) path(folder string) string { return filepath.Join(folder, p.name()+".json") }

// args are the run's for covey.
func (p *Plan) args(folder string) []string {
	args := []string{"train", p.Env, "--algo", p.Algo, "--json", "--quiet", "--out", folder}
	if p.Variant != "" {
		args = append(args, "--preset", p.Variant)
	}
	for _, s := range p.sets {
		args = append(args, "--set", s[0]+"="+s[1])
	}
	return args
}

// Line is the run as one would type it.
func (p *Plan) Line() string { return compare.Job{Program: "covey", Args: p.args(p.name())}.Line() }

// Make makes the runs whose records are missing in the folder. covey: the built command.
func Make(ctx context.Context, covey, folder string, plans []*Plan) error {
	m := compare.ThisMachine(ctx, covey)
	defer compare.Progress("")
	for i, p := range plans {
		r, err := load(folder, p)
		if err != nil {
			return err
		}
		if r != nil {
			continue
		}
		compare.Progress("run %d of %d: %s", i+1, len(plans), p.name())
		if err := p.make(ctx, covey, folder, m); err != nil {
			return fmt.Errorf("%s: %w", p.name(), err)
		}
	}
	return nil
}

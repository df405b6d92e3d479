package covey

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/goccy/go-yaml"

	"covey/algo/a3c"
	"covey/algo/ddpg"
	"covey/algo/dqn"
	"covey/algo/sac"
	"covey/env"
	"covey/env/minatar"
	"covey/env/screen"
	"covey/internal/nearest"
	"covey/zoo"
)

// Config is a whole run: what is learned where, for how long, how it is judged. [NewConfig] and
// [Preset] make one; fields may then be changed in Go, by [Config.Merge] from YAML, or one by one by
// [Config.Set]. In YAML the keys are those of the tags.
type Config struct {
	Env  string `yaml:"env"`  // a name that Environments lists, or the name of one's own environment
	Algo string `yaml:"algo"` // a name that Algorithms lists
	Seed uint64 `yaml:"seed"` // of everything random in training

	ActionRepeat int `yaml:"action_repeat"` // steps of the environment that each action is held for; env_steps counts actions
	Stack        int `yaml:"stack"`         // of the environment's last frames, that make an observation

	Screen *screen.Config `yaml:"screen,omitempty"` // how pictures are shown

	// The budget: the run ends at whichever limit comes first; 0: no limit.
	Steps       uint64  `yaml:"steps"`        // environment steps
	Episodes    uint64  `yaml:"episodes"`     // finished training episodes
	Seconds     float64 `yaml:"seconds"`      // wall time of training
	UntilSolved bool    `yaml:"until_solved"` // end as soon as the environment is solved

	Init       string `yaml:"init"`        // another run, or a folder of its policies, whose policy learning starts from; "": none
	ReplayFile string `yaml:"replay_file"` // transitions that the replay starts with, see package transitions; "": none
	Offline    bool   `yaml:"offline"`     // learn from them alone: no step is taken in training, and steps count updates

	SolveAt *float64 `yaml:"solve_at"` // mean return over 100 episodes that counts as solved; null: none does
	Eval    Eval     `yaml:"eval"`

	Checkpoint Checkpoint `yaml:"checkpoint"`
	Deadline   float64    `yaml:"deadline"` // seconds between two updates after which a learner counts as hung; 0: never
	Restarts   int        `yaml:"restarts"` // of learners that panic or hang, and of environments that fail, in each vector of them
	Fallback   Fallback   `yaml:"fallback"`

	LogEvery    uint64 `yaml:"log_every"`   // environment steps between two rows of metrics; 0: a two-hundredth of steps
	PrintEvery  uint64 `yaml:"print_every"` // print the total reward of every so many episodes; 0: of none
	TensorBoard bool   `yaml:"tensorboard"` // write an event file too

	Gym     *Gym            `yaml:"gym,omitempty"`     // settings of Gymnasium's environments
	MinAtar *minatar.Config `yaml:"minatar,omitempty"` // settings of MinAtar's games, where they are covey's own

	A3C  *a3c.Config  `yaml:"a3c,omitempty"` // settings of algorithms a3c and a2c
	SAC  *sac.Config  `yaml:"sac,omitempty"`
	DDPG *ddpg.Config `yaml:"ddpg,omitempty"`
	DQN  *dqn.Config  `yaml:"dqn,omitempty"`

	pools  *pools  // of Gymnasium's environments that are made one by one
	layers []layer // of YAML that made this, oldest first: they say where a bad value stands
}

// Eval says how policies are evaluated: in environments of their own, on seeds of their own.
type Eval struct {
	Every    uint64 `yaml:"every"`    // environment steps between evaluations; 0: only where they are needed
	Episodes int    `yaml:"episodes"` // of each evaluation
	Seed     uint64 `yaml:"seed"`     // of the evaluation's episodes
	Sample   bool   `yaml:"sample"`   // the sampled policy is the one that counts, not the greedy one
}

// Checkpoint says when a run in a folder is saved, apart from at its end.
type Checkpoint struct {
	Seconds float64 `yaml:"seconds"` // between two checkpoints; 0: none by the clock
	Steps   uint64  `yaml:"steps"`   // environment steps between two that are kept for good; 0: none
	Keep    int     `yaml:"keep"`    // latest ones to keep besides
}

// Fallback says what happens when the mean return has collapsed: the run returns to its best policy, and goes on
// with lower learning rates.
type Fallback struct {
	Times int     `yaml:"times"` // that this is tried; 0: the run goes on as it is
	Rate  float32 `yaml:"rate"`  // what all learning rates are multiplied with each time
}

// NewConfig is the algorithm's default configuration. It has no budget yet.
func NewConfig(algo, environment string) (*Config, error) {
	a, err := findAlgorithm(algo)
	if err != nil {
		return nil, err
	}
	c := &Config{
		Env: environment, Algo: algo, Seed: 1, ActionRepeat: 1, Stack: 1, Eval: Eval{Every: 50_000, Episodes: 100},
		Checkpoint: Checkpoint{Seconds: 30, Keep: 2}, Deadline: 300, Restarts: 10, Fallback: Fallback{Rate: 0.5},
	}
	if bridged(environment) {
		g := DefaultGym()
		c.Gym, c.pools = &g, &pools{}
	}
	if isMinAtar(environment) {
		m := minatar.DefaultConfig()
		c.MinAtar = &m
	}
	a.defaults(c)
	c.pixelDefaults()
	return c, nil
}

// Preset is the zoo's configuration for an algorithm on an environment, or the variant of it with the
// given name. The error wraps [fs.ErrNotExist] if the zoo has none.
func Preset(algo, environment, variant string) (*Config, error) {
	c, err := NewConfig(algo, environment)
	if err != nil {
		return nil, err
	}
	p := zoo.Preset{Algo: c.Section(), Env: gymID(environment), Variant: variant}
	text, err := zoo.Read(p)
	if err != nil {
		return nil, unknownPreset(p)
	}
	if err := c.Merge("preset "+p.Path(), text); err != nil {
		return nil, err
	}
	algorithms[algo].adapt(c)
	return c, nil
}

// unknownPreset says which variants there are instead.
func unknownPreset(p zoo.Preset) error {
	var variants []string
	for _, known := range zoo.Presets() {
		if known.Algo == p.Algo && known.Env == p.Env && known.Variant != "" {
			variants = append(variants, known.Variant)
		}
	}
	return &ConfigError{
		Key:     "preset",
		Problem: fmt.Sprintf("%s has no preset %q for %s%s", p.Algo, p.Variant, p.Env, nearest.Hint(p.Variant, variants)),
		err:     fs.ErrNotExist,
	}
}

// Section is the key of the algorithm's own settings.
func (c *Config) Section() string { return algorithms[c.Algo].section }

// Validate says which value is impossible, and where it stands.
func (c *Config) Validate() error {
	_, err := c.Resolve()
	return err
}

// Resolve returns a valid copy of c in which nothing is left open: a3c.anneal_steps has become the planned steps where
// it is 0 and the rate falls over them. Train resolves by itself.
func (c *Config) Resolve() (*Config, error) {
	resolved := *c
	a, err := findAlgorithm(c.Algo)
	if err == nil {
		err = c.validateRun()
	}
	if err == nil {
		err = a.resolve(&resolved)
	}
	if err != nil {
		return nil, c.located(err)
	}
	return &resolved, nil
}

// located is err, which says where in the configuration the value stands that it is about, if it is about one.
func (c *Config) located(err error) error {
	var bad *ConfigError
	if errors.As(err, &bad) {
		c.Locate(bad)
	}
	return err
}

// Suits says why the algorithm cannot learn in an environment of that spec.
func (c *Config) Suits(spec env.Spec) error {
	a, err := findAlgorithm(c.Algo)
	if err == nil {
		err = a.suits(c, spec)
	}
	var bad *ConfigError
	if err != nil && !errors.As(err, &bad) {
		err = &ConfigError{Key: "algo", Problem: fmt.Sprintf("%s: %v", c.Algo, err), err: err}
	}
	return c.located(err)
}

func (c *Config) validateRun() error {
	switch {
	case !isDuration(c.Seconds):
		return wrong("seconds", "%v is not a duration", c.Seconds)
	case !isDuration(c.Checkpoint.Seconds):
		return wrong("checkpoint.seconds", "%v is not a duration", c.Checkpoint.Seconds)
	case c.Checkpoint.Keep < 1 || c.Checkpoint.Keep > 1e6:
		return wrong("checkpoint.keep", "%d, must be between 1 and 1000000", c.Checkpoint.Keep)
	case !isDuration(c.Deadline):
		return wrong("deadline", "%v is not a duration", c.Deadline)
	case c.Restarts < 0:
		return wrong("restarts", "%d, must be at least 0", c.Restarts)
	case c.Fallback.Times < 0:
		return wrong("fallback.times", "%d, must be at least 0", c.Fallback.Times)
	case !(c.Fallback.Rate > 0 && c.Fallback.Rate < 1): // at the same rate the same would happen
		return wrong("fallback.rate", "%v, must be more than 0 and less than 1", c.Fallback.Rate)
	case c.ActionRepeat < 1 || c.ActionRepeat > 1000:
		return wrong("action_repeat", "%d, must be between 1 and 1000", c.ActionRepeat)
	case c.Stack < 1 || c.Stack > 100:
		return wrong("stack", "%d, must be between 1 and 100", c.Stack)
	case c.Eval.Episodes < 1 || c.Eval.Episodes > 1e6:
		return wrong("eval.episodes", "%d, must be between 1 and 1000000", c.Eval.Episodes)
	case c.SolveAt != nil && (math.IsNaN(*c.SolveAt) || math.IsInf(*c.SolveAt, 0)):
		return wrong("solve_at", "%v is not a return", *c.SolveAt)
	case c.UntilSolved && c.SolveAt == nil:
		return wrong("until_solved", "wants solve_at, the mean return that counts as solved")
	case c.Steps == 0 && c.Episodes == 0 && c.Seconds == 0 && !c.UntilSolved:
		return wrong("steps", "the run has no budget; set steps, episodes or seconds")
	}
	if err := c.validateExperience(); err != nil {
		return err
	}
	for name, other := range algorithms {
		if other.section != c.Section() && other.present(c) {
			return wrong(other.section, "settings of algorithm %s, but algo is %s", name, c.Algo)
		}
	}
	if err := c.validatePixels(); err != nil {
		return err
	}
	if err := c.validateMinAtar(); err != nil {
		return err
	}
	return c.validateGym()
}

// isDuration says whether seconds are one.
func isDuration(seconds float64) bool {
	return seconds >= 0 && seconds <= math.MaxInt64/float64(time.Second)
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// YAML is the configuration as a file that [Config.Merge] reads back to the same.
func (c *Config) YAML() ([]byte, error) { return yaml.Marshal(c) }

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"covey"
	"covey/env"
)

// keyFlag is a flag that sets one key of the configuration.
type keyFlag struct {
	name, key string // a key that starts with a dot belongs to the algorithm's section
	kind      string // of the value, for the help; "": the flag stands for true
	usage     string
}

var keyFlags = []keyFlag{
	{"seed", "seed", "n", "seed of everything random in training"},
	{"steps", "steps", "n", "budget in environment steps; 0: none"},
	{"episodes", "episodes", "n", "budget in episodes; 0: none"},
	{"seconds", "seconds", "s", "budget in wall time; 0: none"},
	{"until-solved", "until_solved", "", "end as soon as the environment is solved"},
	{"workers", ".workers", "n", "workers that act and learn at once"},
	{"update", ".update", "order", "order of the workers' updates: ordered, async, sync"},
	{"eval-every", "eval.every", "n", "environment steps between evaluations; 0: only where needed"},
	{"init", "init", "run", "start from the policy of another run"},
	{"replay", "replay_file", "file", "fill the replay with the transitions in a file, as covey eval --save-transitions leaves it"},
	{"offline", "offline", "", "learn from --replay alone, without a step in the environment; --steps counts updates"},
	{"python", "gym.python", "interpreter", "Python that Gymnasium's environments live in, instead of the one that covey gym setup chose"},
	{"print-every", "print_every", "n", "print the total reward of every n-th episode; 0: of none"},
}

func (k keyFlag) define(flags *pflag.FlagSet) {
	if k.kind == "" {
		flags.Bool(k.name, false, k.usage)
		return
	}
	flags.Var(&keyValue{kind: k.kind}, k.name, k.usage)
}

// keyValue is the value of a keyFlag, in YAML: the configuration reads it.
type keyValue struct{ text, kind string }

func (v *keyValue) Set(text string) error { v.text = text; return nil }
func (v *keyValue) String() string        { return v.text }
func (v *keyValue) Type() string          { return v.kind } // what the help calls it

// resolve makes the configuration of a run: defaults, preset, file, --set, flags; later ones win.
func (f *trainFlags) resolve(cmd *cobra.Command, args []string) (*covey.Config, error) {
	var text []byte
	var named covey.Config // what the file says
	if f.config != "" {
		var err error
		if text, err = os.ReadFile(f.config); err != nil {
			return nil, err
		}
		if err := named.Merge(f.config, text); err != nil {
			return nil, err
		}
	}
	if len(args) > 0 {
		named.Env = args[0]
	}
	if f.algo != "" {
		named.Algo = f.algo
	}
	if named.Algo == "" {
		named.Algo = "a3c"
	}
	if named.Env == "" {
		return nil, usagef("train wants an environment; covey envs lists them")
	}
	cfg, err := f.start(named.Algo, named.Env)
	var bad *covey.ConfigError
	if errors.As(err, &bad) && (bad.Key == "env" && len(args) == 0 || bad.Key == "algo" && f.algo == "") {
		named.Locate(bad)
	}
	if err != nil {
		return nil, err
	}
	if err := cfg.Merge(f.config, text); err != nil {
		return nil, err
	}
	cfg.Algo, cfg.Env = named.Algo, named.Env
	if err := f.override(cmd, cfg); err != nil {
		return nil, err
	}
	for _, path := range []*string{&cfg.Init, &cfg.ReplayFile} {
		if *path == "" {
			continue
		}
		whole, err := filepath.Abs(*path) // a resume finds it from anywhere
		if err != nil {
			return nil, err
		}
		*path = whole
	}
	if f.seeds < 1 {
		return nil, usagef("--seeds %d: must be at least 1", f.seeds)
	}
	spec, err := specOf(cfg)
	if err != nil {
		return nil, err
	}
	if err := cfg.Suits(spec); err != nil { // first: nothing else can be put right
		return nil, err
	}
	return cfg, cfg.Validate()
}

// specOf says what the configured environment is.
func specOf(cfg *covey.Config) (env.Spec, error) {
	e, err := cfg.Environment()
	if err != nil {
		return env.Spec{}, err
	}
	return e.Spec(), e.Close()
}

// start is the configuration that the others change: the preset's, or without one the algorithm's.
func (f *trainFlags) start(algo, id string) (*covey.Config, error) {
	if err := covey.Known(id); err != nil {
		return nil, err
	}
	if f.preset == "none" {
		return covey.NewConfig(algo, id)
	}
	cfg, err := covey.Preset(algo, id, f.preset)
	if errors.Is(err, fs.ErrNotExist) && f.preset == "" {
		cfg, err = covey.NewConfig(algo, id)
	}
	return cfg, err
}

// override sets what --set and the other flags say.
func (f *trainFlags) override(cmd *cobra.Command, cfg *covey.Config) error {
	for _, assignment := range f.set {
		key, value, ok := strings.Cut(assignment, "=")
		if !ok {
			return usagef("--set %s: want key=value", assignment)
		}
		if key == "env" || key == "algo" {
			return usagef("--set %s: the preset depends on it; name it by argument or --algo", assignment)
		}
		if err := cfg.Set("--set "+assignment, key, value); err != nil {
			return err
		}
	}
	for _, k := range keyFlags {
		given := cmd.Flags().Lookup(k.name)
		if given == nil || !given.Changed {
			continue
		}
		key, value := k.key, given.Value.String()
		if key[0] == '.' {
			key = cfg.Section() + key
		}
		source := "--" + k.name
		if k.kind != "" {
			source += " " + value
		}
		if k.kind == "file" || k.kind == "run" {
			value = strconv.Quote(value) // its name may look like something else in YAML
		}
		if err := cfg.Set(source, key, value); err != nil {
			return err
		}
	}
	return nil
}

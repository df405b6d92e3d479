package covey

import (
	"fmt"
	"path/filepath"

	"covey/checkpoint"
	"covey/env"
	"covey/policy"
	"covey/train"
)

// LoadPolicy loads the policy of a run: that of its newest checkpoint, or the one in the folder of the run that dir
// names (as runs/x/best). It acts by [policy.Policy.NewActor]. The configuration is the run's, as it was asked for.
func LoadPolicy(dir string) (*policy.Policy, *Config, error) {
	c, err := train.OpenPolicy(dir)
	if err != nil {
		return nil, nil, err
	}
	cfg, p, err := policyOf(c.Manifest, filepath.Join(c.Dir, checkpoint.ManifestFile))
	if err != nil {
		return nil, nil, err
	}
	if err := train.LoadPolicy(c, p); err != nil {
		return nil, nil, err
	}
	return p, cfg, nil
}

// policyOf lays out the policy that a manifest speaks of.
func policyOf(m *checkpoint.Manifest, source string) (*Config, *policy.Policy, error) {
	saved, err := savedConfig(m)
	var cfg *Config
	if err == nil {
		cfg, err = saved.Resolve()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %v", source, err) //nolint:errorlint // no ConfigError: nobody configures a checkpoint
	}
	observation, err := m.Observation.Env()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: observation space: %w", source, err)
	}
	action, err := m.Action.Env()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: action space: %w", source, err)
	}
	spec := env.Spec{ID: m.Env, Observation: observation, Action: action, Stack: m.Observation.Stack}
	p, err := algorithms[cfg.Algo].policy(cfg, spec)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", source, err)
	}
	return saved, p, nil
}

// savedConfig is the configuration that a manifest holds.
func savedConfig(m *checkpoint.Manifest) (*Config, error) {
	cfg, err := NewConfig(m.Algo, m.Env)
	if err == nil {
		err = cfg.Merge("config", []byte(m.Config))
	}
	return cfg, err
}

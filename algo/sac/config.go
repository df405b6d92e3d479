package sac

import (
	"fmt"
	"math"

	"covey/algo"
	"covey/algo/offpolicy"
	"covey/dist"
)

// Config holds every hyperparameter of SAC. [DefaultConfig] is complete; a zero means zero.
type Config struct {
	offpolicy.Config `yaml:",inline"`

	CriticRate  *float32         `yaml:"critic_rate"`  // learning rate of the critics; null: learning_rate
	LogStd      dist.LogStdBound `yaml:"log_std"`      // clamp to [−20, 2], or tanh: mapped onto [−5, 2]
	NoiseMemory float32          `yaml:"noise_memory"` // ρ: exploring noise remembers so much of the step before; 0: white
	Temperature Temperature      `yaml:"temperature"`
}

// Temperature says where α comes from, the weight of the entropy.
type Temperature struct {
	Initial float32  `yaml:"initial"` // α at the start
	Fixed   bool     `yaml:"fixed"`   // α stays what it is
	Rate    *float32 `yaml:"rate"`    // learning rate of log α; null: learning_rate
	Target  *float32 `yaml:"target"`  // H̄, the entropy that α is learned for, in nats; null: −|A|
}

// DefaultConfig is SAC as published for continuous control (Haarnoja et al. 2018, arXiv:1812.05905, table 1).
func DefaultConfig() Config {
	return Config{Config: offpolicy.DefaultConfig(), LogStd: dist.ClampLogStd, Temperature: Temperature{Initial: 1}}
}

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if err := c.Dense(); err != nil {
		return err
	}
	if c.LogStd != dist.ClampLogStd && c.LogStd != dist.MapLogStd {
		return fmt.Errorf("log_std is %q, must be %s or %s", c.LogStd, dist.ClampLogStd, dist.MapLogStd)
	}
	if !(c.NoiseMemory >= 0 && c.NoiseMemory < 1) {
		return fmt.Errorf("noise_memory is %v, must be at least 0 and less than 1", c.NoiseMemory)
	}
	for _, x := range []struct {
		key                string
		value, least, most float32
	}{
		{"critic_rate", algo.OrElse(c.CriticRate, 0), 0, 10},
		{"temperature.initial", c.Temperature.Initial, math.SmallestNonzeroFloat32, math.MaxFloat32},
		{"temperature.rate", algo.OrElse(c.Temperature.Rate, 0), 0, 10},
		{"temperature.target", algo.OrElse(c.Temperature.Target, 0), -math.MaxFloat32, math.MaxFloat32},
	} {
		if err := algo.Between(x.key, x.value, x.least, x.most); err != nil {
			return err
		}
	}
	return nil
}

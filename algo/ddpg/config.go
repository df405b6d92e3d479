package ddpg

import (
	"fmt"
	"math"

	"covey/algo"
	"covey/algo/offpolicy"
)

// Config holds every hyperparameter of DDPG and TD3. [DefaultConfig] is complete; a zero means zero.
type Config struct {
	offpolicy.Config `yaml:",inline"`

	CriticRate *float32  `yaml:"critic_rate"` // learning rate of the critics; null: learning_rate
	Noise      Noise     `yaml:"noise"`       // of exploring
	Twin       bool      `yaml:"twin"`        // two critics, of which the smaller value counts
	Delay      uint64    `yaml:"delay"`       // updates of the critics for each of the actor and the targets
	Smoothing  Smoothing `yaml:"smoothing"`   // of the target policy
}

// Noise is added to the policy's actions, in [−1, 1], to explore.
type Noise struct {
	Kind  string  `yaml:"kind"`  // ou: x ← (1−θ) x + σξ, Ornstein-Uhlenbeck; gaussian: σξ
	Sigma float32 `yaml:"sigma"` // σ
	Theta float32 `yaml:"theta"` // θ of ou
}

// The kinds of noise.
const (
	OrnsteinUhlenbeck = "ou"
	Gaussian          = "gaussian"
)

// Smoothing adds noise to the target policy's actions, so that critics cannot rise to narrow peaks.
type Smoothing struct {
	Sigma float32 `yaml:"sigma"` // of Gaussian noise; 0: none
	Clip  float32 `yaml:"clip"`  // the noise is cut to ± this; 0: not cut
}

// DefaultConfig is DDPG with Ornstein-Uhlenbeck noise (Lillicrap et al. 2016, arXiv:1509.02971).
func DefaultConfig() Config {
	return Config{Config: offpolicy.DefaultConfig(), Noise: Noise{Kind: OrnsteinUhlenbeck, Sigma: 0.2, Theta: 0.15}, Delay: 1}
}

// TD3 makes c what Fujimoto et al. 2018 (arXiv:1802.09477) add to DDPG: a second critic, a delayed actor, a smoothed
// target, and Gaussian noise instead of Ornstein's and Uhlenbeck's.
func (c *Config) TD3() {
	c.Twin, c.Delay, c.Smoothing = true, 2, Smoothing{Sigma: 0.2, Clip: 0.5}
	c.Noise = Noise{Kind: Gaussian, Sigma: 0.1}
}

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if err := c.Dense(); err != nil {
		return err
	}
	if c.Noise.Kind != OrnsteinUhlenbeck && c.Noise.Kind != Gaussian {
		return fmt.Errorf("noise.kind is %q, must be %s or %s", c.Noise.Kind, OrnsteinUhlenbeck, Gaussian)
	}
	if c.Noise.Kind == OrnsteinUhlenbeck && !(c.Noise.Theta >= 1e-6 && c.Noise.Theta <= 1) { // 1 − θ must be less than 1
		return fmt.Errorf("noise.theta is %v, must be between 1e-06 and 1", c.Noise.Theta)
	}
	if err := algo.Between("delay", c.Delay, 1, 1<<20); err != nil {
		return err
	}
	for _, x := range []struct {
		key         string
		value, most float32
	}{
		{"critic_rate", algo.OrElse(c.CriticRate, 0), 10}, {"noise.sigma", c.Noise.Sigma, math.MaxFloat32},
		{"smoothing.sigma", c.Smoothing.Sigma, math.MaxFloat32}, {"smoothing.clip", c.Smoothing.Clip, math.MaxFloat32},
	} {
		if err := algo.Between(x.key, x.value, 0, x.most); err != nil {
			return err
		}
	}
	return nil
}

// exploring is the noise's memory ρ and its standard deviation.
func (n Noise) exploring() (rho, deviation float32) {
	if n.Kind == Gaussian {
		return 0, n.Sigma
	}
	rho = 1 - n.Theta
	return rho, n.Sigma / float32(math.Sqrt(1-float64(rho)*float64(rho)))
}

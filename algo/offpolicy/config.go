package offpolicy

import (
	"fmt"
	"math"
	"slices"

	"covey/algo"
	"covey/nn"
	"covey/optim"
	"covey/replay"
)

// Config holds what the off-policy algorithms have in common. Their own Configs embed it.
type Config struct {
	Envs           int    `yaml:"envs"`             // B: environments, stepped with one forward pass
	Update         string `yaml:"update"`           // ordered or async
	Replay         int    `yaml:"replay"`           // transitions remembered
	Batch          int    `yaml:"batch"`            // N: transitions of an update
	Warmup         uint64 `yaml:"warmup"`           // environment steps with uniform actions, before the first update
	UpdatesPerStep Ratio  `yaml:"updates_per_step"` // of all environments together
	UpdateEvery    uint64 `yaml:"update_every"`     // environment steps whose updates are made together

	Gamma       float32 `yaml:"gamma"`        // γ, the discount
	NStep       int     `yaml:"n_step"`       // rewards summed before bootstrapping
	RewardScale float32 `yaml:"reward_scale"` // rewards are multiplied with it, then clipped
	RewardClip  float32 `yaml:"reward_clip"`  // rewards are cut to ± this; 0: they are not
	Tau         float32 `yaml:"tau"`          // τ: how far the targets move to the parameters at each update

	NormalizeObservations bool `yaml:"normalize_observations"` // by running mean and deviation

	Optimizer    optim.Config `yaml:"optimizer"`
	LearningRate float32      `yaml:"learning_rate"`
	ClipNorm     float32      `yaml:"clip_norm"` // of each network's gradient; 0: no clipping

	Network nn.Config `yaml:"network"`
}

// How acting and learning take turns.
const (
	Ordered = "ordered" // a step, then its updates
	Async   = "async"   // a step while the updates of the step before it are made, by the parameters from before them
)

// DefaultConfig is one environment, and one update of 256 transitions per step.
func DefaultConfig() Config {
	return Config{
		Envs: 1, Update: Ordered, Replay: 1_000_000, Batch: 256, Warmup: 1000,
		UpdatesPerStep: Ratio{Updates: 1, Steps: 1}, UpdateEvery: 1,
		Gamma: 0.99, NStep: 1, RewardScale: 1, Tau: 0.005,
		Optimizer: optim.DefaultConfig(), LearningRate: 3e-4,
		Network: nn.Config{Hidden: []int{256, 256}, Activation: "relu", Init: "fan_in"},
	}
}

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	if c.Update == "sync" {
		return fmt.Errorf("update is sync, which is A2C's: an off-policy learner has no gradients to wait for; use %s or %s", Ordered, Async)
	}
	if !slices.Contains([]string{Ordered, Async}, c.Update) {
		return fmt.Errorf("update is %q, must be %s or %s", c.Update, Ordered, Async)
	}
	if err := algo.Between("envs", c.Envs, 1, 1<<16); err != nil {
		return err
	}
	if err := algo.Between("batch", c.Batch, 1, 1<<20); err != nil {
		return err
	}
	if err := algo.Between("replay", c.Replay, c.Batch, math.MaxInt32); err != nil {
		return err
	}
	if err := algo.Between("n_step", c.NStep, 1, c.Replay); err != nil {
		return err
	}
	if err := c.UpdatesPerStep.validate(); err != nil {
		return fmt.Errorf("updates_per_step is %w", err)
	}
	if err := algo.Between("update_every", c.UpdateEvery, 1, most); err != nil {
		return err
	}
	if c.Warmup < uint64(c.Batch) {
		return fmt.Errorf("batch is %d, more than the %d steps of warmup that are there to fill it", c.Batch, c.Warmup)
	}
	for _, x := range []struct {
		key         string
		value       float32
		least, most float32
	}{
		{"gamma", c.Gamma, 0, 1}, {"tau", c.Tau, 0, 1}, {"clip_norm", c.ClipNorm, 0, math.MaxFloat32}, {"reward_clip", c.RewardClip, 0, math.MaxFloat32},
		{"reward_scale", c.RewardScale, -math.MaxFloat32, math.MaxFloat32}, {"learning_rate", c.LearningRate, 0, 10},
	} {
		if err := algo.Between(x.key, x.value, x.least, x.most); err != nil {
			return err
		}
	}
	if err := c.Optimizer.Validate(); err != nil {
		return fmt.Errorf("optimizer.%w", err)
	}
	if c.Network.LSTM > 0 {
		return fmt.Errorf("network.lstm is %d, but what learns from single transitions knows no states between them; a3c and a2c train recurrent networks", c.Network.LSTM)
	}
	return nil
}

// sum is how the replay adds up rewards, which are multiplied after it.
func (c *Config) sum() replay.Sum {
	s := replay.Sum{Steps: c.NStep, Gamma: c.Gamma}
	if c.RewardScale != 0 {
		s.Clip = c.RewardClip / float32(math.Abs(float64(c.RewardScale)))
	}
	return s
}

// Dense is an error unless the network is dense: for algorithms whose critics see observation and action as one vector.
func (c *Config) Dense() error {
	if c.Network.Tower != "" {
		return fmt.Errorf("network.tower is %s, but the critics see observation and action as one vector; a3c, a2c and dqn learn from images", c.Network.Tower)
	}
	if c.Network.Convolves() {
		return fmt.Errorf("network.conv lists %d layers, but the critics see observation and action as one vector; a3c, a2c and dqn learn from images", len(c.Network.Conv))
	}
	return nil
}

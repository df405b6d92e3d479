package a3c

import (
	"fmt"
	"math"
	"slices"

	"covey/algo"
	"covey/nn"
	"covey/optim"
	"covey/rollout"
)

// Config holds every hyperparameter of A3C and A2C. [DefaultConfig] is complete; a zero means zero.
type Config struct {
	Workers       int            `yaml:"workers"`        // W: goroutines, each with its own copy of the network
	Envs          int            `yaml:"envs"`           // B: environments of each worker, stepped with one forward pass
	SegmentLength int            `yaml:"segment_length"` // T: steps between updates
	Segment       rollout.Extent `yaml:"segment"`        // fixed, until_end or episode
	Update        string         `yaml:"update"`         // ordered, async or sync

	Gamma               float32 `yaml:"gamma"`                // γ, the discount
	Lambda              float32 `yaml:"lambda"`               // λ of GAE, where value_target is lambda
	ValueTarget         string  `yaml:"value_target"`         // lambda, nstep or rewards_to_go
	RewardScale         float32 `yaml:"reward_scale"`         // rewards are multiplied with it, then clipped
	RewardClip          float32 `yaml:"reward_clip"`          // rewards are cut to ± this; 0: they are not
	NormalizeAdvantages bool    `yaml:"normalize_advantages"` // to mean 0 and deviation 1 within the segment

	NormalizeObservations bool `yaml:"normalize_observations"` // by running mean and deviation
	NormalizeRewards      bool `yaml:"normalize_rewards"`      // by the running deviation of the discounted return, within ±10; before reward_scale

	ValueLoss     string  `yaml:"value_loss"`     // mse: ½(R−V)²; huber: the same up to |R−V| = 1, then linear
	ValueWeight   float32 `yaml:"value_weight"`   // c: the value loss counts c times
	EntropyWeight float32 `yaml:"entropy_weight"` // β: the entropy bonus
	Reduction     string  `yaml:"reduction"`      // mean or sum of the losses over the segment
	ClipNorm      float32 `yaml:"clip_norm"`      // of the whole gradient; 0: no clipping

	Optimizer    optim.Config   `yaml:"optimizer"`
	LearningRate float32        `yaml:"learning_rate"`
	CriticRate   *float32       `yaml:"critic_rate"`  // of the critic's parameters, with network.separate; null: learning_rate
	Anneal       optim.Schedule `yaml:"anneal"`       // linear (to 0) or constant
	AnnealSteps  uint64         `yaml:"anneal_steps"` // environment steps that linear takes

	Network    nn.Config `yaml:"network"`
	PolicyGain float32   `yaml:"policy_gain"` // of the policy head's initialiser
	ValueGain  float32   `yaml:"value_gain"`  // of the value head's
	LogStd     LogStd    `yaml:"log_std"`     // of a continuous policy

	NoiseMemory float32 `yaml:"noise_memory"` // ρ: the noise of a continuous policy remembers so much of the step before; 0: white
}

// LogStd says where the log standard deviation of a Gaussian policy comes from.
type LogStd struct {
	Initial        float32 `yaml:"initial"`
	StateDependent bool    `yaml:"state_dependent"` // an output of the network instead of a parameter of its own
}

// The orders in which the master applies gradients.
const (
	Ordered = "ordered" // worker i's k-th gradient is the (kW+i)-th update: reproducible
	Async   = "async"   // first come, first served, as in the paper
	Sync    = "sync"    // the mean of one gradient from each worker: A2C
)

// Value targets.
const (
	LambdaReturn = "lambda"
	NStep        = "nstep"
	RewardsToGo  = "rewards_to_go"
)

// DefaultConfig is A3C for small control tasks: two workers, fixed segments of 20 steps in order, mean
// losses, Adam annealed to 0.
func DefaultConfig() Config {
	return Config{
		Workers: 2, Envs: 1, SegmentLength: 20, Segment: rollout.Fixed, Update: Ordered,
		Gamma: 0.99, Lambda: 0.95, ValueTarget: LambdaReturn, RewardScale: 1,
		ValueLoss: "mse", ValueWeight: 0.5, Reduction: "mean", ClipNorm: 0.5,
		Optimizer: optim.DefaultConfig(), LearningRate: 1e-3, Anneal: optim.Linear,
		Network: nn.DefaultConfig(), PolicyGain: 0.01, ValueGain: 1,
	}
}

// maxRows bounds a segment: what a worker holds of it should fit into memory.
const maxRows = 1 << 22

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	for _, x := range []struct {
		key   string
		value int
		most  int
	}{
		{"workers", c.Workers, 1024}, {"envs", c.Envs, 1 << 16}, {"segment_length", c.SegmentLength, 1 << 20},
	} {
		if err := algo.Between(x.key, x.value, 1, x.most); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		key   string
		value string
		known []string
	}{
		{"segment", string(c.Segment), []string{string(rollout.Fixed), string(rollout.UntilEnd), string(rollout.WholeEpisode)}},
		{"update", c.Update, []string{Ordered, Async, Sync}},
		{"value_target", c.ValueTarget, []string{LambdaReturn, NStep, RewardsToGo}},
		{"value_loss", c.ValueLoss, []string{"mse", "huber"}},
		{"reduction", c.Reduction, []string{"mean", "sum"}},
		{"anneal", string(c.Anneal), []string{string(optim.Linear), string(optim.Constant)}},
	} {
		if !slices.Contains(x.known, x.value) {
			return fmt.Errorf("%s is %q, must be one of %v", x.key, x.value, x.known)
		}
	}
	inf, largest := float32(math.Inf(1)), float32(math.MaxFloat32)
	for _, x := range []struct {
		key         string
		value       float32
		least, most float32
	}{
		{"gamma", c.Gamma, 0, 1}, {"lambda", c.Lambda, 0, 1}, {"reward_clip", c.RewardClip, 0, inf},
		{"reward_scale", c.RewardScale, -largest, largest},
		{"value_weight", c.ValueWeight, 0, largest}, {"entropy_weight", c.EntropyWeight, 0, largest}, {"clip_norm", c.ClipNorm, 0, inf},
		{"learning_rate", c.LearningRate, 0, 10}, {"critic_rate", algo.OrElse(c.CriticRate, 0), 0, 10},
		{"policy_gain", c.PolicyGain, -largest, largest}, {"value_gain", c.ValueGain, -largest, largest},
		{"log_std.initial", c.LogStd.Initial, -20, 2},
	} {
		if err := algo.Between(x.key, x.value, x.least, x.most); err != nil {
			return err
		}
	}
	if err := c.Optimizer.Validate(); err != nil {
		return fmt.Errorf("optimizer.%w", err)
	}
	if err := c.Network.Validate(); err != nil {
		return fmt.Errorf("network.%w", err)
	}
	switch {
	case !(c.NoiseMemory >= 0 && c.NoiseMemory < 1):
		return fmt.Errorf("noise_memory is %v, must be at least 0 and less than 1", c.NoiseMemory)
	case c.Segment != rollout.Fixed && c.Envs != 1:
		return fmt.Errorf("segment is %s, which wants envs: 1, not %d", c.Segment, c.Envs)
	case c.Envs*c.SegmentLength > maxRows:
		return fmt.Errorf("segment_length is %d, times envs: %d more than %d rows", c.SegmentLength, c.Envs, maxRows)
	case c.ValueTarget == RewardsToGo && c.Segment != rollout.WholeEpisode:
		return fmt.Errorf("value_target is %s, which wants segment: %s", RewardsToGo, rollout.WholeEpisode)
	case c.CriticRate != nil && !c.Network.Separate:
		return fmt.Errorf("critic_rate wants network.separate: true, or the trunk would belong to both")
	case c.LogStd.StateDependent && c.LogStd.Initial != 0:
		return fmt.Errorf("log_std.initial is %v, which wants log_std.state_dependent: false", c.LogStd.Initial)
	case c.NormalizeAdvantages && c.Segment != rollout.WholeEpisode && c.Envs*c.SegmentLength == 1:
		return fmt.Errorf("normalize_advantages wants more than one row in a segment")
	case c.Anneal == optim.Linear && c.AnnealSteps == 0:
		return fmt.Errorf("anneal is linear, which wants anneal_steps or a budget of steps, or be constant")
	}
	return nil
}

package dqn

import (
	"fmt"

	"covey/algo"
	"covey/algo/offpolicy"
)

// Config holds every hyperparameter of DQN. [DefaultConfig] is complete; a zero means zero.
type Config struct {
	offpolicy.Config `yaml:",inline"`

	Epsilon     Epsilon `yaml:"epsilon"`      // of exploring
	TargetEvery uint64  `yaml:"target_every"` // updates between copies of the parameters to the target network; 0: it follows by tau
	Double      bool    `yaml:"double"`       // the network, not its target, says which next action is best
	Dueling     bool    `yaml:"dueling"`      // Q = V + A − mean A
	Loss        string  `yaml:"loss"`         // huber: ½(Q−y)² up to |Q−y| = 1, then linear; mse: ½(Q−y)²
}

// Epsilon is the probability of a random action. It falls in a line.
type Epsilon struct {
	Start float32 `yaml:"start"`
	End   float32 `yaml:"end"`
	Steps uint64  `yaml:"steps"` // environment steps in which it falls, the warm-up included
}

// The losses.
const (
	Huber = "huber"
	MSE   = "mse"
)

// DefaultConfig is DQN with double targets (van Hasselt et al. 2016, arXiv:1509.06461) at a size for small tasks.
func DefaultConfig() Config {
	c := Config{Config: offpolicy.DefaultConfig(), Epsilon: Epsilon{Start: 1, End: 0.05, Steps: 10_000}, TargetEvery: 500, Double: true, Loss: Huber}
	c.Network.Hidden, c.Batch, c.LearningRate = []int{128, 128}, 64, 1e-3
	c.UpdatesPerStep = offpolicy.Ratio{Updates: 1, Steps: 4}
	return c
}

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if c.Loss != Huber && c.Loss != MSE {
		return fmt.Errorf("loss is %q, must be %s or %s", c.Loss, Huber, MSE)
	}
	if err := algo.Between("epsilon.start", c.Epsilon.Start, 0, 1); err != nil {
		return err
	}
	return algo.Between("epsilon.end", c.Epsilon.End, 0, 1)
}

// at is ε after so many environment steps.
func (e Epsilon) at(steps uint64) float32 {
	if steps >= e.Steps {
		return e.End
	}
	return e.Start + float32((e.End-e.Start)*float32(float64(steps)/float64(e.Steps)))
}

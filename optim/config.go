package optim

import "fmt"

// The kinds of optimiser.
const (
	KindSGD     = "sgd"
	KindAdam    = "adam"
	KindRMSProp = "rmsprop"
)

// Config describes an optimiser. Kinds read only the fields that name them.
type Config struct {
	Kind string `yaml:"kind"` // sgd, adam or rmsprop

	Beta1 float32 `yaml:"beta1"` // Adam's β₁ ∈ [0,1), decay of the mean gradient
	Beta2 float32 `yaml:"beta2"` // Adam's β₂ ∈ [0,1), decay of the mean squared gradient

	Decay float32 `yaml:"decay"` // RMSProp's α ∈ [0,1), decay of the mean squared gradient
	// EpsilonInside chooses between the two forms of RMSProp that go by that name, and between which
	// learning differs in stability. True is TensorFlow's: ε inside the root, and the mean square
	// starts at 1. False is PyTorch's: ε added to the root, and the mean square starts at 0, which
	// makes the first step lr/√(1−α) large.
	EpsilonInside bool `yaml:"epsilon_inside"`

	Epsilon float32 `yaml:"epsilon"` // ε > 0 of Adam and RMSProp

	Momentum float32 `yaml:"momentum"` // SGD's μ ∈ [0,1); 0: none
}

// DefaultConfig is Adam as published (Kingma & Ba 2014, arXiv:1412.6980). Its values for the other
// kinds are plain SGD, and RMSProp with decay 0.99 in TensorFlow's form, for which actor-critic recipes use ε
// 1e-5 or more.
func DefaultConfig() Config {
	return Config{Kind: KindAdam, Beta1: 0.9, Beta2: 0.999, Decay: 0.99, EpsilonInside: true, Epsilon: 1e-8}
}

// Validate returns an error that names the first key whose value is impossible.
func (c Config) Validate() error {
	switch c.Kind {
	case KindSGD:
		return fraction("momentum", c.Momentum)
	case KindAdam:
		if err := fraction("beta1", c.Beta1); err != nil {
			return err
		}
		if err := fraction("beta2", c.Beta2); err != nil {
			return err
		}
	case KindRMSProp:
		if err := fraction("decay", c.Decay); err != nil {
			return err
		}
	default:
		return fmt.Errorf("kind is %q, must be %s, %s or %s", c.Kind, KindSGD, KindAdam, KindRMSProp)
	}
	if !(c.Epsilon > 0 && c.Epsilon < 1) {
		return fmt.Errorf("epsilon is %v, must be more than 0 and less than 1", c.Epsilon)
	}
	if c.Momentum != 0 {
		return fmt.Errorf("momentum is %v, but %s takes none; only %s does", c.Momentum, c.Kind, KindSGD)
	}
	return nil
}

// fraction is an error unless x ∈ [0,1).
func fraction(key string, x float32) error {
	if x >= 0 && x < 1 {
		return nil
	}
	return fmt.Errorf("%s is %v, must be at least 0 and less than 1", key, x)
}

package nn

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Config describes a network: convolutions where it sees images, hidden layers, an LSTM, and the heads that its user
// adds.
type Config struct {
	Standardize bool   `yaml:"standardize"`    // images of bytes: subtract each one's mean, divide by its standard deviation
	Tower       string `yaml:"tower"`          // a known stack of convolutions: a3c, nature, strided, doom, minatar, impala; "": those of conv
	Conv        []Conv `yaml:"conv,omitempty"` // convolutions over images, first to last
	Hidden      []int  `yaml:"hidden"`         // widths of the hidden layers
	LSTM        int    `yaml:"lstm"`           // cells of an LSTM after the hidden layers; 0: none
	Activation  string `yaml:"activation"`     // relu or tanh
	Separate    bool   `yaml:"separate"`       // one trunk for each head, instead of one for all
	Init        string `yaml:"init"`           // orthogonal, glorot or fan_in
}

// Conv is a convolution and what follows it: the activation; or pooling and residual blocks x + conv(act(conv(act(x)))) of
// convolutions of 3×3, as in IMPALA (Espeholt et al. 2018, figure 3).
type Conv struct {
	Filters  int  `yaml:"filters"`
	Size     int  `yaml:"size"` // of the window, in pixels each way
	Stride   int  `yaml:"stride"`
	Same     bool `yaml:"same"`     // with a border of (size−1)/2, so that a stride of 1 keeps the images' size
	Pool     bool `yaml:"pool"`     // halves the size by the greatest of 3×3
	Residual int  `yaml:"residual"` // blocks
}

// towers are the known stacks of convolutions.
var towers = map[string][]Conv{
	// Mnih et al. 2016, section 5.1; with hidden: [256].
	"a3c": {{Filters: 16, Size: 8, Stride: 4}, {Filters: 32, Size: 4, Stride: 2}},
	// Mnih et al. 2015, methods; with hidden: [512].
	"nature": {{Filters: 32, Size: 8, Stride: 4}, {Filters: 64, Size: 4, Stride: 2}, {Filters: 64, Size: 3, Stride: 1}},
	// The four layers of many an A3C on 42×42; with hidden: [] and lstm: 256.
	"strided": {
		{Filters: 32, Size: 3, Stride: 2, Same: true}, {Filters: 32, Size: 3, Stride: 2, Same: true},
		{Filters: 32, Size: 3, Stride: 2, Same: true}, {Filters: 32, Size: 3, Stride: 2, Same: true},
	},
	// The A3C tutorials' network for Doom on 84×84; with hidden: [256] and lstm: 256.
	"doom": {{Filters: 16, Size: 8, Stride: 4}, {Filters: 32, Size: 4, Stride: 2}},
	// Young and Tian 2019, section 3; with hidden: [128].
	"minatar": {{Filters: 16, Size: 3, Stride: 1}},
	// Espeholt et al. 2018, figure 3, right; with hidden: [256].
	"impala": {
		{Filters: 16, Size: 3, Stride: 1, Same: true, Pool: true, Residual: 2},
		{Filters: 32, Size: 3, Stride: 1, Same: true, Pool: true, Residual: 2},
		{Filters: 32, Size: 3, Stride: 1, Same: true, Pool: true, Residual: 2},
	},
}

// DefaultConfig is two shared layers of 128 with ReLU, initialised orthogonally.
func DefaultConfig() Config {
	return Config{Hidden: []int{128, 128}, Activation: "relu", Init: "orthogonal"}
}

// widest is the greatest width of a layer.
const widest = 1 << 16

// Validate names the first key whose value is impossible.
func (c *Config) Validate() error {
	for _, w := range c.Hidden {
		if w < 1 || w > widest {
			return fmt.Errorf("hidden is %v, widths must be between 1 and %d", c.Hidden, widest)
		}
	}
	if _, known := activationNamed[c.Activation]; !known {
		return fmt.Errorf("activation is %q, must be relu or tanh", c.Activation)
	}
	if _, known := initialiserNamed[c.Init]; !known {
		return fmt.Errorf("init is %q, must be orthogonal, glorot or fan_in", c.Init)
	}
	if c.LSTM < 0 || c.LSTM > widest {
		return fmt.Errorf("lstm is %d, must be between 0 and %d", c.LSTM, widest)
	}
	if _, known := towers[c.Tower]; !known && c.Tower != "" {
		return fmt.Errorf("tower is %q, must be one of %s", c.Tower, strings.Join(slices.Sorted(maps.Keys(towers)), ", "))
	}
	if c.Tower != "" && len(c.Conv) > 0 {
		return fmt.Errorf("conv lists %d layers beside tower: %s; leave one of the two out", len(c.Conv), c.Tower)
	}
	if c.Standardize && !c.Convolves() {
		return errors.New("standardize is true, but no convolutions see images: name a tower, or list some under conv")
	}
	for i, l := range c.Conv {
		if err := l.validate(); err != nil {
			return fmt.Errorf("conv: layer %d: %w", i, err)
		}
	}
	return nil
}

func (l Conv) validate() error {
	switch {
	case l.Filters < 1 || l.Filters > widest:
		return fmt.Errorf("filters is %d, must be between 1 and %d", l.Filters, widest)
	case l.Size < 1 || l.Size > 1024:
		return fmt.Errorf("size is %d, must be between 1 and 1024", l.Size)
	case l.Stride < 1 || l.Stride > 1024:
		return fmt.Errorf("stride is %d, must be between 1 and 1024", l.Stride)
	case l.Same && l.Size%2 == 0:
		return fmt.Errorf("size is %d, but same wants an odd one", l.Size)
	case l.Residual < 0 || l.Residual > 64:
		return fmt.Errorf("residual is %d, must be between 0 and 64", l.Residual)
	}
	return nil
}

// convolutions are the layers that c describes.
func (c *Config) convolutions() []Conv {
	if c.Tower != "" {
		return towers[c.Tower]
	}
	return c.Conv
}

// Convolves says whether the network sees images.
func (c *Config) Convolves() bool { return c.Tower != "" || len(c.Conv) > 0 }

// border is the pixels around the images that a layer sees.
func (l Conv) border() int {
	if l.Same {
		return (l.Size - 1) / 2
	}
	return 0
}

// simple says whether nothing but the activation follows the convolution.
func (l Conv) simple() bool { return !l.Pool && l.Residual == 0 }

func (l Conv) String() string {
	s := fmt.Sprintf("%d filters of %d×%d by %d", l.Filters, l.Size, l.Size, l.Stride)
	if l.Same {
		s += ", same"
	}
	if l.Pool {
		s += ", pooled"
	}
	if l.Residual > 0 {
		s += fmt.Sprintf(", residual blocks: %d", l.Residual)
	}
	return s
}

// images says how images are seen.
func (c *Config) images() string {
	var layers []string
	if c.Standardize {
		layers = append(layers, "standardized")
	}
	for _, l := range c.convolutions() {
		layers = append(layers, l.String())
	}
	return strings.Join(layers, "; ")
}

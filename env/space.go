package env

import (
	"fmt"
	"slices"
)

// Kind tells the spaces apart.
type Kind uint8

// The kinds of space, as in Gymnasium.
const (
	Box           Kind = iota // n-dimensional array of numbers between Low and High
	Discrete                  // one of N[0] actions, counted from Start[0]
	MultiDiscrete             // len(N) independent choices
	MultiBinary               // N[0] independent bits
)

var kinds = [...]string{"Box", "Discrete", "MultiDiscrete", "MultiBinary"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind is the kind whose String is name.
func ParseKind(name string) (Kind, error) {
	if i := slices.Index(kinds[:], name); i >= 0 {
		return Kind(i), nil
	}
	return 0, fmt.Errorf("unknown kind %q of space", name)
}

// Space is plain data: it stands in manifests and handshakes.
type Space struct {
	Kind      Kind
	Shape     []int     // Box: the array's shape
	Low, High []float32 // Box: the bounds, one per element; ±Inf where there is none
	N         []int     // Discrete, MultiDiscrete, MultiBinary: the number of choices
	Start     []int     // Discrete, MultiDiscrete: the first choice's number in the environment's own counting; nil: 0
	Bytes     bool      // Box of uint8: kept as bytes until the network's first layer
}

// NewBox is a Box with the given bounds and, unless a shape is given, one dimension.
func NewBox(low, high []float32, shape ...int) Space {
	if len(shape) == 0 {
		shape = []int{len(low)}
	}
	return Space{Kind: Box, Shape: shape, Low: low, High: high}
}

// NewDiscrete is a choice among n actions.
func NewDiscrete(n int) Space { return Space{Kind: Discrete, N: []int{n}} }

// Size is the number of elements that a value of the space takes: a discrete one takes 1, its index.
func (s Space) Size() int {
	switch s.Kind {
	case Box:
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		return n
	case MultiBinary:
		return s.N[0]
	default:
		return len(s.N)
	}
}

// ElementSize is the size of an element in bytes: 1 of Bytes, else 4.
func (s Space) ElementSize() int {
	if s.Bytes {
		return 1
	}
	return 4
}

// Choice is the index that a discrete action among n stands for; ok: it is one.
func Choice(action []float32, n int) (index int, ok bool) {
	if len(action) != 1 {
		return 0, false
	}
	index = int(action[0])
	return index, float32(index) == action[0] && uint(index) < uint(n)
}

// boundless: no bound of an action that means anything is larger.
const boundless = 1e30

// Bounded says whether element i of a box is bounded on both sides. The greatest float32, which stands for no bound in
// many an environment, is none.
func (s Space) Bounded(i int) bool { return s.Low[i] >= -boundless && s.High[i] <= boundless }

// Validate says what is impossible about the space.
func (s Space) Validate() error {
	switch s.Kind {
	case Box:
		return s.validateBox()
	case Discrete, MultiDiscrete, MultiBinary:
		return s.validateChoices()
	default:
		return fmt.Errorf("unknown kind of space %d", s.Kind)
	}
}

func (s Space) validateBox() error {
	for _, d := range s.Shape {
		if d <= 0 {
			return fmt.Errorf("box of shape %v has no elements", s.Shape)
		}
	}
	if n := s.Size(); len(s.Low) != n || len(s.High) != n {
		return fmt.Errorf("box of shape %v wants %d bounds, has %d low and %d high", s.Shape, n, len(s.Low), len(s.High))
	}
	for i := range s.Low {
		if !(s.Low[i] <= s.High[i]) {
			return fmt.Errorf("box element %d has bounds [%v, %v]", i, s.Low[i], s.High[i])
		}
		if s.Bytes && (s.Low[i] < 0 || s.High[i] > 255) {
			return fmt.Errorf("box element %d has bounds [%v, %v], beyond bytes", i, s.Low[i], s.High[i])
		}
	}
	return nil
}

func (s Space) validateChoices() error {
	if len(s.N) == 0 {
		return fmt.Errorf("%v space without N", s.Kind)
	}
	if s.Kind != MultiDiscrete && len(s.N) != 1 {
		return fmt.Errorf("%v space with %d numbers of choices", s.Kind, len(s.N))
	}
	for i, n := range s.N {
		if n <= 0 {
			return fmt.Errorf("%v space offers %d choices at %d", s.Kind, n, i)
		}
	}
	if s.Start != nil && len(s.Start) != len(s.N) {
		return fmt.Errorf("%v space has %d starts for %d choices", s.Kind, len(s.Start), len(s.N))
	}
	if s.Bytes {
		return fmt.Errorf("%v space of bytes", s.Kind)
	}
	return nil
}

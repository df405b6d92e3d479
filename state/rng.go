package state

import (
	"fmt"
	"math/rand/v2"
)

// RNG visits the random stream src as bytes.
func RNG(w Walker, name string, src *rand.PCG) error {
	b, err := src.MarshalBinary()
	if err != nil {
		return fmt.Errorf("random stream %q: %w", name, err)
	}
	w.Bytes(name, &b)
	if err := src.UnmarshalBinary(b); err != nil {
		return fmt.Errorf("random stream %q: %w", name, err)
	}
	return nil
}

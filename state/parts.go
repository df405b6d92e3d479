package state

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The functions below visit what a Walker has no method for. A [Recording] takes it from where it is; other
// walkers are shown a copy, which costs an allocation.

// RNG visits the random stream src as bytes.
func RNG(w Walker, name string, src *rand.PCG) error {
	if r, ok := w.(*recorder); ok {
		return r.stream(src)
	}
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

// Int visits a number that is not negative.
func Int(w Walker, name string, x *int) error {
	if r, ok := w.(*recorder); ok {
		r.uint64(uint64(*x))
		return nil
	}
	u := uint64(*x)
	w.Uint64(name, &u)
	if u > math.MaxInt {
		return fmt.Errorf("%s is %d, more than can be", name, u)
	}
	if int(u) != *x { // a walker that saves must find nothing written
		*x = int(u)
	}
	return nil
}

// Bool visits x as 0 or 1.
func Bool(w Walker, name string, x *bool) error {
	var u uint64
	if *x {
		u = 1
	}
	if r, ok := w.(*recorder); ok {
		r.uint64(u)
		return nil
	}
	if u = visited(w, name, u); u > 1 {
		return fmt.Errorf("%s is %d, neither 0 nor 1", name, u)
	}
	if (u == 1) != *x {
		*x = u == 1
	}
	return nil
}

// visited is x after w has visited it.
func visited(w Walker, name string, x uint64) uint64 {
	w.Uint64(name, &x)
	return x
}

// FixedBytes visits bytes whose number never changes, in the memory where they are.
func FixedBytes(w Walker, name string, x []byte) error {
	if r, ok := w.(*recorder); ok {
		r.bytes(x)
		return nil
	}
	y := x[:len(x):len(x)]
	w.Bytes(name, &y)
	if len(y) != len(x) {
		return fmt.Errorf("%s has %d bytes, want %d", name, len(y), len(x))
	}
	if len(x) > 0 && &y[0] != &x[0] {
		copy(x, y)
	}
	return nil
}

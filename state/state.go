// Package state is the one way in which covey's components are saved, loaded, hashed and compared:
// a component names its parts to a [Walker], and what the walker does with them is its own affair.
package state

// Walker visits the parts of a component in a fixed order. [Save], [Load], [Hash] and [Recording] each bring one. A component
// treats them all alike; only [MayLoad] tells it whether what it visits may change.
type Walker interface {
	// Floats visits x, whose length is part of the component's layout and never changes on load.
	Floats(name string, x []float32)
	Uint64(name string, x *uint64)
	Float64(name string, x *float64)
	// Bytes visits data whose length may change on load (random streams, environments). A walker that loads
	// as many bytes as *x has writes them into *x's own memory, so that nothing large is held twice; so *x
	// must be memory that nobody else relies on.
	Bytes(name string, x *[]byte)
	// Sub is a walker for the component's part called name.
	Sub(name string) Walker
}

// Stateful is a component that can be saved and restored. State must visit the same names in the
// same order whoever walks; it returns an error when what was loaded cannot be true.
type Stateful interface {
	State(Walker) error
}

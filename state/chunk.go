package state

// Chunker is a [Walker] that knows parts from an earlier visit.
type Chunker interface {
	Walker
	// Chunk does what [Chunk] says.
	Chunk(name string, version uint64, visit func(Walker) error) error
}

// Chunk visits a large part of a component whose contents stay the same as long as its version does. A
// [Chunker] is asked, and may leave visit out, because it has this version already; every other walker visits
// the part as it would visit w.Sub(name). Versions can be compared along one history of a component, which
// begins anew where a state is loaded: from then on only those of what was loaded count.
func Chunk(w Walker, name string, version uint64, visit func(Walker) error) error {
	if c, ok := w.(Chunker); ok {
		return c.Chunk(name, version, visit)
	}
	return visit(w.Sub(name))
}

package checkpoint

// Watch lets a test see, and fail, what the store is about to do on the disk; from now on the store does not
// really wait for that.
func (s *Store) Watch(watch func(op, path string) error) { s.disk = disk{watch: watch, hasty: true} }

// ParseManifest is what Open reads a manifest with.
func ParseManifest(text []byte) (*Manifest, error) {
	m, _, err := parseManifest(text)
	return m, err
}

// Encode is what Save writes a manifest with.
func (m *Manifest) Encode() ([]byte, error) { return m.encode() }

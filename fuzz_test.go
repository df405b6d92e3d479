package covey

import (
	"bytes"
	"errors"
	"testing"

	"covey/zoo"
)

// FuzzMerge: a text is either refused with an error of ours, or what it says is written and reads back to the
// same.
func FuzzMerge(f *testing.F) {
	for _, p := range zoo.Presets() {
		text, err := zoo.Read(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		"a3c: {gamma: 0.5, network: {hidden: [64, 64]}}\nsolve_at: null\n", "a: &x [*x]\n", "steps: 1e6\n---\nsteps: 2\n", "eval:\n\tevery: 1\n",
		"a3c: &a {gamma: .5}\nsac: *a\n", "? a\n: b\n", "!!binary aGk=\n", "\"\\uD800\"", "steps: 0x10\nseconds: .inf\n", "a3c:\n  <<: {gamma: 1}\n",
	} {
		f.Add([]byte(text))
	}
	complete := func() *Config {
		c := new(Config)
		for _, a := range algorithms {
			a.defaults(c)
		}
		return c
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := complete()
		if err := c.Merge("fuzz", text); err != nil {
			if bad := new(ConfigError); !errors.As(err, &bad) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		_ = c.Validate() // must come to an end
		written, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again := complete()
		if err := again.Merge("again", written); err != nil {
			t.Fatalf("%v in\n%s", err, written)
		}
		twice, err := again.YAML()
		if err != nil || !bytes.Equal(twice, written) {
			t.Fatalf("%s became\n%s, error %v", written, twice, err)
		}
	})
}

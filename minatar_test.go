package covey_test

import (
	"errors"
	"strings"
	"testing"

	"covey"
	"covey/env"
)

// TestMinAtarConfig: the section is there for MinAtar's games alone, and decides how they are played.
func TestMinAtarConfig(t *testing.T) {
	for _, c := range []struct{ id, key, value, want string }{
		{"MinAtar/Asterix-v1", "minatar.sticky", "1.5", "minatar.sticky: 1.5, must be between 0 and 1"},
		{"MinAtar/Asterix-v1", "minatar.stick", "0", `did you mean "minatar.sticky"?`},
		{"CartPole-v1", "minatar.sticky", "0", "minatar: CartPole-v1 is none of MinAtar's games in Go"},
		{"gym:MinAtar/Asterix-v1", "minatar.ramping", "false", "is none of MinAtar's games in Go"},
	} {
		cfg, err := covey.NewConfig("a3c", c.id)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Steps = 1
		err = cfg.Set("--set", c.key, c.value)
		if err == nil {
			err = cfg.Validate()
		}
		var bad *covey.ConfigError
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &bad) {
			t.Errorf("%s: %s: %v, want %q", c.id, c.key, err, c.want)
		}
	}

	// The cannon goes right in every step but those that repeat the action before; it begins by staying.
	for sticky, want := range map[string]bool{"0": true, "1": false} {
		cfg, err := covey.NewConfig("a3c", "MinAtar/SpaceInvaders-v1")
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Set("--set", "minatar.sticky", sticky); err != nil {
			t.Fatal(err)
		}
		e, err := cfg.Environment()
		if err != nil {
			t.Fatal(err)
		}
		space := e.Spec().Observation
		before, obs := env.MakeValues(space, space.Size()), env.MakeValues(space, space.Size())
		if err := e.Reset(1, before); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Step([]float32{2}, obs); err != nil {
			t.Fatal(err)
		}
		cannon, planes := 9*10, space.Shape[2] // the cannon's row
		moved := false
		for cell := range 10 {
			at := (cannon + cell) * planes
			moved = moved || before.U[at] != obs.U[at]
		}
		if moved != want {
			t.Errorf("sticky %s: the cannon has moved: %v", sticky, moved)
		}
	}
}

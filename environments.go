package covey

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"covey/env"
	"covey/env/classic"
	"covey/env/memory"
	"covey/env/minatar"
	"covey/env/supervise"
	"covey/internal/nearest"
	"covey/zoo"
)

// environments is every environment that a configuration can name.
var environments = map[string]func(id string) (env.Environment, error){
	"Acrobot-v1":               classic.New,
	"CartPole-v0":              classic.New,
	"CartPole-v1":              classic.New,
	"MinAtar/Asterix-v0":       minatar.New,
	"MinAtar/Asterix-v1":       minatar.New,
	"MinAtar/Breakout-v0":      minatar.New,
	"MinAtar/Breakout-v1":      minatar.New,
	"MinAtar/Freeway-v0":       minatar.New,
	"MinAtar/Freeway-v1":       minatar.New,
	"MinAtar/Seaquest-v0":      minatar.New,
	"MinAtar/Seaquest-v1":      minatar.New,
	"MinAtar/SpaceInvaders-v0": minatar.New,
	"MinAtar/SpaceInvaders-v1": minatar.New,
	"MountainCar-v0":           classic.New,
	"MountainCarContinuous-v0": classic.New,
	"Pendulum-v1":              classic.New,
	"Recall8-v0":               memory.New,
	"TMaze10-v0":               memory.New,
	"TMaze40-v0":               memory.New,
}

// isMinAtar says whether an environment is one of MinAtar's games in Go.
func isMinAtar(id string) bool { return slices.Contains(minatar.IDs(), id) }

// validateMinAtar says which of the settings is impossible.
func (c *Config) validateMinAtar() error {
	switch m := c.MinAtar; {
	case m == nil:
		return nil
	case !isMinAtar(c.Env):
		return wrong("minatar", "%s is none of MinAtar's games in Go", c.Env)
	case !(m.Sticky >= 0 && m.Sticky <= 1):
		return wrong("minatar.sticky", "%v, must be between 0 and 1", m.Sticky)
	}
	return nil
}

// Environments lists the known environments.
func Environments() []string { return slices.Sorted(maps.Keys(environments)) }

// NewEnvironment makes the environment of that name: one of covey's own, or one that Gymnasium makes without arguments.
func NewEnvironment(id string) (env.Environment, error) {
	return (&Config{Env: id}).create(false)
}

// Known says, by the error, that there is no environment of that name. Whether Gymnasium knows one, it says when it is
// made.
func Known(id string) error {
	if _, native := environments[id]; native || bridged(id) {
		return nil
	}
	problem := fmt.Sprintf("unknown environment %q", id)
	if full := withNamespace(id); full != "" {
		problem += fmt.Sprintf("; did you mean %q?", full)
	} else {
		if nearest.Name(id, Environments()) == "" {
			problem += fmt.Sprintf("; %s%s asks Gymnasium for it", gymPrefix, id)
		}
		problem += nearest.Hint(id, Environments())
	}
	return wrong("env", "%s", problem)
}

// withNamespace is the environment that is covey's own or has a preset, and that id names but for its namespace: of
// Pong-v5 ALE/Pong-v5. "": there is none.
func withNamespace(id string) string {
	known := Environments()
	for _, p := range zoo.Presets() {
		known = append(known, p.Env)
	}
	if i := slices.IndexFunc(known, func(k string) bool { return strings.HasSuffix(k, "/"+id) }); i >= 0 {
		return known[i]
	}
	return ""
}

// Environment makes the configured environment, with its wrappers.
func (c *Config) Environment() (env.Environment, error) { return c.wrapped(false) }

// SeenEnvironment makes an environment that can be drawn.
func (c *Config) SeenEnvironment() (env.Environment, error) { return c.wrapped(true) }

// create makes the environment without wrappers. seen: it is going to be drawn.
func (c *Config) create(seen bool) (env.Environment, error) {
	if err := Known(c.Env); err != nil {
		return nil, err
	}
	if err := c.validateGym(); err != nil {
		return nil, c.located(err)
	}
	if err := c.validatePixels(); err != nil {
		return nil, c.located(err)
	}
	if bridged(c.Env) {
		return c.gymEnvironment(seen)
	}
	if c.MinAtar != nil {
		if err := c.validateMinAtar(); err != nil {
			return nil, c.located(err)
		}
		return c.MinAtar.New(c.Env)
	}
	return environments[c.Env](c.Env)
}

func (c *Config) wrapped(seen bool) (env.Environment, error) {
	e, err := c.create(seen)
	if err != nil {
		return nil, err
	}
	return c.wrap(e)
}

// wrap adds the configured wrappers to an environment.
func (c *Config) wrap(e env.Environment) (env.Environment, error) {
	if c.ActionRepeat > 1 {
		e = env.ActionRepeat(e, c.ActionRepeat)
	}
	e, err := c.observed(e)
	if err != nil {
		return nil, err
	}
	if c.Stack > 1 {
		if err := c.checkStack(e.Spec()); err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e = env.Stack(e, c.Stack)
	}
	return e, nil
}

// checkStack says why frames of such an environment cannot be stacked.
func (c *Config) checkStack(s env.Spec) error {
	switch {
	case s.Observation.Kind != env.Box:
		return c.located(wrong("stack", "%d, but %s shows a choice (%v), of which no frames can be stacked", c.Stack, s.ID, s.Observation.Kind))
	case s.Stack > 1:
		return c.located(wrong("stack", "%d, but %s stacks %d frames itself: set it to 1", c.Stack, s.ID, s.Stack))
	}
	return nil
}

// vectors makes vectors of so many environments, which outlive their failures. own: makes environments that are not
// covey's; nil: the configured ones are meant. note is told of each failure that was made good.
func (c *Config) vectors(own func() (env.Environment, error), note func(string)) func(n int) (env.Vector, error) {
	create := func(n int) (env.Vector, error) { return assemble(c.Environment, n) }
	switch {
	case own != nil:
		create = func(n int) (env.Vector, error) { return assemble(own, n) }
	case bridged(c.Env):
		create = c.gymVector
	}
	return func(n int) (env.Vector, error) {
		return supervise.Vector(func() (env.Vector, error) { return create(n) }, supervise.Options{Budget: c.Restarts, Log: note})
	}
}

// assemble makes a vector of n environments.
func assemble(create func() (env.Environment, error), n int) (env.Vector, error) {
	envs := make([]env.Environment, 0, n)
	abandon := func(err error) error {
		errs := []error{err}
		for _, e := range envs {
			errs = append(errs, e.Close())
		}
		return errors.Join(errs...)
	}
	for range n {
		e, err := create()
		if err != nil {
			return nil, abandon(err)
		}
		envs = append(envs, e)
	}
	v, err := env.Batch(envs...)
	if err != nil {
		return nil, abandon(err)
	}
	return v, nil
}

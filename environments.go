package covey

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"covey/env"
	"covey/env/classic"
	"covey/env/supervise"
)

// environments is every environment that a configuration can name.
var environments = map[string]func(id string) (env.Environment, error){
	"Acrobot-v1":               classic.New,
	"CartPole-v0":              classic.New,
	"CartPole-v1":              classic.New,
	"MountainCar-v0":           classic.New,
	"MountainCarContinuous-v0": classic.New,
	"Pendulum-v1":              classic.New,
}

// Environments lists the known environments.
func Environments() []string { return slices.Sorted(maps.Keys(environments)) }

// NewEnvironment makes the environment of that name.
func NewEnvironment(id string) (env.Environment, error) {
	create, ok := environments[id]
	if !ok {
		return nil, &ConfigError{Key: "env", Problem: fmt.Sprintf("unknown environment %q%s", id, suggestion(id, Environments()))}
	}
	return create(id)
}

// Environment makes the configured environment, with its wrappers.
func (c *Config) Environment() (env.Environment, error) {
	e, err := NewEnvironment(c.Env)
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
	if c.Stack > 1 {
		if s := e.Spec(); s.Observation.Kind != env.Box {
			problem := fmt.Sprintf("%d, but %s shows a choice (%v), of which no frames can be stacked", c.Stack, s.ID, s.Observation.Kind)
			return nil, errors.Join(&ConfigError{Key: "stack", Problem: problem}, e.Close())
		}
		e = env.Stack(e, c.Stack)
	}
	return e, nil
}

// restarts is how often environments that fail are made anew, in each vector of a run.
const restarts = 10

// batch makes a vector of n environments that outlives their failures.
func batch(create func() (env.Environment, error), n int) (env.Vector, error) {
	return supervise.Vector(func() (env.Vector, error) { return assemble(create, n) }, supervise.Options{Budget: restarts})
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

package covey

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"covey/env"
	"covey/env/gymnasium"
	"covey/internal/pyenv"
)

// gymPrefix marks the name of an environment that Gymnasium is to make, also where covey has one of that name.
const gymPrefix = "gym:"

// Gym says how an environment of Gymnasium's is made and run, see [gymnasium.Options].
type Gym struct {
	Python   string              `yaml:"python"`          // the interpreter; "": the one that covey gym setup chose
	Kwargs   map[string]any      `yaml:"kwargs"`          // of the environment's constructor
	Wrappers []gymnasium.Wrapper `yaml:"wrappers"`        // put around it, the first innermost
	Observe  []string            `yaml:"observe"`         // the wanted keys of a Dict observation; empty: all
	Atari    *gymnasium.Atari    `yaml:"atari,omitempty"` // of Atari's games
	Doom     *gymnasium.Doom     `yaml:"doom,omitempty"`  // of ViZDoom's scenarios
	Vector   bool                `yaml:"vector"`          // use the package's own vector environment
	Children int                 `yaml:"children"`        // processes that share the environments of each worker
	Deadline float64             `yaml:"deadline"`        // seconds that a step or a reset may take; 0: for ever
}

// DefaultGym is complete.
func DefaultGym() Gym { return Gym{Children: 1, Deadline: 300} }

// bridged says whether an environment is Gymnasium's to make: where its name says so, or has a namespace that is none
// of covey's own, or belongs to a package that covey gym setup installs; natives go first.
func bridged(id string) bool {
	if _, native := environments[id]; native {
		return false
	}
	if strings.HasPrefix(id, gymPrefix) {
		return true
	}
	if i := strings.Index(id, "/"); i >= 0 {
		return !slices.ContainsFunc(Environments(), func(own string) bool { return strings.HasPrefix(own, id[:i+1]) })
	}
	return pyenv.ExtraOf(id, "") != ""
}

// gymID is what Gymnasium calls the environment.
func gymID(id string) string { return strings.TrimPrefix(id, gymPrefix) }

// validateGym says which of the settings is impossible.
func (c *Config) validateGym() error {
	g := c.Gym
	switch {
	case g == nil:
		return nil
	case !bridged(c.Env):
		return wrong("gym", "%s is covey's own; %s%s is Gymnasium's", c.Env, gymPrefix, c.Env)
	case g.Children < 1 || g.Children > 1000:
		return wrong("gym.children", "%d, must be between 1 and 1000", g.Children)
	case !(g.Deadline >= 0 && g.Deadline <= 1e6):
		return wrong("gym.deadline", "%v, must be between 0 and 1000000 seconds", g.Deadline)
	}
	return nil
}

// gymOptions are what the bridge is told. seen: the environment is going to be drawn; training: it is learned in.
func (c *Config) gymOptions(seen, training bool) gymnasium.Options {
	g := DefaultGym()
	if c.Gym != nil {
		g = *c.Gym
	}
	o := gymnasium.DefaultOptions(gymID(c.Env))
	o.Python, o.Kwargs, o.Wrappers, o.Observe, o.Vector = g.Python, g.Kwargs, g.Wrappers, g.Observe, g.Vector
	o.Render, o.Deadline = seen, duration(g.Deadline)
	c.plays(&o, training)
	return o
}

// gymVector makes n environments in processes of their own.
func (c *Config) gymVector(n int) (env.Vector, error) {
	o, children := c.gymOptions(false, true), 1
	if c.Gym != nil {
		children = c.Gym.Children
	}
	if c.ActionRepeat > 1 { // a wrapper of single environments
		pool, err := gymnasium.NewPool(o, (n+children-1)/children)
		if err != nil {
			return nil, err
		}
		return assemble(func() (env.Environment, error) {
			e, err := pool.New()
			if err != nil {
				return nil, err
			}
			return c.wrap(e)
		}, n)
	}
	bridge, err := gymnasium.NewVector(o, n, children)
	if err != nil {
		return nil, err
	}
	v, err := c.observedVector(bridge)
	if err != nil {
		return nil, err
	}
	if c.Stack > 1 {
		v = env.StackVector(v, c.Stack)
	}
	return v, nil
}

// evaluated is the number of environments that share a process where they are made one by one: as many as an
// evaluation plays at a time.
const evaluated = 10

// pools are the processes that single environments of a configuration, and of copies of it, share.
type pools struct {
	mutex   sync.Mutex
	options gymnasium.Options
	pool    *gymnasium.Pool
}

// gymEnvironment makes one environment. Several that are made by the same configuration share processes.
func (c *Config) gymEnvironment(seen bool) (env.Environment, error) {
	pool, err := c.pools.of(c.gymOptions(seen, false))
	if err != nil {
		return nil, err
	}
	e, err := pool.New()
	if err != nil {
		return nil, err
	}
	return e, nil
}

// of is the pool for the options.
func (p *pools) of(o gymnasium.Options) (*gymnasium.Pool, error) {
	if p == nil { // nobody to share with
		return gymnasium.NewPool(o, 1)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.pool == nil || !reflect.DeepEqual(p.options, o) {
		pool, err := gymnasium.NewPool(o, evaluated)
		if err != nil {
			return nil, err
		}
		p.pool, p.options = pool, o
	}
	return p.pool, nil
}

// named are the values that belong to names of the environment's own.
func (c *Config) named() (kwargs map[string]any, variables map[string]float64) {
	if c.Gym == nil {
		return nil, nil
	}
	if c.Gym.Doom != nil {
		variables = c.Gym.Doom.Variables
	}
	return c.Gym.Kwargs, variables
}

// keep adds what was there before to what a layer of YAML has set, which the YAML package replaces. To set {} is to
// keep nothing.
func keep[V any](set, before map[string]V) {
	if len(set) == 0 {
		return
	}
	for name, value := range before {
		if _, anew := set[name]; !anew {
			set[name] = value
		}
	}
}

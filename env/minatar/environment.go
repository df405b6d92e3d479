package minatar

import (
	"fmt"

	"covey/env"
	"covey/state"
)

// action is what a player can do.
type action uint8

// The actions, in the order of the full set.
const (
	stay action = iota
	left
	up
	right
	down
	fire
)

var everyAction = []action{stay, left, up, right, down, fire}

// game is the rules of one game, and where it stands.
type game interface {
	reset(d *dice)
	step(a action, d *dice) (reward float32, terminated bool)
	// draw marks everything that is there on an empty screen.
	draw(s screen)
	state(w *walker)
}

// environment is a game with what is common to all of them.
type environment struct {
	game    game
	spec    env.Spec
	planes  []plane
	actions []action // [choices] what a choice stands for
	sticky  float64
	last    action
	running bool
	dice    dice
}

func newEnvironment(id string, t title, actions []action, c Config) *environment {
	n := size * size * len(t.planes)
	high := make([]float32, n)
	for i := range high {
		high[i] = present
	}
	observation := env.NewBox(make([]float32, n), high, size, size, len(t.planes))
	observation.Bytes = true
	e := &environment{
		game: t.start(c.Ramping), planes: t.planes, actions: actions, sticky: c.Sticky,
		spec: env.Spec{ID: id, Observation: observation, Action: env.NewDiscrete(len(actions))},
	}
	e.dice.source = &e.dice.pcg
	e.game.reset(&e.dice) // what is loaded or drawn before the first episode is a game, too
	return e
}

func (e *environment) Spec() env.Spec { return e.spec }
func (e *environment) Close() error   { return nil }

func (e *environment) Reset(seed uint64, obs env.Values) error {
	e.dice.pcg.Seed(seed, 0)
	e.begin()
	e.observe(obs)
	return nil
}

// begin starts an episode. The action before its first one was to stay: the authors' package takes the one that
// ended the episode before, which would make the same seed give different episodes.
func (e *environment) begin() {
	e.last, e.running = stay, true
	e.game.reset(&e.dice)
}

func (e *environment) Step(given []float32, obs env.Values) (env.Outcome, error) {
	a, err := e.choice(given)
	if err != nil {
		return env.Outcome{}, err
	}
	if e.dice.uniform() < e.sticky {
		a = e.last
	}
	e.last = a
	reward, terminated := e.game.step(a, &e.dice)
	e.running = !terminated
	e.observe(obs)
	return env.Outcome{Reward: reward, Terminated: terminated}, nil
}

func (e *environment) choice(given []float32) (action, error) {
	if !e.running {
		return 0, fmt.Errorf("%s: %w", e.spec.ID, env.ErrResetNeeded)
	}
	if i, ok := env.Choice(given, len(e.actions)); ok {
		return e.actions[i], nil
	}
	return 0, fmt.Errorf("%s: action %v is none of 0 to %d", e.spec.ID, given, len(e.actions)-1)
}

func (e *environment) observe(obs env.Values) {
	n := size * size * len(e.planes)
	if len(obs.U) != n {
		panic(fmt.Sprintf("%s: observation of %d bytes and %d floats; want %d bytes", e.spec.ID, len(obs.U), len(obs.F), n))
	}
	clear(obs.U)
	e.game.draw(screen{cells: obs.U, planes: len(e.planes)})
}

// State visits the game, the last action and the random stream.
func (e *environment) State(w state.Walker) error {
	var err error
	v := &walker{Walker: w, err: &err}
	number(v, "last", &e.last, stay, fire)
	v.flag("running", &e.running)
	e.game.state(v)
	if err != nil {
		return fmt.Errorf("%s: %w", e.spec.ID, err)
	}
	return state.RNG(w, "rng", &e.dice.pcg)
}

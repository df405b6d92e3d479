// Package minatar holds the five games of MinAtar in Go, on a grid of 10 × 10 cells: Asterix, Breakout,
// Freeway, Seaquest and Space Invaders (Young and Tian: MinAtar, 2019, arXiv:1903.03176).
//
// They are written from the published rules. What those leave open was settled by playing the authors'
// package, version 1.0.15; the tests replay games that were played there, with its random draws, and ask for the
// same observations, rewards and ends.
//
// An observation is one plane of bytes per kind of object, 255 where there is one and else 0, planes innermost:
// [10, 10, planes]. All games are [covey/state.Stateful], and stepping one allocates nothing.
package minatar

import (
	"fmt"

	"covey/env"
	"covey/internal/nearest"
)

// Config is what the authors' package lets its users choose.
type Config struct {
	Sticky  float64 `yaml:"sticky"`  // probability that a step repeats the last action in place of taking the given one
	Ramping bool    `yaml:"ramping"` // Asterix, Seaquest and SpaceInvaders become more difficult as an episode goes on
}

// DefaultConfig is that of the authors' package.
func DefaultConfig() Config { return Config{Sticky: 0.1, Ramping: true} }

// title is one game of the package.
type title struct {
	name    string
	planes  []plane
	actions []action // those that the game knows
	start   func(ramping bool) game
}

var titles = []title{
	{"Asterix", asterixPlanes, []action{stay, left, up, right, down}, newAsterix},
	{"Breakout", breakoutPlanes, []action{stay, left, right}, newBreakout},
	{"Freeway", freewayPlanes, []action{stay, up, down}, newFreeway},
	{"Seaquest", seaquestPlanes, everyAction, newSeaquest},
	{"SpaceInvaders", spaceInvadersPlanes, []action{stay, left, right, fire}, newSpaceInvaders},
}

// New makes a game with the default configuration. The id is the one that the game has in Gymnasium:
// MinAtar/Breakout-v1 takes the actions that do something in the game, MinAtar/Breakout-v0 all six. The error of an
// unknown id names the nearest known one.
func New(id string) (env.Environment, error) { return DefaultConfig().New(id) }

// New makes the game of that id, as the package's New does.
func (c Config) New(id string) (env.Environment, error) {
	if !(c.Sticky >= 0 && c.Sticky <= 1) {
		return nil, fmt.Errorf("minatar: %s: probability %v of a sticky action", id, c.Sticky)
	}
	for _, t := range titles {
		switch id {
		case t.id(0):
			return newEnvironment(id, t, everyAction, c), nil
		case t.id(1):
			return newEnvironment(id, t, t.actions, c), nil
		}
	}
	return nil, fmt.Errorf("minatar: unknown environment %q%s", id, nearest.Hint(id, IDs()))
}

// IDs are the names that New knows.
func IDs() []string {
	var ids []string
	for _, t := range titles {
		ids = append(ids, t.id(0), t.id(1))
	}
	return ids
}

func (t title) id(version int) string { return fmt.Sprintf("MinAtar/%s-v%d", t.name, version) }

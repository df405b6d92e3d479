package covey

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"covey/algo/dqn"
	"covey/env"
	"covey/env/gymnasium"
	"covey/env/screen"
	"covey/nn"
)

// isAtari and isDoom tell the games apart whose screens are shown to a policy in a way of covey's.
func isAtari(id string) bool { return strings.HasPrefix(gymID(id), "ALE/") }
func isDoom(id string) bool  { return strings.HasPrefix(gymID(id), "Vizdoom") }

// pixelDefaults are those of games that are learned from their screens: Mnih et al. (2015, 2016) for Atari, but for Adam and the rates
// that are usual with it, and the usual network of A3C in Doom. Whole games take thousands of actions, and more of them would be evaluated
// than trained on if they were as often and as many as small tasks'.
func (c *Config) pixelDefaults() {
	network := nn.Config{Tower: "nature", Hidden: []int{512}}
	switch {
	case isAtari(c.Env):
		atari := gymnasium.DefaultAtari()
		c.Gym.Atari, c.Stack = &atari, 4
		c.Eval.Every, c.Eval.Episodes = 500_000, 30
		if a := c.A3C; a != nil {
			a.Envs, a.RewardClip, a.EntropyWeight = 4, 1, 0.01
			a.Reduction, a.ClipNorm, a.LearningRate = "sum", 40, 2.5e-4
		}
		if q := c.DQN; q != nil {
			q.Batch, q.Warmup, q.RewardClip = 32, 20_000, 1
			q.LearningRate, q.TargetEvery = 1e-4, 1000
			q.Epsilon = dqn.Epsilon{Start: 1, End: 0.01, Steps: 250_000}
		}
	case isDoom(c.Env):
		c.Gym.Doom = &gymnasium.Doom{}
		c.Eval.Every, c.Eval.Episodes = 100_000, 30
		network = nn.Config{Tower: "doom", Hidden: []int{256}}
	default:
		return
	}
	c.Screen = &screen.Config{Height: 84, Width: 84, Grey: true}
	for _, n := range c.networks() {
		n.Tower, n.Hidden = network.Tower, network.Hidden
	}
}

// trainsOnLives says whether an episode of training is a life of a game, and an evaluation's the whole game. A game without
// lives counts too, for nobody knows before it is played.
func (c *Config) trainsOnLives() bool {
	return c.Gym != nil && !c.Gym.Vector && c.Gym.Atari != nil && c.Gym.Atari.Skip > 0 && c.Gym.Atari.LifeLoss
}

// plays adds to the options how a game is played. training: losing a life may end an episode.
func (c *Config) plays(o *gymnasium.Options, training bool) {
	if c.Gym == nil {
		return
	}
	if o.Vector {
		if isAtari(c.Env) {
			o.Kwargs = withDefaults(o.Kwargs, c.atariVector())
		}
		return
	}
	if atari := c.Gym.Atari; atari != nil && atari.Skip > 0 {
		play := *atari
		play.LifeLoss = play.LifeLoss && training
		o.Kwargs = withDefaults(o.Kwargs, map[string]any{"frameskip": 1})
		o.Wrappers = append([]gymnasium.Wrapper{play.Wrapper()}, o.Wrappers...)
	}
	if doom := c.Gym.Doom; c.showsDoom() {
		o.Kwargs = withDefaults(o.Kwargs, map[string]any{
			"frame_skip": 4, "max_buttons_pressed": 1, "screen_format": "GRAY8", "screen_resolution": "RES_160X120",
		})
		o.Wrappers = append([]gymnasium.Wrapper{doom.Wrapper()}, o.Wrappers...)
	}
}

// atariVector is how Atari's own vector environment is told what covey does with single games. There are no lives in it that
// end an episode and not the game.
func (c *Config) atariVector() map[string]any {
	kwargs := map[string]any{"reward_clipping": false} // which is the algorithm's to do: returns are those of the game
	if a := c.Gym.Atari; a != nil && a.Skip > 0 {
		kwargs["frameskip"], kwargs["noop_max"], kwargs["use_fire_reset"] = a.Skip, a.Noops, a.Fire
	}
	if s := c.Screen; s != nil {
		kwargs["grayscale"] = s.Grey
		if s.Height > 0 {
			kwargs["img_height"], kwargs["img_width"] = s.Height, s.Width
		}
	}
	return kwargs
}

// showsDoom says whether what a policy sees of ViZDoom is put together by covey, and no part that was asked for.
func (c *Config) showsDoom() bool {
	return c.Gym != nil && c.Gym.Doom != nil && len(c.Gym.Observe) == 0 && !c.Gym.Vector
}

// withDefaults is what is set, and the defaults of what is not.
func withDefaults(set, defaults map[string]any) map[string]any {
	all := maps.Clone(defaults)
	maps.Copy(all, set)
	return all
}

// view is how screens are shown; nil: as they are.
func (c *Config) view(s env.Spec) (env.View, error) {
	if c.Screen == nil || c.Screen.Height == 0 && !c.Screen.Grey || c.Gym != nil && c.Gym.Vector && isAtari(c.Env) {
		return nil, nil
	}
	if s.Stack > 1 {
		return nil, c.located(wrong("screen", "%s stacks %d frames itself: show it smaller before it stacks them", s.ID, s.Stack))
	}
	shown := *c.Screen
	if c.showsDoom() {
		shown.Beside = len(c.Gym.Doom.Variables)
	}
	v, err := screen.New(s.Observation, shown)
	if err != nil {
		return nil, c.located(wrong("screen", "%s: %v", s.ID, err))
	}
	return v, nil
}

// validatePixels says which of the settings is impossible.
func (c *Config) validatePixels() error {
	if s := c.Screen; s != nil && (s.Height < 0 || s.Width < 0 || (s.Height == 0) != (s.Width == 0)) {
		return wrong("screen", "height %d and width %d: want both, or 0 for both to keep the size", s.Height, s.Width)
	}
	if c.Gym == nil {
		return nil
	}
	if a := c.Gym.Atari; a != nil {
		switch {
		case !isAtari(c.Env):
			return wrong("gym.atari", "%s is none of Atari's games", c.Env)
		case a.Skip < 0 || a.Skip > 1000:
			return wrong("gym.atari.skip", "%d, must be between 0 (the environment as it is) and 1000", a.Skip)
		case a.Noops < 0 || a.Noops > 1_000_000:
			return wrong("gym.atari.noops", "%d, must be between 0 and 1000000", a.Noops)
		case c.trainsOnLives() && c.ActionRepeat > 1:
			return wrong("action_repeat", "%d, but then a lost life would begin a new game, and gym.atari.life_loss is true: hold actions for longer by gym.atari.skip", c.ActionRepeat)
		case c.Gym.Vector && c.Stack > 1:
			return wrong("stack", "%d, but with gym.vector Atari shows four frames already: set it to 1", c.Stack)
		}
	}
	if d := c.Gym.Doom; d != nil {
		if !isDoom(c.Env) {
			return wrong("gym.doom", "%s is none of ViZDoom's scenarios", c.Env)
		}
		if len(d.Variables) > 0 && len(c.Gym.Observe) > 0 {
			return wrong("gym.doom.variables", "%v, but gym.observe says %v, and nothing is shown beside these", slices.Sorted(maps.Keys(d.Variables)), c.Gym.Observe)
		}
		for name, most := range d.Variables {
			if !(most > 0) {
				return wrong("gym.doom.variables."+name, "%v, must be more than 0: it is shown as 255", most)
			}
		}
	}
	return nil
}

// observed shows an environment as it is configured.
func (c *Config) observed(e env.Environment) (env.Environment, error) {
	v, err := c.view(e.Spec())
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if v == nil {
		return e, nil
	}
	return env.Observe(e, v), nil
}

// observedVector shows a vector as it is configured.
func (c *Config) observedVector(v env.Vector) (env.Vector, error) {
	view, err := c.view(v.Spec())
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	if view == nil {
		return v, nil
	}
	return env.ObserveVector(v, view), nil
}

// networks are those of the algorithms that see images, by the name of their section.
func (c *Config) networks() map[string]*nn.Config {
	all := map[string]*nn.Config{}
	if c.A3C != nil {
		all["a3c"] = &c.A3C.Network
	}
	if c.DQN != nil {
		all["dqn"] = &c.DQN.Network
	}
	return all
}

// replaceTower makes the convolutions that a layer of YAML lists replace the tower that was named before it, and a tower
// the convolutions; a layer that says both is left as it is, and refused.
func (c *Config) replaceTower(l layer) {
	for section, n := range c.networks() {
		conv, tower := nodeAt(l.root, section+".network.conv") != nil, nodeAt(l.root, section+".network.tower") != nil
		switch {
		case conv && !tower:
			n.Tower = ""
		case tower && !conv && n.Tower != "":
			n.Conv = nil
		}
	}
}

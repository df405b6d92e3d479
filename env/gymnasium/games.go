package gymnasium

// Atari says how a game of the Arcade Learning Environment is played, see python/atari.py. The environment below must be
// made with frameskip: 1.
type Atari struct {
	Skip  int  `yaml:"skip"`  // frames that an action is held for; the brighter of the last two is shown
	Noops int  `yaml:"noops"` // an episode starts after up to so many frames in which nothing is done
	Fire  bool `yaml:"fire"`  // the button is pressed after that, and after each lost life, in games that have one
	// LifeLoss ends an episode with each life, in training: an evaluation always plays whole games.
	LifeLoss bool `yaml:"life_loss"`
}

// DefaultAtari is how Mnih et al. (2015) play.
func DefaultAtari() Atari { return Atari{Skip: 4, Noops: 30, Fire: true, LifeLoss: true} }

// Wrapper is what plays so. It shows the screen in grey and in its own size, [210, 160] for most games.
func (a Atari) Wrapper() Wrapper {
	return Wrapper{Name: "covey_atari:Preprocessing", Kwargs: map[string]any{
		"skip": a.Skip, "noops": a.Noops, "fire": a.Fire, "life_loss": a.LifeLoss,
	}}
}

// Doom is what is shown of ViZDoom besides the screen, see python/doom.py.
type Doom struct {
	// Variables are game variables that are shown as further channels of the screen, each with the value that is shown as
	// 255: AMMO2: 50, HEALTH: 100. The scenario decides which there are.
	Variables map[string]float64 `yaml:"variables"`
}

// Wrapper is what shows so. It shows bytes, [height, width, channels], instead of a Dict.
func (d Doom) Wrapper() Wrapper {
	return Wrapper{Name: "covey_doom:Screen", Kwargs: map[string]any{"variables": d.Variables}}
}

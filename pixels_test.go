package covey

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covey/env"
	"covey/env/gymnasium"
	"covey/internal/pyenv/pyenvtest"
	"covey/train"
)

func TestPixelDefaults(t *testing.T) {
	for _, c := range []struct {
		algo, id, tower string
		stack           int
		clip            float32
		eval            Eval
	}{
		{"a3c", "ALE/Pong-v5", "nature", 4, 1, Eval{Every: 500_000, Episodes: 30}}, {"dqn", "gym:ALE/Pong-v5", "nature", 4, 1, Eval{Every: 500_000, Episodes: 30}},
		{"a3c", "VizdoomBasic-v1", "doom", 1, 0, Eval{Every: 100_000, Episodes: 30}}, {"a3c", "gym:CartPole-v1", "", 1, 0, Eval{Every: 50_000, Episodes: 100}},
	} {
		cfg, err := NewConfig(c.algo, c.id)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Steps = 1
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", c.id, err)
		}
		tower, clip := "", float32(0)
		if cfg.A3C != nil {
			tower, clip = cfg.A3C.Network.Tower, cfg.A3C.RewardClip
		} else {
			tower, clip = cfg.DQN.Network.Tower, cfg.DQN.RewardClip
		}
		if clip != c.clip {
			t.Errorf("%s %s: rewards are cut to ±%v", c.algo, c.id, clip)
		}
		if tower != c.tower || cfg.Stack != c.stack || (cfg.Screen != nil) != (c.tower != "") {
			t.Errorf("%s: tower %q, stack %d, screen %v", c.id, tower, cfg.Stack, cfg.Screen)
		}
		if cfg.Eval != c.eval {
			t.Errorf("%s %s is evaluated as %+v, want %+v", c.algo, c.id, cfg.Eval, c.eval)
		}
	}
}

// TestHowGamesArePlayed: a life ends an episode in training alone, and what a user sets goes before the defaults.
func TestHowGamesArePlayed(t *testing.T) {
	pong, err := NewConfig("a3c", "ALE/Pong-v5")
	if err != nil {
		t.Fatal(err)
	}
	for _, training := range []bool{true, false} {
		o := pong.gymOptions(false, training)
		want := gymnasium.DefaultAtari()
		want.LifeLoss = training
		if !reflect.DeepEqual(o.Wrappers, []gymnasium.Wrapper{want.Wrapper()}) || o.Kwargs["frameskip"] != 1 {
			t.Errorf("training %v: %+v, %v", training, o.Wrappers, o.Kwargs)
		}
	}
	if !pong.Gym.Atari.LifeLoss {
		t.Error("the configuration was changed")
	}
	pong.Gym.Atari.Skip = 0
	if o := pong.gymOptions(false, true); len(o.Wrappers) != 0 || len(o.Kwargs) != 0 {
		t.Errorf("as it is: %+v, %v", o.Wrappers, o.Kwargs)
	}
	pong.Gym.Atari.Skip, pong.Gym.Vector, pong.Screen.Width = 3, true, 42
	pong.Gym.Kwargs = map[string]any{"noop_max": 1}
	for key, want := range map[string]any{"frameskip": 3, "noop_max": 1, "use_fire_reset": true, "reward_clipping": false, "grayscale": true, "img_height": 84, "img_width": 42} {
		if o := pong.gymOptions(false, true); o.Kwargs[key] != want || len(o.Wrappers) != 0 {
			t.Errorf("as a vector: %s is %v, want %v; %+v", key, o.Kwargs[key], want, o.Wrappers)
		}
	}
	doom, err := NewConfig("a3c", "VizdoomBasic-v1")
	if err != nil {
		t.Fatal(err)
	}
	doom.Gym.Kwargs = map[string]any{"frame_skip": 1}
	if o := doom.gymOptions(false, true); o.Kwargs["frame_skip"] != 1 || o.Kwargs["max_buttons_pressed"] != 1 || len(o.Wrappers) != 1 {
		t.Errorf("%+v, %v", o.Wrappers, o.Kwargs)
	}
	if doom.Gym.Observe = []string{"gamevariables"}; len(doom.gymOptions(false, true).Wrappers) != 0 {
		t.Error("a part that was asked for is not what is shown")
	}
}

// TestLivesSolveNothing: where training episodes are lives, evaluations of whole games say whether one is solved.
func TestLivesSolveNothing(t *testing.T) {
	for _, c := range []struct {
		algo, id, yaml string
		lives          bool
		want           train.SolveBy
	}{
		{"a3c", "ALE/Breakout-v5", "", true, train.ByEvaluation},
		{"a2c", "ALE/Breakout-v5", "", true, train.ByEvaluation},
		{"a3c", "ALE/Breakout-v5", "eval: {every: 0}", true, train.ByTraining},
		{"a3c", "ALE/Breakout-v5", "gym: {atari: {life_loss: false}}", false, train.ByTraining},
		{"a3c", "ALE/Breakout-v5", "gym: {atari: {skip: 0}}", false, train.ByTraining},
		{"a3c", "ALE/Breakout-v5", "stack: 1\ngym: {vector: true}", false, train.ByTraining},
		{"dqn", "ALE/Breakout-v5", "", true, train.ByEvaluation},
		{"a3c", "VizdoomBasic-v1", "", false, train.ByTraining},
		{"a3c", "CartPole-v1", "", false, train.ByTraining},
	} {
		cfg, err := NewConfig(c.algo, c.id)
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Merge("test", []byte(c.yaml)); err != nil {
			t.Fatal(err)
		}
		if got := algorithms[c.algo].traits(cfg).solveBy; got != c.want || cfg.trainsOnLives() != c.lives {
			t.Errorf("%s %s, %q: solved by %v, want %v; trains on lives: %v", c.algo, c.id, c.yaml, got, c.want, cfg.trainsOnLives())
		}
	}
}

// TestImpossibleGamesAreNotMade: the setting is named, rather than what Python makes of it.
func TestImpossibleGamesAreNotMade(t *testing.T) {
	cfg, err := NewConfig("a3c", "ALE/Pong-v5")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("--set", "gym.doom.variables.HEALTH", "100"); err != nil {
		t.Fatal(err)
	}
	cfg.Gym.Python = "nowhere"
	if _, err := cfg.Environment(); err == nil || err.Error() != "--set: gym.doom: ALE/Pong-v5 is none of ViZDoom's scenarios" {
		t.Errorf("got %v", err)
	}
}

// TestNamedValuesDiffer: what belongs to names of the environment's own is compared as the settings are.
func TestNamedValuesDiffer(t *testing.T) {
	load := func(settings string) *Config {
		cfg, err := Preset("a3c", "VizdoomDefendCenter-v1", "")
		if err == nil {
			err = cfg.Merge("test", []byte(settings))
		}
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	for settings, want := range map[string]string{
		"gym: {doom: {variables: {AMMO2: 60}}}":    "gym.doom.variables",
		"gym: {doom: {variables: {KILLCOUNT: 1}}}": "gym.doom.variables",
		"gym: {doom: {variables: {}}}":             "gym.doom.variables",
		"gym: {kwargs: {frame_skip: 2}}":           "gym.kwargs",
		"screen: {height: 42}":                     "screen.height",
		"gym: {children: 2}":                       "",
		"{}":                                       "",
	} {
		if key, _, _, err := load("{}").differs(load(settings)); err != nil || key != want {
			t.Errorf("%s: differs in %q, want %q, error %v", settings, key, want, err)
		}
	}
}

func TestPixelMistakes(t *testing.T) {
	for _, c := range []struct{ id, key, value, want string }{
		{"ALE/Pong-v5", "screen.height", "0", "screen: height 0 and width 84: want both"},
		{"ALE/Pong-v5", "gym.atari.skip", "-1", "gym.atari.skip: -1, must be between 0"},
		{"ALE/Pong-v5", "gym.atari.noops", "-1", "gym.atari.noops: -1, must be between 0"},
		{"ALE/Pong-v5", "gym.vector", "true", "stack: 4, but with gym.vector Atari shows four frames already"},
		{"gym:CartPole-v1", "gym.atari.skip", "4", "gym.atari: gym:CartPole-v1 is none of Atari's games"},
		{"gym:CartPole-v1", "gym.doom", "{variables: {}}", "gym.doom: gym:CartPole-v1 is none of ViZDoom's scenarios"},
		{"VizdoomBasic-v1", "gym.doom.variables", "{AMMO2: 0}", "gym.doom.variables.AMMO2: 0, must be more than 0"},
		{"VizdoomBasic-v1", "gym", "{observe: [screen], doom: {variables: {AMMO2: 50}}}", "gym.doom.variables: [AMMO2], but gym.observe says [screen]"},
		{"ALE/Pong-v5", "action_repeat", "2", "action_repeat: 2, but then a lost life would begin a new game"},
	} {
		cfg, err := NewConfig("a3c", c.id)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Steps = 1
		if err = cfg.Set("--set", c.key, c.value); err == nil {
			err = cfg.Validate()
		}
		var bad *ConfigError
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &bad) {
			t.Errorf("%s: %s: %v, want %q", c.key, c.value, err, c.want)
		}
	}
}

// TestDoomShowsEachVariable: two variables beside a grey screen are no colours of it, nor is one beside a coloured one.
func TestDoomShowsEachVariable(t *testing.T) {
	for _, c := range []struct {
		variables string
		channels  int // of what ViZDoom shows
		shape     []int
	}{
		{"{}", 1, []int{84, 84}},
		{"{AMMO2: 50}", 2, []int{84, 84, 2}},
		{"{AMMO2: 50, HEALTH: 100}", 3, []int{84, 84, 3}},
		{"{AMMO2: 50}", 4, []int{84, 84, 2}},
	} {
		cfg, err := NewConfig("a3c", "VizdoomDefendCenter-v1")
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Set("--set", "gym.doom.variables", c.variables); err != nil {
			t.Fatal(err)
		}
		n := 120 * 160 * c.channels
		space := env.NewBox(make([]float32, n), slices.Repeat([]float32{255}, n), 120, 160, c.channels)
		space.Bytes = true
		v, err := cfg.view(env.Spec{Observation: space})
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Space().Shape; !slices.Equal(got, c.shape) {
			t.Errorf("%s beside %d channels: shown as %v, want %v", c.variables, c.channels, got, c.shape)
		}
	}
}

// TestPixelMistakesAreFoundBeforeTheGame is made, which would meet them in Python.
func TestPixelMistakesAreFoundBeforeTheGame(t *testing.T) {
	cfg, err := NewConfig("a3c", "VizdoomBasic-v1")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Gym.Python = "/nowhere"
	cfg.Gym.Doom.Variables = map[string]float64{"AMMO2": 0}
	if _, err := cfg.Environment(); err == nil || !strings.Contains(err.Error(), "gym.doom.variables.AMMO2: 0, must be") {
		t.Errorf("%v", err)
	}
}

// chooser is a game that shows a choice.
type chooser struct{ env.Environment }

func (c chooser) Spec() env.Spec {
	x := c.Environment.Spec()
	x.Observation = env.NewDiscrete(3)
	return x
}

// stacker is a game that stacks its frames itself.
type stacker struct{ env.Environment }

func (s stacker) Spec() env.Spec {
	x := s.Environment.Spec()
	x.Stack = 3
	return x
}

// TestCannotBeStacked: the errors say where the setting stands.
func TestCannotBeStacked(t *testing.T) {
	stacks := func(e env.Environment) env.Environment { return stacker{e} }
	chooses := func(e env.Environment) env.Environment { return chooser{e} }
	for want, c := range map[string]struct {
		settings string
		shown    func(env.Environment) env.Environment
	}{
		"test:1:8: stack: 2, but MinAtar/Breakout-v1 stacks 3 frames itself":             {"stack: 2", stacks},
		"test:1:8: stack: 2, but MinAtar/Breakout-v1 shows a choice (Discrete)":          {"stack: 2", chooses},
		"test:1:10: screen: MinAtar/Breakout-v1 stacks 3 frames itself: show it smaller": {"screen: {height: 5, width: 5}", stacks},
	} {
		cfg, err := NewConfig("a3c", "MinAtar/Breakout-v1")
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Merge("test", []byte(c.settings)); err != nil {
			t.Fatal(err)
		}
		game, err := NewEnvironment("MinAtar/Breakout-v1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.wrap(c.shown(game)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestGreyOfPlanes: planes of a game are no colours.
func TestGreyOfPlanes(t *testing.T) {
	cfg, err := NewConfig("a3c", "MinAtar/Breakout-v1")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("--set", "screen.grey", "true"); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Environment(); err == nil || !strings.Contains(err.Error(), "screen: MinAtar/Breakout-v1: grey is made of red, green and blue") {
		t.Errorf("%v", err)
	}
}

// TestLearnsFromPixels: games are trained on from what is shown of them, and what was learned is loaded and played.
func TestLearnsFromPixels(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	for _, c := range []struct {
		algo, id, yaml string
		shape          []int
	}{
		{"a3c", "ALE/Breakout-v5", "a3c: {workers: 1, envs: 2}\ngym: {children: 2, kwargs: {max_num_frames_per_episode: 200}}", []int{4, 84, 84}},
		{"dqn", "ALE/Pong-v5", "stack: 2\nscreen: {height: 42, width: 42}\ndqn: {warmup: 50, replay: 500, batch: 8, network: {tower: a3c}}\ngym: {kwargs: {max_num_frames_per_episode: 200}}", []int{2, 42, 42}},
		{"a3c", "VizdoomBasic-v1", "a3c: {workers: 1, envs: 2}\ngym: {doom: {variables: {AMMO2: 51}}, kwargs: {episode_timeout: 100}}", []int{84, 84, 2}},
	} {
		t.Run(c.id, func(t *testing.T) {
			cfg, err := NewConfig(c.algo, c.id)
			if err != nil {
				t.Fatal(err)
			}
			if err := cfg.Merge("test", []byte(c.yaml)); err != nil {
				t.Fatal(err)
			}
			cfg.Steps, cfg.Eval.Every, cfg.Eval.Episodes, cfg.Gym.Python = 150, 0, 2, pyenvtest.Gymnasium(t)
			dir := t.TempDir()
			if _, err := Train(context.Background(), cfg, Options{Dir: dir}); err != nil {
				t.Fatal(err)
			}
			p, loaded, err := LoadPolicy(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Net.In.Shape, c.shape) || !p.Net.In.Bytes {
				t.Errorf("the network sees %v, want %v", p.Net.In.Shape, c.shape)
			}
			if e, err := Evaluate(context.Background(), p, loaded.Environment, 2, 1, true); err != nil || len(e.Returns) != 2 {
				t.Errorf("%v, %v", e, err)
			}
		})
	}
}

package gymnasium

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
	"covey/env/screen"
)

// TestPreprocessing: Atari is played as Gymnasium's own wrapper plays it.
func TestPreprocessing(t *testing.T) {
	out, err := exec.Command(interpreter(t), "testdata/preprocessing.py", "python").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	if strings.Count(string(out), "ALE/") < 6 {
		t.Errorf("not all games were compared: %s", out)
	}
}

// small is how a game is shown to a policy.
func small(t testing.TB, o Options) func() env.Environment {
	t.Helper()
	p, err := NewPool(o, 4)
	if err != nil {
		t.Fatal(err)
	}
	return func() env.Environment {
		e, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		v, err := screen.New(e.Spec().Observation, screen.Config{Height: 84, Width: 84, Grey: true})
		if err != nil {
			t.Fatal(err)
		}
		return env.Stack(env.Observe(e, v), 4)
	}
}

// games are Breakout and Doom as policies see them.
func games(t testing.TB) []Options {
	t.Helper()
	breakout := options(t, "ALE/Breakout-v5", map[string]any{"frameskip": 1, "max_num_frames_per_episode": 400})
	breakout.Wrappers = []Wrapper{DefaultAtari().Wrapper()}
	basic := options(t, "VizdoomBasic-v1", map[string]any{
		"frame_skip": 4, "max_buttons_pressed": 1, "screen_format": "GRAY8", "screen_resolution": "RES_160X120",
	})
	basic.Wrappers = []Wrapper{Doom{}.Wrapper()}
	return []Options{breakout, basic}
}

// TestWrappersAroundGames may keep what they were shown: two stacked screens are those of two steps.
func TestWrappersAroundGames(t *testing.T) {
	for _, o := range games(t) {
		t.Run(o.ID, func(t *testing.T) {
			o.Wrappers = append(o.Wrappers, Wrapper{Name: "gymnasium.wrappers:FrameStackObservation", Kwargs: map[string]any{"stack_size": 2}})
			w := newWorld(t, o, 1, 1)
			if err := w.reset(1); err != nil {
				t.Fatal(err)
			}
			screen, moved := len(w.obs.U)/2, false
			for step := range 12 {
				last := slices.Clone(w.obs.U[screen:])
				w.actions[0] = float32(2 + step/4%2)
				if err := w.step(); err != nil {
					t.Fatal(err)
				}
				if w.out[0].Terminated || w.out[0].Truncated {
					break
				}
				if !slices.Equal(w.obs.U[:screen], last) {
					t.Fatalf("step %d: the older screen is not the one before", step)
				}
				moved = moved || !slices.Equal(w.obs.U[screen:], last)
			}
			if !moved {
				t.Error("nothing moves")
			}
		})
	}
}

// TestFrameRate: steps a second, not frames, whatever is around the game; and 30 where an environment says nothing.
func TestFrameRate(t *testing.T) {
	games := games(t)
	each := games[0]
	each.Wrappers = []Wrapper{Atari{Skip: 1}.Wrapper(), {Name: "gymnasium.wrappers:ClipReward", Kwargs: map[string]any{"min_reward": -1, "max_reward": 1}}}
	for _, c := range []struct {
		o    Options
		want float64
	}{
		{games[0], 60. / 4},
		{each, 60},
		{games[1], 35. / 4},
		{options(t, "made:OfBytes", nil), 12},
		{options(t, "made:Echo", nil), 30},
		{options(t, "made:Paced", map[string]any{"rate": 0}), 30},
		{options(t, "made:Paced", map[string]any{"rate": "fast"}), 30},
	} {
		e, err := New(c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.FrameRate(); got != c.want {
			t.Errorf("%s %v: %v steps a second, want %v", c.o.ID, c.o.Kwargs, got, c.want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGamesKeepTheRules(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	for _, o := range games(t) {
		t.Run(o.ID, func(t *testing.T) {
			create := small(t, o)
			e := create() // keeps the process while the suite makes and closes its own
			if s := e.Spec(); !slices.Equal(s.Observation.Shape, []int{84, 84}) || !s.Observation.Bytes || !slices.Equal(s.Stacked().Shape, []int{4, 84, 84}) {
				t.Errorf("it shows %v", s.Observation.Shape)
			}
			envtest.Run(t, create)
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDoomVariables: ammunition is a channel, that an action spends; out of time is truncated alone, and the last
// screen is not black.
func TestDoomVariables(t *testing.T) {
	o := options(t, "VizdoomBasic-v1", map[string]any{
		"frame_skip": 4, "max_buttons_pressed": 1, "screen_format": "GRAY8", "screen_resolution": "RES_160X120", "episode_timeout": 60,
	})
	o.Wrappers = []Wrapper{Doom{Variables: map[string]float64{"AMMO2": 51}}.Wrapper()}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	space := e.Spec().Observation
	if !slices.Equal(space.Shape, []int{120, 160, 2}) {
		t.Fatalf("it shows %v", space.Shape)
	}
	obs := env.MakeValues(space, space.Size())
	if err := e.Reset(1, obs); err != nil {
		t.Fatal(err)
	}
	if obs.U[1] != 250 || obs.U[len(obs.U)-1] != 250 {
		t.Errorf("50 of 51 rounds are shown as %d and %d", obs.U[1], obs.U[len(obs.U)-1])
	}
	for range 100 {
		out, err := e.Step([]float32{0}, obs)
		if err != nil {
			t.Fatal(err)
		}
		if out.Terminated {
			t.Fatal("it is terminated")
		}
		if out.Truncated {
			if slices.Max(obs.U) == 0 {
				t.Error("the last screen is black")
			}
			return
		}
	}
	t.Error("it does not end")
}

func TestDoomVariablesThatThereAreNot(t *testing.T) {
	o := options(t, "VizdoomBasic-v1", nil)
	o.Wrappers = []Wrapper{Doom{Variables: map[string]float64{"MANA": 1}}.Wrapper()}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "no game variable MANA here, but ['AMMO2']") || strings.Contains(err.Error(), "Traceback") {
		t.Errorf("%v", err)
	}
}

package covey_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covey"
	"covey/env"
	"covey/internal/pyenv/pyenvtest"
)

// gymConfig is a short run of an environment of Gymnasium's.
func gymConfig(t *testing.T, algo, id string) *covey.Config {
	t.Helper()
	cfg, err := covey.NewConfig(algo, id)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Steps, cfg.Eval.Every, cfg.Eval.Episodes = 600, 300, 12
	cfg.Gym.Python = pyenvtest.Gymnasium(t)
	return cfg
}

func TestTrainsWithGymnasium(t *testing.T) {
	for _, c := range []struct {
		algo, id, yaml string
	}{
		{"a3c", "gym:CartPole-v1", "a3c: {workers: 2, envs: 3}\ngym: {children: 2}"},
		{"a3c", "gym:CartPole-v1", "action_repeat: 2\nstack: 3\na3c: {workers: 1, envs: 3}\ngym: {children: 2}"},
		{"a3c", "gym:CartPole-v1", "a3c: {workers: 1, envs: 4}\ngym: {vector: true}\neval: {every: 0, episodes: 1}"},
		{"sac", "gym:Pendulum-v1", "stack: 2\nsac: {warmup: 100, batch: 16, replay: 1000, network: {hidden: [16]}}\ngym: {kwargs: {g: 9.81}}"},
	} {
		cfg := gymConfig(t, c.algo, c.id)
		if err := cfg.Merge("test", []byte(c.yaml)); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "run")
		run, err := covey.Train(context.Background(), cfg, covey.Options{Dir: dir})
		if err != nil {
			t.Fatalf("%s on %s with %s: %v", c.algo, c.id, c.yaml, err)
		}
		if run.EnvSteps < 600 || run.Faults != 0 {
			t.Errorf("%s on %s with %s: %d steps, %d faults", c.algo, c.id, c.yaml, run.EnvSteps, run.Faults)
		}
		p, cfg, err := covey.LoadPolicy(dir)
		if err != nil {
			t.Fatal(err)
		}
		e, err := covey.Evaluate(context.Background(), p, cfg.Environment, 11, 1, false)
		if err != nil || len(e.Returns) != 11 {
			t.Errorf("%v, %v", e, err)
		}
	}
}

// TestGymnasiumRepeatsItself where it can: the same seed gives the same run.
func TestGymnasiumRepeatsItself(t *testing.T) {
	var params [2][]float32
	for i := range params {
		cfg := gymConfig(t, "a3c", "gym:CartPole-v1")
		cfg.A3C.Workers, cfg.A3C.Envs, cfg.Gym.Children = 2, 2, i+1 // the number of processes matters to nobody
		dir := filepath.Join(t.TempDir(), "run")
		if _, err := covey.Train(context.Background(), cfg, covey.Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		p, _, err := covey.LoadPolicy(dir)
		if err != nil {
			t.Fatal(err)
		}
		params[i] = p.Params
	}
	if !slices.Equal(params[0], params[1]) {
		t.Error("the same seed gives two policies")
	}
}

// TestGymnasiumComesBack after its process was killed in the middle of training.
func TestGymnasiumComesBack(t *testing.T) {
	cfg := gymConfig(t, "a3c", "gym:frail:Frail")
	cfg.A3C.Workers, cfg.A3C.Envs = 1, 2
	cfg.Eval.Every, cfg.Eval.Episodes, cfg.Steps = 0, 1, 1200
	folder, err := filepath.Abs("testdata/python")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", folder)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	cfg.Gym.Kwargs = map[string]any{"mark": filepath.Join(t.TempDir(), "mark")}
	run, err := covey.Train(context.Background(), cfg, covey.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if run.EnvSteps < 1200 || run.Faults != 1 {
		t.Errorf("%d steps, %d faults; want all, and one", run.EnvSteps, run.Faults)
	}
	if _, err := os.Stat(cfg.Gym.Kwargs["mark"].(string)); err != nil {
		t.Error("nobody died")
	}
}

func TestGymConfig(t *testing.T) {
	cfg, err := covey.NewConfig("a3c", "ALE/Pong-v5")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Steps = 1
	text := "gym: {kwargs: {frameskip: 4, mode: null, names: [a, b], deep: {x: 1.5}}, children: 2, wrappers: [{name: a:B, kwargs: {n: 1}}]}"
	if err := cfg.Merge("test", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("--set", "gym.kwargs.frameskip", "2"); err != nil {
		t.Fatal(err)
	}
	again, err := covey.NewConfig("a3c", "ALE/Pong-v5")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Merge("saved", saved); err != nil {
		t.Fatal(err)
	}
	if text, err := again.YAML(); err != nil || string(text) != string(saved) {
		t.Errorf("saved and read again:\n%s%v, was\n%s", text, err, saved)
	}
	want := map[string]any{"frameskip": uint64(2), "mode": nil, "names": []any{"a", "b"}, "deep": map[string]any{"x": 1.5}}
	if !reflect.DeepEqual(cfg.Gym.Kwargs, want) || cfg.Gym.Children != 2 || cfg.Gym.Wrappers[0].Name != "a:B" {
		t.Errorf("%+v", cfg.Gym)
	}
}

// TestNamesAreAdded: what a layer names is added to what a preset has named, and {} takes all of it away.
func TestNamesAreAdded(t *testing.T) {
	for _, c := range []struct {
		text         string
		ammo, health float64
		kwargs       int
	}{
		{"gym: {doom: {variables: {AMMO2: 60}}, kwargs: {b: 3}}", 60, 100, 2},
		{"gym: {children: 2}", 50, 100, 1},
		{"gym: {doom: {variables: {}}, kwargs: {}}", 0, 0, 0},
	} {
		cfg, err := covey.Preset("a3c", "VizdoomDefendCenter-v1", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"gym: {kwargs: {a: 1}}", c.text} {
			if err := cfg.Merge("test", []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		v := cfg.Gym.Doom.Variables
		if v["AMMO2"] != c.ammo || v["HEALTH"] != c.health || len(cfg.Gym.Kwargs) != c.kwargs {
			t.Errorf("%s: variables %v, arguments %v", c.text, v, cfg.Gym.Kwargs)
		}
	}
}

func TestGymMistakes(t *testing.T) {
	for _, c := range []struct{ id, key, value, want string }{
		{"CartPole-v1", "gym.children", "2", "gym: CartPole-v1 is covey's own; gym:CartPole-v1 is Gymnasium's"},
		{"gym:X-v1", "gym.children", "0", "gym.children: 0, must be between 1 and 1000"},
		{"gym:X-v1", "gym.deadline", "-1", "gym.deadline: -1, must be between 0 and 1000000 seconds"},
		{"gym:X-v1", "gym.kwargs", "7", "gym.kwargs: 7 is not keys and values"},
		{"gym:X-v1", "gym.wrappers", "[{nam: a}]", "unknown key"},
		{"gym:X-v1", "gym.childen", "2", `did you mean "gym.children"?`},
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
			t.Errorf("%s: %s: %v, want %q", c.key, c.value, err, c.want)
		}
	}
	cfg, err := covey.NewConfig("a3c", "gym:X-v1")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Gym.Deadline = -1
	if _, err := cfg.Environment(); err == nil || !strings.Contains(err.Error(), "gym.deadline") {
		t.Errorf("an impossible deadline: %v", err)
	}
}

// TestGymnasiumTakesThePresetOfTheName, a slash in it included.
func TestGymnasiumTakesThePresetOfTheName(t *testing.T) {
	for _, id := range []string{"CartPole-v1", "MinAtar/Breakout-v1", "ALE/Pong-v5"} {
		want, err := covey.Preset("a3c", id, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := covey.Preset("a3c", "gym:"+id, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Validate(); err != nil || got.Gym == nil || !reflect.DeepEqual(got.A3C, want.A3C) {
			t.Errorf("%s: %v, %+v, want %+v", id, err, got.A3C, want.A3C)
		}
	}
	for _, id := range []string{"gym:X-v1", "gym:../dqn/CartPole-v1", "../dqn/CartPole-v1", "gym:"} {
		if _, err := covey.Preset("a3c", id, ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("preset of %s: %v", id, err)
		}
	}
}

func TestWhoMakesAnEnvironment(t *testing.T) {
	for id, want := range map[string]string{
		"CartPol-v1": `did you mean "CartPole-v1"?`, "Zork-v0": "gym:Zork-v0 asks Gymnasium", "CartPole-v1": "",
		"gym:Zork-v0": "", "ALE/Pong-v5": "", "HalfCheetah-v5": "", "FetchReach-v4": "", "gym:CartPole-v1": "",
	} {
		if err := covey.Known(id); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
	e, err := covey.NewEnvironment("CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := e.(env.Renderer); ok {
		t.Error("CartPole is no longer covey's own")
	}
}

package covey_test

import (
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covey"
	"covey/algo/a3c"
	"covey/env/classic"
	"covey/env/memory"
	"covey/env/minatar"
	"covey/zoo"
)

func TestEveryPresetIsValid(t *testing.T) {
	presets := zoo.Presets()
	if len(presets) < 9 {
		t.Fatalf("the zoo has %d presets", len(presets))
	}
	for _, p := range presets {
		cfg, err := covey.Preset(p.Algo, p.Env, p.Variant)
		if err == nil {
			err = cfg.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", p.Path(), err)
		}
		if err := covey.Known(p.Env); err != nil {
			t.Errorf("%s: %v", p.Path(), err)
		}
		if zoo.About(p) == "" {
			t.Errorf("%s: the first line says nothing about it", p.Path())
		}
		if text, err := zoo.Read(p); err != nil || strings.HasPrefix(strings.SplitAfter(string(text), "\n")[1], "#") {
			t.Errorf("%s: what is said about it goes on in the second line, which is not shown, %v", p.Path(), err)
		}
	}
}

func TestEveryEnvironmentIsListed(t *testing.T) {
	for _, id := range slices.Concat(classic.IDs(), memory.IDs(), minatar.IDs()) {
		if !slices.Contains(covey.Environments(), id) {
			t.Errorf("%s is not listed", id)
		}
	}
	for _, id := range covey.Environments() {
		e, err := covey.NewEnvironment(id)
		if err != nil {
			t.Fatal(err)
		}
		if e.Spec().ID != id {
			t.Errorf("%s makes %s", id, e.Spec().ID)
		}
	}
	for _, id := range classic.IDs() {
		if _, err := covey.Preset("a3c", id, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestYAMLReadsBackToTheSame(t *testing.T) {
	for _, p := range zoo.Presets() {
		preset, err := covey.Preset(p.Algo, p.Env, p.Variant)
		if err != nil {
			t.Fatal(err)
		}
		want, err := preset.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		text, err := want.YAML()
		if err != nil {
			t.Fatal(err)
		}
		// Onto other settings of the section: what the text says in full must leave nothing of them.
		got, err := covey.NewConfig(p.Algo, "CartPole-v0")
		if p.Algo == "a3c" {
			got, err = covey.Preset("a3c", "CartPole-v0", "textbook")
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Merge("config.yaml", text); err != nil {
			t.Fatalf("%s: %v\n%s", p.Path(), err, text)
		}
		again, err := got.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(text) || !reflect.DeepEqual(got.A3C, want.A3C) {
			t.Errorf("%s: read back\n%s\nwant\n%s", p.Path(), again, text)
		}
	}
}

func TestMergeChangesOnlyWhatItNames(t *testing.T) {
	cfg, err := covey.NewConfig("a3c", "CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	err = cfg.Merge("x.yaml", []byte("steps: 400_000\na3c:\n  gamma: 1\n  network: {hidden: [64]}\n  critic_rate: 1e-4\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("--set", "a3c.network.activation", "tanh"); err != nil {
		t.Fatal(err)
	}
	want := a3c.DefaultConfig()
	rate := float32(1e-4)
	want.Gamma, want.Network.Hidden, want.Network.Activation, want.CriticRate = 1, []int{64}, "tanh", &rate
	if cfg.Steps != 400_000 || !reflect.DeepEqual(*cfg.A3C, want) {
		t.Errorf("steps %d, section %+v\nwant 400000, %+v", cfg.Steps, *cfg.A3C, want)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if err := cfg.Merge("empty.yaml", []byte(empty)); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestMistakesInYAML(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a3c:\n  gama: 0.9\n", `x.yaml:2:3: a3c.gama: unknown key; did you mean "a3c.gamma"?`},
		{"gamma: 0.9\n", `x.yaml:1:1: gamma: unknown key; did you mean "a3c.gamma"?`},
		{"stpes: 1\n", `x.yaml:1:1: stpes: unknown key; did you mean "steps"?`},
		{"a3c: {network: {hiden: [1]}}\n", `x.yaml:1:17: a3c.network.hiden: unknown key; did you mean "a3c.network.hidden"?`},
		{"a3c: {gamma: high}\n", `x.yaml:1:14: a3c.gamma: high is not a number`},
		{"a3c: {gamma: }\n", `x.yaml:1:13: a3c.gamma: null is not a number`},
		{"a3c: {workers: 1000000000000000000000000}\n", `x.yaml:1:16: a3c.workers: 1000000000000000000000000 is not an integer`},
		{"a3c: {gamma: 1e-400x}\n", `x.yaml:1:14: a3c.gamma: 1e-400x is not a number`},
		{"a3c: {gamma: 1e300}\n", `x.yaml:1:14: a3c.gamma: 1e300 is not a number`},
		{"a3c: {gamma: \"1\"}\n", `x.yaml:1:14: a3c.gamma: "1" is not a number`},
		{"a3c: {gamma: {a: 1}}\n", `x.yaml:1:14: a3c.gamma: {a: 1} is not a number`},
		{"a3c: {workers: 1.5}\n", `x.yaml:1:16: a3c.workers: 1.5 is not an integer`},
		{"a3c: {workers: 99999999999999999999}\n", `x.yaml:1:16: a3c.workers: 99999999999999999999 is not an integer`},
		{"steps: -5\n", `x.yaml:1:8: steps: -5 is not an integer of at least 0`},
		{"steps: 4e5\n", `x.yaml:1:8: steps: 4e5 is not an integer of at least 0`},
		{"steps: \"3\"\n", `x.yaml:1:8: steps: "3" is not an integer of at least 0`},
		{"steps: 99999999999999999999\n", `x.yaml:1:8: steps: 99999999999999999999 is not an integer of at most 18446744073709551615`},
		{"a3c:\n\tgamma: 1\n", `x.yaml:2:1: a3c.gamma: broken YAML: a tab; only spaces indent`},
		{"until_solved: maybe\n", `x.yaml:1:15: until_solved: maybe is not true or false`},
		{"env: [a]\n", `x.yaml:1:6: env: [a] is not a name`},
		{"env: 3\n", `x.yaml:1:6: env: 3 is not a name`},
		{"a3c: {network: {hidden: 64}}\n", `x.yaml:1:25: a3c.network.hidden: 64 is not a list`},
		{"a3c: {network: {hidden: [64, x]}}\n", `x.yaml:1:30: a3c.network.hidden[1]: x is not an integer`},
		{"a3c: 3\n", `x.yaml:1:6: a3c: 3 is not a section; want keys and values`},
		{"a3c:\n", `x.yaml:1:6: a3c: null is not a section; want keys and values`},
		{"- 1\n", `x.yaml:1:1: - 1 is not a configuration; want keys and values`},
		{"steps: 1\n---\nsteps: 2\n", `x.yaml:3:1: a second document; one is all that a configuration has`},
		{"a3c:\n  gamma: [1\n", `x.yaml:2:10: a3c.gamma: broken YAML near "[": sequence end token ']' not found`},
		{"# about\na3c:\n  gamma: 1\n  network:\n    hidden: [3\n", `x.yaml:5:13: a3c.network.hidden: broken YAML near "[": sequence end token ']' not found`},
		{"steps: 1\nsteps: 2\n", `x.yaml:2:1: steps: broken YAML near "steps": mapping key "steps" already defined at [1:1]`},
	}
	for _, test := range tests {
		cfg, err := covey.NewConfig("a3c", "CartPole-v1")
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.Merge("x.yaml", []byte(test.text))
		var bad *covey.ConfigError
		if !errors.As(err, &bad) {
			t.Errorf("%q: %v, want a ConfigError", test.text, err)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("%q:\ngot  %v\nwant %s", test.text, err, test.want)
		}
	}
}

func TestImpossibleValuesAreNamedWhereTheyStand(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"a3c.gamma", "1.5", "--gamma: a3c.gamma: 1.5, must be between 0 and 1"},
		{"a3c.gamma", ".nan", "--gamma: a3c.gamma: .nan is not a number"},
		{"a3c.workers", "0", "--gamma: a3c.workers: 0, must be between 1 and 1024"},
		{"a3c.update", "asinc", `--gamma: a3c.update: "asinc", must be one of [ordered async sync]`},
		{"a3c.optimizer.beta1", "1", "--gamma: a3c.optimizer.beta1: 1, must be at least 0 and less than 1"},
		{"a3c.network.activation", "gelu", `--gamma: a3c.network.activation: "gelu", must be relu or tanh`},
		{"a3c.network.hidden", "[0]", "--gamma: a3c.network.hidden: [0], widths must be between 1 and 65536"},
		{"eval.episodes", "0", "--gamma: eval.episodes: 0, must be between 1 and 1000000"},
		{"fallback.rate", "1", "--gamma: fallback.rate: 1, must be more than 0 and less than 1"},
		{"seconds", ".inf", "--gamma: seconds: +Inf is not a duration"},
		{"solve_at", ".inf", "--gamma: solve_at: +Inf is not a return"},
		{"steps", "0", "--gamma: steps: the run has no budget; set steps, episodes or seconds"},
		{"algo", "a3d", `--gamma: algo: unknown algorithm "a3d"; did you mean "a3c"?`},
		{"algo", "a2c", `a3c.update: "ordered", but a2c updates in sync; algo a3c has the other orders`},
	}
	for _, test := range tests {
		cfg, err := covey.Preset("a3c", "CartPole-v1", "")
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.Set("--gamma", test.key, test.value)
		if err == nil {
			err = cfg.Validate()
		}
		if err == nil || err.Error() != test.want {
			t.Errorf("%s=%s:\ngot  %v\nwant %s", test.key, test.value, err, test.want)
		}
	}
}

func TestValidateNamesTheLineOfAFile(t *testing.T) {
	cfg, err := covey.Preset("a3c", "CartPole-v1", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Merge("x.yaml", []byte("a3c:\n  lambda: 0.9\n  gamma: 2\n")); err != nil {
		t.Fatal(err)
	}
	if got, want := cfg.Validate().Error(), "x.yaml:3:10: a3c.gamma: 2, must be between 0 and 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUnknownNames(t *testing.T) {
	for name, want := range map[string]string{
		"CartPole-v2":         `env: unknown environment "CartPole-v2"; did you mean "CartPole-v0"?`,
		"Breakout-v1":         `env: unknown environment "Breakout-v1"; did you mean "MinAtar/Breakout-v1"?`,
		"Pong-v5":             `env: unknown environment "Pong-v5"; did you mean "ALE/Pong-v5"?`,
		"MinAtar/breakout-v1": `env: unknown environment "MinAtar/breakout-v1"; did you mean "MinAtar/Breakout-v1"?`,
		"Zork":                `env: unknown environment "Zork"; gym:Zork asks Gymnasium for it; known: Acrobot-v1, CartPole-v0, `,
	} {
		if _, err := covey.NewEnvironment(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := covey.NewConfig("reinforce!", "CartPole-v1")
	if want := `algo: unknown algorithm "reinforce!"; known: a2c, a3c, ddpg, dqn, sac`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = covey.Preset("a3c", "CartPole-v1", "textbok")
	if err == nil || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `did you mean "textbook"?`) {
		t.Errorf("got %v", err)
	}
}

func TestAnnealingTakesThePlannedSteps(t *testing.T) {
	for _, steps := range []uint64{0, 5000} {
		cfg, err := covey.Preset("a3c", "CartPole-v1", "")
		if err != nil {
			t.Fatal(err)
		}
		cfg.A3C.AnnealSteps = steps
		resolved, err := cfg.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if cfg.A3C.AnnealSteps != steps {
			t.Errorf("Resolve changed its receiver: anneal_steps %d became %d", steps, cfg.A3C.AnnealSteps)
		}
		want := steps
		if want == 0 {
			want = cfg.Steps
		}
		if resolved.A3C.AnnealSteps != want {
			t.Errorf("anneal_steps %d became %d, want %d", steps, resolved.A3C.AnnealSteps, want)
		}
	}
}

// TestSharedSettingsAreTheSectionsOwn: the keys that off-policy algorithms have in common stand in each
// one's section, and a ratio is written as a number or a fraction.
func TestSharedSettingsAreTheSectionsOwn(t *testing.T) {
	cfg, err := covey.NewConfig("sac", "Pendulum-v1")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"2": "updates_per_step: \"2\"", "1/4": "updates_per_step: 1/4", "0.5": "updates_per_step: 1/2"} {
		if err := cfg.Merge("", []byte("steps: 9\nsac: {gamma: 0.5, updates_per_step: "+value+", temperature: {initial: 0.2}}")); err != nil {
			t.Fatal(err)
		}
		text, err := cfg.YAML()
		if err != nil || !strings.Contains(string(text), want) || cfg.SAC.Gamma != 0.5 || cfg.SAC.Temperature.Initial != 0.2 {
			t.Errorf("%s: %v\n%s", value, err, text)
		}
		again, err := covey.NewConfig("sac", "Pendulum-v1")
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Merge("", text); err != nil || again.SAC.UpdatesPerStep != cfg.SAC.UpdatesPerStep {
			t.Errorf("%s: read back as %v, %v", value, again.SAC.UpdatesPerStep, err)
		}
	}
	for text, want := range map[string]string{
		"sac: {gama: 1}":                   `sac.gama: unknown key; did you mean "sac.gamma"?`,
		"sac: {updates_per_step: [1]}":     "sac.updates_per_step: [1] is not a number or a text",
		"sac: {updates_per_step: 1/0}":     `"1/0" is not a ratio`,
		"sac: {temperature: {targets: 1}}": `did you mean "sac.temperature.target"?`,
		"a3c: {workers: 2}":                "a3c: settings of algorithm",
	} {
		cfg, err := covey.NewConfig("sac", "Pendulum-v1")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Steps = 1
		if err = cfg.Merge("", []byte(text)); err == nil {
			err = cfg.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func TestSetTakesOneLine(t *testing.T) {
	cfg, err := covey.NewConfig("a3c", "CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	err = cfg.Set("--set", "seed", "1\nsteps: 3")
	if want := "--set: seed: the value is more than one line"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if cfg.Steps != 0 {
		t.Errorf("steps have become %d", cfg.Steps)
	}
}

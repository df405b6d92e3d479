package covey_test

import (
	"context"
	"strings"
	"testing"

	"covey"
)

// TestConvolutionsReplaceTheTower of the layers before, as a tower does convolutions: what is said later wins.
func TestConvolutionsReplaceTheTower(t *testing.T) {
	cfg, err := covey.Preset("a3c", "MinAtar/Breakout-v1", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		settings, tower string
		layers          int
	}{
		{"conv: [{filters: 4, size: 3, stride: 1}, {filters: 8, size: 3, stride: 1}]", "", 2},
		{"hidden: [16]", "", 2},
		{"tower: strided", "strided", 0},
		{"conv: []", "", 0},
		{"tower: strided", "strided", 0},
		{"tower: ''", "", 0},
	} {
		if err := cfg.Merge("mine.yaml", []byte("a3c: {network: {"+test.settings+"}}")); err != nil {
			t.Fatal(err)
		}
		if n := cfg.A3C.Network; n.Tower != test.tower || len(n.Conv) != test.layers {
			t.Errorf("after %s: tower %q and %d convolutions, want %q and %d", test.settings, n.Tower, len(n.Conv), test.tower, test.layers)
		}
		if err := cfg.Validate(); err != nil {
			t.Errorf("after %s: %v", test.settings, err)
		}
	}
	if err := cfg.Merge("mine.yaml", []byte("a3c: {network: {tower: a3c, conv: [{filters: 4, size: 3, stride: 1}]}}")); err != nil {
		t.Fatal(err)
	}
	want := "mine.yaml:1:35: a3c.network.conv: lists 1 layers beside tower: a3c; leave one of the two out"
	if err := cfg.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestNetworksThatDoNotFit are refused before anything is made, with the key, the layer and the shapes.
func TestNetworksThatDoNotFit(t *testing.T) {
	for _, test := range []struct{ algo, env, settings, want string }{
		{"a3c", "CartPole-v1", "network: {tower: nature}", "a3c.network: input: convolutions want images, [height, width], with channels last or frames first; the observation is [4]"},
		{"a3c", "CartPole-v1", "network: {tower: natur}", `a3c.network.tower: "natur", must be one of a3c, doom, impala, minatar, nature, strided`},
		{"a3c", "CartPole-v1", "network: {conv: [{filters: 4, size: 3}]}", "a3c.network.conv: layer 0: stride is 0, must be between 1 and 1024"},
		{"a3c", "CartPole-v1", "workers: 1024, envs: 4, segment_length: 1048576", "a3c.segment_length: 1048576: with 1024 workers of 4 environments, networks and segments take"},
		{"a3c", "CartPole-v1", "network: {hidden: [65536, 65536, 65536, 65536, 65536, 65536], lstm: 65536}", "a3c.segment_length"},
		{"a3c", "MinAtar/Breakout-v1", "segment: episode, envs: 1", `a3c.segment: episode, but episodes of MinAtar/Breakout-v1 have no limit`},
		{"a3c", "CartPole-v1", "segment: episode, envs: 1, network: {hidden: [65536, 65536, 65536], lstm: 65536}", "a3c.segment: episode: of up to 500 steps: with"},
		{"dqn", "CartPole-v1", "batch: 1048576, warmup: 1048576, replay: 1048576, network: {hidden: [65536, 64]}", "dqn.batch: 1048576: networks in so many observations take at least"},
		{"dqn", "MinAtar/Breakout-v1", "normalize_observations: true", "dqn.normalize_observations: true, but the observations of MinAtar/Breakout-v1 are bytes"},
		{"dqn", "Pendulum-v1", "batch: 32", "dqn: Pendulum-v1 has Box actions"},
		{"dqn", "CartPole-v1", "network: {tower: nature}", "dqn.network: input: convolutions want images"},
		{"sac", "Pendulum-v1", "network: {lstm: 8}", "sac.network.lstm: 8, but what learns from single transitions"},
		{"ddpg", "Pendulum-v1", "network: {tower: impala}", "ddpg.network.tower: impala, but the critics see observation and action as one vector"},
		{"dqn", "CartPole-v1", "network: {lstm: 8}", "dqn.network.lstm: 8, but what learns from single transitions"},
	} {
		cfg := small(t, test.algo, test.env)
		err := cfg.Merge("mine.yaml", []byte(test.algo+": {"+test.settings+"}"))
		if err == nil {
			_, err = covey.Train(context.Background(), cfg, covey.Options{})
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s:\ngot  %v\nwant %s", test.algo, test.settings, err, test.want)
		}
	}
}

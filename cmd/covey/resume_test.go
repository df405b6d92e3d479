package main

import (
	"bytes"
	"context"
	"testing"

	"covey"
)

// TestRelativePathsAreNoChange: a run that a program made may name another run by a relative path, and goes on.
func TestRelativePathsAreNoChange(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ dir, init string }{{"parent", ""}, {"run", "parent"}} {
		cfg, err := covey.Preset("a3c", "CartPole-v1", "")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Steps, cfg.Eval.Episodes, cfg.Init, cfg.A3C.Anneal = 2000, 1, c.init, "constant"
		if _, err := covey.Train(context.Background(), cfg, covey.Options{Dir: c.dir}); err != nil {
			t.Fatal(err)
		}
	}
	var out, complaints bytes.Buffer
	if code := execute(context.Background(), []string{"resume", "run", "--steps", "4000", "--quiet"}, &out, &complaints); code != 0 {
		t.Errorf("exit code %d: %s", code, complaints.String())
	}
}

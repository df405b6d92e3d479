package covey_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey"
	"covey/policy"
	"covey/transitions"
)

// collect writes the transitions of sampled episodes to a file and returns their mean return.
func collect(t *testing.T, path string, cfg *covey.Config, p *policy.Policy, episodes int) float64 {
	t.Helper()
	r, err := transitions.Record(path, cfg.Provenance())
	if err != nil {
		t.Fatal(err)
	}
	e, err := covey.Evaluate(context.Background(), p, r.Watching(cfg.Environment), episodes, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return e.Mean
}

// swinger is a configuration for Pendulum, and a policy that has learned a little from it.
func swinger(t *testing.T, steps uint64) (*covey.Config, *policy.Policy) {
	t.Helper()
	cfg, err := covey.Preset("sac", "Pendulum-v1", "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Steps, cfg.Eval.Every = steps, 0
	run, err := covey.Train(context.Background(), cfg, covey.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return cfg, run.Policy
}

// TestOfflineImproves: from nothing but what a poor policy did, a much better one is learned.
func TestOfflineImproves(t *testing.T) {
	if testing.Short() {
		t.Skip("learns for minutes under the race detector")
	}
	cfg, p := swinger(t, 2000)
	cfg.ReplayFile, cfg.Offline, cfg.Steps = filepath.Join(t.TempDir(), "data"), true, 4000
	behaved := collect(t, cfg.ReplayFile, cfg, p, 40)
	if behaved > -1000 {
		t.Fatalf("the policy that is to be poor returns %.1f", behaved)
	}
	run, err := covey.Train(context.Background(), cfg, covey.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if run.EvalGreedy.Mean < -250 {
		t.Errorf("learned to return %.1f from one that returns %.1f", run.EvalGreedy.Mean, behaved)
	}
	if run.Update != "offline" || run.Updates != 4000 || run.EnvSteps != 4000 || run.Episodes != 0 || len(run.Warnings) > 0 {
		t.Errorf("the result says %+v", run.Result)
	}
	again, err := covey.Train(context.Background(), cfg, covey.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !run.Deterministic || again.ParamsSHA256 != run.ParamsSHA256 {
		t.Error("the same file and seed gave another policy")
	}
}

// TestDamagedExperience: a number that is none is named before the run leaves a trace.
func TestDamagedExperience(t *testing.T) {
	cfg, p := swinger(t, 300)
	path := filepath.Join(t.TempDir(), "data")
	collect(t, path, cfg, p, 2)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := int(binary.LittleEndian.Uint64(data)) + 8
	binary.LittleEndian.PutUint32(data[head+12*17:], math.Float32bits(float32(math.Inf(-1)))) // the observations come first
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	cfg.ReplayFile = path
	out := filepath.Join(t.TempDir(), "run")
	_, err = covey.Train(context.Background(), cfg, covey.Options{Dir: out})
	if want := path + `: tensor "observations", row 17: element 0 is -Inf`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the run has left a folder (%v)", err)
	}
}

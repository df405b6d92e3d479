package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"covey/train"
)

// victim is a short run that takes about a second, with a checkpoint every 50 ms.
type victim struct {
	name string
	args []string // of covey train
}

// common are settings of every victim.
var common = []string{
	"--quiet", "--set", "checkpoint.seconds=0.05", "--set", "eval.episodes=10", "--set", "log_every=2000",
}

var victims = []victim{
	{"A3C, ordered, 4 workers", []string{"CartPole-v1", "--algo", "a3c", "--workers", "4", "--steps", "600000", "--eval-every", "100000"}},
	{"SAC", []string{"Pendulum-v1", "--algo", "sac", "--steps", "15000", "--eval-every", "5000"}},
	{"DQN", []string{"CartPole-v1", "--algo", "dqn", "--steps", "25000", "--eval-every", "10000"}},
}

// process is a covey at work.
type process struct {
	*exec.Cmd
	said bytes.Buffer // on both outputs
}

// start starts covey with the arguments.
func (o *options) start(ctx context.Context, args ...string) (*process, error) {
	p := &process{Cmd: exec.CommandContext(ctx, o.covey, args...)}
	p.Stdout, p.Stderr = &p.said, &p.said
	return p, p.Start()
}

// end waits for a process that should end by itself.
func (p *process) end() error {
	if err := p.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(p.Args, " "), err, strings.TrimSpace(p.said.String()))
	}
	return nil
}

// call runs covey to its end and returns what it said.
func (o *options) call(ctx context.Context, args ...string) (string, error) {
	p, err := o.start(ctx, args...)
	if err != nil {
		return "", err
	}
	err = p.end()
	return p.said.String(), err
}

// train are the arguments that train the victim in a folder.
func (v *victim) train(dir string) []string {
	return append(append([]string{"train", "--out", dir}, v.args...), common...)
}

// goOn are the arguments that go on in a folder: with its run, or, where the process was killed before there was one,
// with a new one.
func (v *victim) goOn(dir string) []string {
	if _, err := os.Stat(filepath.Join(dir, train.ConfigFile)); err != nil {
		return v.train(dir)
	}
	return []string{"resume", dir, "--quiet"}
}

// whole is a victim that was left alone.
type whole struct {
	outcome string
	took    time.Duration
}

func (o *options) whole(ctx context.Context, v *victim) (*whole, error) {
	dir := filepath.Join(o.work, "whole")
	began := time.Now()
	if _, err := o.call(ctx, v.train(dir)...); err != nil {
		return nil, err
	}
	w := &whole{took: time.Since(began)}
	var err error
	w.outcome, err = outcome(dir)
	return w, errors.Join(err, os.RemoveAll(dir))
}

// The columns of a run's table that are times, wall_s and steps_per_s, and the first one after them.
const timesBegin, timesEnd = 3, 5

// outcome is what must be the same of two runs, however often one was left: the hash of its parameters and its table,
// but for the columns of times.
func outcome(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, train.ResultFile))
	if err != nil {
		return "", err
	}
	var r train.Result
	if err := json.Unmarshal(text, &r); err != nil {
		return "", err
	}
	rows, err := os.ReadFile(filepath.Join(dir, train.ProgressFile))
	if err != nil {
		return "", err
	}
	b := strings.Builder{}
	fmt.Fprintf(&b, "%s %v\n", r.ParamsSHA256, r.Deterministic)
	for line := range strings.Lines(string(rows)) {
		cells := strings.Split(line, ",")
		b.WriteString(strings.Join(slices.Delete(cells, timesBegin, timesEnd), ","))
	}
	return b.String(), nil
}

// kill ends a process as nothing can prevent, and waits until it is gone.
func (p *process) kill() error {
	if err := p.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = p.Wait() // it was killed
	return nil
}

// Bridge sets environments of Gymnasium's behind covey's bridge beside the same loop in Python, and prints one table.
//
//	covey gym setup atari mujoco && go run ./bench/bridge [-rounds 5] [-seconds 1] [-python INTERPRETER]
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/bench/stats"
	"covey/env"
	"covey/env/gymnasium"
	"covey/internal/pyenv"
)

//go:embed loop.py
var loop string

func main() {
	rounds := flag.Int("rounds", 5, "measurements of each setting, in turns; the table has their medians")
	seconds := flag.Float64("seconds", 1, "duration of one measurement")
	python := flag.String("python", "", "interpreter with Gymnasium, ale-py and MuJoCo (default: covey gym setup's)")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *python, *rounds, *seconds); err != nil {
		fmt.Fprintln(os.Stderr, "bridge:", err)
		os.Exit(1)
	}
}

// setting is a vector to be measured.
type setting struct {
	id              string
	envs, processes int
	own, piped      bool // the package's own vector; without shared memory
	played          bool // Atari as policies see it: frames skipped, grey
}

var (
	cartpole, cheetah, pong = "CartPole-v1", "HalfCheetah-v5", "ALE/Pong-v5"
	settings                = []setting{
		{id: cartpole, envs: 1, processes: 1},
		{id: cartpole, envs: 1, processes: 1, piped: true},
		{id: cartpole, envs: 8, processes: 1},
		{id: cartpole, envs: 64, processes: 1, own: true},
		{id: cheetah, envs: 1, processes: 1},
		{id: cheetah, envs: 8, processes: 1},
		{id: cheetah, envs: 16, processes: 2},
		{id: pong, envs: 1, processes: 1},
		{id: pong, envs: 8, processes: 2},
		{id: pong, envs: 8, processes: 2, piped: true},
		{id: pong, envs: 8, processes: 2, played: true},
		{id: pong, envs: 16, processes: 2, own: true},
	}
)

func run(ctx context.Context, w io.Writer, python string, rounds int, seconds float64) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds is %d", rounds)
	}
	if python == "" {
		var err error
		if python, err = pyenv.Gymnasium(); err != nil {
			return err
		}
	}
	machine := compare.ThisMachine(ctx, "covey")
	plain := map[string][]float64{}
	rates, calls := make([][]float64, len(settings)), make([][]float64, len(settings))
	for round := range rounds {
		compare.Progress("round %d: the loop in Python", round+1)
		steps, err := inPython(ctx, python, seconds)
		if err != nil {
			return err
		}
		for id, step := range steps {
			plain[id] = append(plain[id], step)
		}
		for i, s := range settings {
			compare.Progress("round %d: %s, %d × %d", round+1, s.id, s.processes, s.envs/s.processes)
			rate, call, err := s.measure(python, seconds)
			if err != nil {
				return err
			}
			rates[i], calls[i] = append(rates[i], rate), append(calls[i], call)
		}
	}
	compare.Progress("")
	table := [][]string{{"environment", "processes × environments", "steps/s", "of as many loops in Python", "call, p50 µs", "step in Python, p50 µs", "more per message, µs", "per step, µs"}}
	for i, s := range settings {
		table = append(table, s.row(stats.Median(rates[i]), stats.Median(calls[i]), stats.Median(plain[s.id])))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores; %s; load before: %s; %s. Medians of %d rounds.\n\n", machine.CPU, machine.Cores, machine.Go, machine.Load, machine.Date, rounds)
	compare.WriteTable(&b, table)
	_, err := io.WriteString(w, b.String())
	return err
}

// inPython is the median step of each environment in a loop in Python, in seconds.
func inPython(ctx context.Context, python string, seconds float64) (map[string]float64, error) {
	ids := []string{cartpole, cheetah, pong}
	j := compare.Job{Program: python, Args: append([]string{"-c", loop, fmt.Sprint(seconds)}, ids...), Env: []string{"OMP_NUM_THREADS=1"},
		Limit: compare.Patience + time.Duration(float64(len(ids))*seconds*float64(time.Second))}
	var found map[string]float64
	if _, err := j.Run(ctx, &found); err != nil {
		return nil, fmt.Errorf("loop.py: %w", err)
	}
	return found, nil
}

// measure steps the vector with random actions: steps of single environments a second, and the median of a call,
// in seconds.
func (s setting) measure(python string, seconds float64) (rate, call float64, err error) {
	o := gymnasium.DefaultOptions(s.id)
	o.Python, o.Vector, o.Piped = python, s.own, s.piped
	if s.own && s.id == pong {
		o.Kwargs = map[string]any{"stack_num": 1, "num_threads": 1}
	}
	if s.played {
		o.Kwargs, o.Wrappers = map[string]any{"frameskip": 1}, []gymnasium.Wrapper{gymnasium.DefaultAtari().Wrapper()}
	}
	v, err := gymnasium.NewVector(o, s.envs, s.processes)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	spec := v.Spec()
	frame, width := spec.Observation.Size(), spec.Action.Size()
	obs, final := env.MakeValues(spec.Observation, s.envs*frame), env.MakeValues(spec.Observation, s.envs*frame)
	actions, out, rng := make([]float32, s.envs*width), make([]env.Outcome, s.envs), rand.New(rand.NewPCG(1, 2))
	if err := v.Reset(make([]uint64, s.envs), obs); err != nil {
		return 0, 0, err
	}
	var times []time.Duration
	var spent time.Duration
	for spent.Seconds() < seconds {
		for i := range s.envs {
			spec.Action.Sample(actions[i*width:(i+1)*width], rng)
		}
		begun := time.Now()
		if err := v.Step(actions, obs, final, out); err != nil {
			return 0, 0, err
		}
		d := time.Since(begun)
		times, spent = append(times, d), spent+d
	}
	slices.Sort(times)
	return float64(len(times)*s.envs) / spent.Seconds(), times[len(times)/2].Seconds(), nil
}

// row is the setting's line. A package's own vector does another amount of work than such a loop, and so does a
// game whose frames are preprocessed; processes step at the same time.
func (s setting) row(rate, call, plain float64) []string {
	name := s.id
	if s.own {
		name += ", own vector"
	}
	if s.played {
		name += ", preprocessed"
	}
	if s.piped {
		name += ", piped"
	}
	line := []string{name, fmt.Sprintf("%d × %d", s.processes, s.envs/s.processes), compare.Count(rate), "", fmt.Sprintf("%.1f", 1e6*call), "", "", ""}
	if s.own || s.played {
		return line
	}
	line[3] = fmt.Sprintf("%.0f %%", 100*rate*plain/float64(s.processes))
	if s.processes == 1 {
		more := 1e6 * (call - float64(s.envs)*plain)
		line[5], line[6], line[7] = fmt.Sprintf("%.1f", 1e6*plain), fmt.Sprintf("%.1f", more), fmt.Sprintf("%.2f", more/float64(s.envs))
	}
	return line
}

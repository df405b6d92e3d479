// Package offpolicytest is the suite that every off-policy learner passes.
package offpolicytest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"covey/algo"
	"covey/algo/offpolicy"
	"covey/env"
	"covey/internal/corridor"
	"covey/state"
)

// Algorithm is how the suite makes learners: in v, whose corridor has actions that the algorithm takes, with a
// small configuration that alter has changed.
type Algorithm struct {
	Continuous bool
	New        func(alter func(*offpolicy.Config), seed uint64, v env.Vector) (*offpolicy.Learner, error)
}

// Small is a configuration for the corridor, for an algorithm's own to start from.
func Small(c *offpolicy.Config) {
	c.Network.Hidden, c.Gamma = []int{12, 12}, 0.9
	c.Envs, c.Batch, c.Warmup, c.Replay, c.LearningRate = 2, 16, 64, 2000, 1e-2
	c.UpdatesPerStep = offpolicy.Ratio{Updates: 1, Steps: 1}
}

// Run runs the suite.
func Run(t *testing.T, a Algorithm) {
	for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
		t.Run(update, func(t *testing.T) {
			s := suite{a, func(c *offpolicy.Config) { c.Update = update }}
			t.Run("same bits on any cores", s.sameBits)
			t.Run("resumes", func(t *testing.T) { s.resumes(t, s.awkward, 24) })
			t.Run("resumes in a long round", func(t *testing.T) { s.resumes(t, s.long, 500) })
			t.Run("steady state allocates nothing", s.allocates)
			t.Run("failures say where", s.failures)
			t.Run("learns", func(t *testing.T) { a.Learns(t, s.alter) })
		})
	}
	whatever := suite{a, func(*offpolicy.Config) {}}
	t.Run("stops", whatever.stops)
	t.Run("adopts", whatever.adopts)
}

type suite struct {
	Algorithm
	alter func(*offpolicy.Config)
}

func (a Algorithm) learner(t *testing.T, seed uint64, alter func(*offpolicy.Config), change func(int, *corridor.World)) *offpolicy.Learner {
	t.Helper()
	v, err := corridor.Batch(2, a.Continuous, change)
	if err != nil {
		t.Fatal(err)
	}
	l, err := a.New(alter, seed, v)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// until stops after n updates.
func until(n uint64) algo.Boundary {
	return func(p algo.Progress) (algo.Decision, error) { return algo.Decision{Stop: p.Updates >= n}, nil }
}

// awkward is a configuration in which much is carried over from one round to the next.
func (s suite) awkward(c *offpolicy.Config) {
	s.alter(c)
	c.NormalizeObservations, c.NStep, c.UpdatesPerStep = true, 2, offpolicy.Ratio{Updates: 3, Steps: 7}
}

// long is a configuration whose rounds of updates are not made in one go.
func (s suite) long(c *offpolicy.Config) {
	s.alter(c)
	c.UpdatesPerStep, c.UpdateEvery = offpolicy.Ratio{Updates: 50, Steps: 1}, 4
}

// sameBits: the same seed gives the same run on one core and on several, and another seed another.
func (s suite) sameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	run := func(processors int, seed uint64) [32]byte {
		runtime.GOMAXPROCS(processors)
		l := s.learner(t, seed, s.awkward, nil)
		if err := l.Run(context.Background(), until(60)); err != nil {
			t.Fatal(err)
		}
		h, err := state.Hash(l)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	want := run(1, 7)
	for i := range 3 {
		if run(1+i, 7) != want {
			t.Errorf("repeat on %d processors has other bits", 1+i)
		}
	}
	if run(2, 8) == want {
		t.Error("another seed gave the same run")
	}
}

// resumes: saved at any boundary and loaded into a fresh learner, a run of so many updates goes on with the same bits, and
// reports the same.
func (s suite) resumes(t *testing.T, alter func(*offpolicy.Config), updates uint64) {
	type moment struct {
		tree     state.Tree
		progress string
	}
	watched := func(l *offpolicy.Learner, save bool) (moments []moment) {
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			m := moment{progress: fmt.Sprintf("%+v", p)}
			var err error
			if save {
				m.tree, err = state.Save(l)
			}
			moments = append(moments, m)
			return algo.Decision{Stop: p.Updates >= updates}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return moments
	}
	whole := s.learner(t, 4, alter, nil)
	moments := watched(whole, true)
	stride := 1
	if testing.Short() {
		stride = 13
	}
	for at := 0; at < len(moments)-1; at += stride {
		resumed := s.learner(t, 99, alter, nil)
		if err := state.Load(resumed, moments[at].tree); err != nil {
			t.Fatal(err)
		}
		for i, m := range watched(resumed, false) {
			if want := moments[at+1+i].progress; m.progress != want {
				t.Fatalf("saved at boundary %d, boundary %d says %s, want %s", at, at+1+i, m.progress, want)
			}
		}
		if diff, err := state.Diff(whole, resumed); err != nil || len(diff) > 0 {
			t.Fatalf("saved at boundary %d: %d parts differ: %v ... %v", at, len(diff), diff[:min(len(diff), 3)], err)
		}
	}
}

// adopts: a learner that starts from another's policy has all of it, and each of its target networks starts where its network
// does.
func (s suite) adopts(t *testing.T) {
	giver, l := s.learner(t, 4, s.awkward, nil), s.learner(t, 5, s.awkward, nil)
	if err := giver.Run(context.Background(), until(24)); err != nil {
		t.Fatal(err)
	}
	if err := l.Adopt(giver.Policy()); err != nil {
		t.Fatal(err)
	}
	if diff, err := state.Diff(giver.Policy(), l.Policy()); err != nil || len(diff) > 0 {
		t.Errorf("%d parts of the policy differ: %v ... %v", len(diff), diff[:min(len(diff), 3)], err)
	}
	floats := map[string][]float32{}
	for _, e := range learned(t, l) {
		floats[e.Name] = e.Floats
	}
	targets := 0
	for name, target := range floats {
		network, ok := strings.CutSuffix(name, "/target")
		if !ok {
			continue
		}
		targets++
		if !slices.Equal(target, floats[network+"/params"]) {
			t.Errorf("the target network of %s starts elsewhere than the network", network)
		}
	}
	if targets == 0 {
		t.Error("there is no target network")
	}
}

// allocates counts allocations between two updates far apart.
func (s suite) allocates(t *testing.T) {
	var before, after runtime.MemStats
	err := s.learner(t, 1, s.awkward, nil).Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
		switch {
		case p.Updates >= 300:
			runtime.ReadMemStats(&after)
		case p.Updates >= 100 && before.Mallocs == 0:
			runtime.ReadMemStats(&before)
		}
		return algo.Decision{Stop: p.Updates >= 300}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := after.Mallocs - before.Mallocs; n > 40 { // the runtime's own, seen now and then
		t.Errorf("%d allocations in 200 updates", n)
	}
}

// failures: a world that fails, or shows what is not a number, is named with the step.
func (s suite) failures(t *testing.T) {
	for want, change := range map[string]func(*corridor.World){
		"environment 1 (Corridor): corridor caved in":                            func(w *corridor.World) { w.FailAt = 50 },
		"step 98, environment 1 (Corridor): reward is NaN":                       func(w *corridor.World) { w.NaNAt = 50 },
		"step 98, environment 1 (Corridor): element 1 of the observation is NaN": func(w *corridor.World) { w.LostAt = 50 },
	} {
		l := s.learner(t, 1, s.alter, func(i int, w *corridor.World) {
			if i == 1 {
				change(w)
			}
		})
		if err := l.Run(context.Background(), until(1<<40)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	for _, inBoundary := range []bool{false, true} {
		l := s.learner(t, 1, s.alter, func(i int, w *corridor.World) {
			if i == 1 && !inBoundary {
				w.PanicAt = 50
			}
		})
		err := l.Run(context.Background(), func(algo.Progress) (algo.Decision, error) {
			if inBoundary {
				panic(corridor.ErrCaveIn)
			}
			return algo.Decision{}, nil
		})
		if p, ok := errors.AsType[*algo.Panic](err); !ok || !errors.Is(err, corridor.ErrCaveIn) || len(p.Stack) == 0 {
			t.Errorf("error %v of a panic", err)
		}
	}
	diverging := func(c *offpolicy.Config) {
		s.alter(c)
		c.Optimizer.Kind, c.LearningRate, c.RewardScale = "sgd", 10, 1e6
	}
	err := s.learner(t, 1, diverging, nil).Run(context.Background(), until(100_000))
	if err == nil || !strings.Contains(err.Error(), "loss is") || !strings.Contains(err.Error(), "step ") {
		t.Errorf("error %v of a loss that diverges", err)
	}
}

// stops: an error of the boundary and the end of the context end a run, and are what it returns.
func (s suite) stops(t *testing.T) {
	broken := fmt.Errorf("boundary broke")
	err := s.learner(t, 1, s.alter, nil).Run(context.Background(), func(algo.Progress) (algo.Decision, error) { return algo.Decision{}, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.learner(t, 1, s.alter, nil).Run(ctx, until(1<<40)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Learns holds a configuration to going straight to the corridor's end after 500 updates.
func (a Algorithm) Learns(t *testing.T, alter func(*offpolicy.Config)) {
	t.Helper()
	if testing.Short() {
		t.Skip("learning takes its time under the race detector")
	}
	l := a.learner(t, 1, alter, nil)
	if err := l.Run(context.Background(), until(500)); err != nil {
		t.Fatal(err)
	}
	actor := l.Policy().NewActor(1)
	w, obs, action := &corridor.World{Continuous: a.Continuous}, env.Values{F: make([]float32, 2)}, make([]float32, 1)
	mean := 0.0
	const episodes = 20
	for episode := range uint64(episodes) {
		if err := w.Reset(episode, obs); err != nil {
			t.Fatal(err)
		}
		for over := false; !over; {
			actor.Act(action, obs, nil)
			o, err := w.Step(action, obs)
			if err != nil {
				t.Fatal(err)
			}
			mean += float64(o.Reward) / episodes
			over = o.Terminated || o.Truncated
		}
	}
	if !(mean > 1.2) { // a walk without aim stays near 0
		t.Errorf("mean return %.2f, want above 1.2", mean)
	}
}

package offpolicy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/internal/corridor"
	"covey/replay"
	"covey/state"
)

// memories are episodes of numbered observations; their actions are those of a corridor, in [−2, 2].
type memories struct {
	steps, episodes int
	list            []replay.Step
	failAt          int // the step that cannot be read; 0: none
	closed          bool
}

func newMemories(lengths ...int) *memories {
	m := &memories{episodes: len(lengths)}
	number := float32(0)
	for _, n := range lengths {
		for i := range n {
			number++
			m.list = append(m.list, replay.Step{
				Start: i == 0, Action: []float32{1}, Outcome: env.Outcome{Reward: number, Truncated: i == n-1},
				Observation: env.Values{F: []float32{number, 0}}, Next: env.Values{F: []float32{number + 1, 0}},
			})
		}
		number++ // the last observation
	}
	m.steps = len(m.list)
	return m
}

func (m *memories) Size() (int, int) { return m.steps, m.episodes }
func (m *memories) Close() error     { m.closed = true; return nil }
func (m *memories) Next(s *replay.Step) error {
	if m.failAt > 0 && m.steps-len(m.list) == m.failAt {
		return errors.New("torn page")
	}
	if len(m.list) == 0 {
		return io.EOF
	}
	x := m.list[0]
	s.Start, s.Outcome = x.Start, x.Outcome
	copy(s.Action, x.Action)
	s.Observation.Copy(x.Observation)
	s.Next.Copy(x.Next)
	m.list = m.list[1:]
	return nil
}

func prefilled(l *Learner, m *memories, offline bool) {
	l.Prefill(func() (Experience, error) { return m, nil }, offline)
}

// TestPrefilledIsHeld: in the least replay that takes it, whatever the number of environments, all experience is
// there before the first step, follows itself, and its actions are what a policy would have chosen.
func TestPrefilledIsHeld(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lengths := make([]int, 1+rng.IntN(20))
		for i := range lengths {
			lengths[i] = 1 + rng.IntN(30)
		}
		m := newMemories(lengths...)
		cfg := tiny()
		cfg.Envs, cfg.Batch, cfg.Warmup = 1+rng.IntN(16), 1, 1
		cfg.Replay = m.steps + m.episodes + cfg.Envs
		l, _ := newTestLearner(t, cfg)
		prefilled(l, m, false)
		if err := l.prefill(); err != nil {
			t.Fatal(err)
		}
		if l.buffer.Len() != m.steps || !m.closed {
			t.Fatalf("%v with %d environments: %d transitions of %d are held", lengths, cfg.Envs, l.buffer.Len(), m.steps)
		}
		for range 200 {
			l.draw()
			obs, next := l.batch.Observations.F[0], l.batch.Next.F[0]
			if next != obs+1 || l.batch.Rewards[0] != obs || l.batch.Actions[0] != 0.5 {
				t.Fatalf("a row goes from %v to %v by action %v with reward %v", obs, next, l.batch.Actions[0], l.batch.Rewards[0])
			}
		}
	}
}

// TestPrefilledLearnsAtOnce: experience is the warm-up, wholly or in part, and is no step of the run.
func TestPrefilledLearnsAtOnce(t *testing.T) {
	for _, tt := range []struct{ held, warm int }{{0, 10}, {4, 6}, {10, 0}, {25, 0}} {
		for _, update := range []string{Ordered, Async} {
			cfg := tiny()
			cfg.Update = update
			l, a := newTestLearner(t, cfg)
			if tt.held > 0 {
				prefilled(l, newMemories(tt.held), false)
			}
			err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
				return algo.Decision{Stop: p.Steps >= 30}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := uint64(30 - tt.warm)
			if update == Async {
				want--
			}
			if a.updates != want {
				t.Errorf("%s, %d held: %d updates in 30 steps, want %d", update, tt.held, a.updates, want)
			}
			if a.explored[0] != uint64(tt.warm) {
				t.Errorf("%s, %d held: the agent first chose after %d steps, want %d", update, tt.held, a.explored[0], tt.warm)
			}
		}
	}
}

// TestOffline: one update per turn, counted as a step, and no environment is touched.
func TestOffline(t *testing.T) {
	cfg := tiny()
	cfg.Envs = 3
	v, err := corridor.Batch(3, true, func(_ int, w *corridor.World) { w.FailAt = 1 })
	if err != nil {
		t.Fatal(err)
	}
	a := newIdle(t, v.Spec())
	l, err := NewLearner(cfg, 1, v, func(*Pair, *rand.Rand) (Agent, error) { return a, nil })
	if err != nil {
		t.Fatal(err)
	}
	prefilled(l, newMemories(5, 7), true)
	turns := uint64(0)
	err = l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
		if turns++; p.Steps != turns || p.Updates != turns || p.Episodes != 0 {
			t.Fatalf("turn %d: %+v", turns, p)
		}
		return algo.Decision{Stop: turns == 20}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.updates != 20 || len(a.explored) > 0 || l.buffer.Len() != 12 {
		t.Errorf("%d updates, %d actions, %d transitions; want 20, 0, 12", a.updates, len(a.explored), l.buffer.Len())
	}
}

// TestPrefilledResumes: a learner whose state was loaded has its experience from there, not from its source.
func TestPrefilledResumes(t *testing.T) {
	for _, offline := range []bool{false, true} {
		start := func() *Learner {
			cfg := tiny()
			cfg.Envs, cfg.NormalizeObservations = 2, true
			l, _ := newTestLearner(t, cfg)
			return l
		}
		var tree state.Tree
		whole := start()
		prefilled(whole, newMemories(5, 3), offline)
		err := whole.Run(context.Background(), func(p algo.Progress) (_ algo.Decision, err error) {
			if p.Steps == 6 {
				tree, err = state.Save(whole)
			}
			return algo.Decision{Stop: p.Steps >= 20}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		resumed := start()
		resumed.Prefill(func() (Experience, error) { return nil, errors.New("opened again") }, offline)
		if err := state.Load(resumed, tree); err != nil {
			t.Fatal(err)
		}
		err = resumed.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			return algo.Decision{Stop: p.Steps >= 20}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff, err := state.Diff(whole, resumed); err != nil || len(diff) > 0 {
			t.Errorf("offline %v: resumed differs in %v (%v)", offline, diff, err)
		}
	}
}

func TestPrefillErrors(t *testing.T) {
	torn := newMemories(9)
	torn.failAt = 5
	for _, tt := range []struct {
		name string
		open func() (Experience, error)
		want string
	}{
		{"open", func() (Experience, error) { return nil, errors.New("no such file") }, "no such file"},
		{"read", func() (Experience, error) { return torn, nil }, "torn page"},
		{"none", func() (Experience, error) { return newMemories(), nil }, "no transitions"},
		{"too many", func() (Experience, error) { return newMemories(490, 9), nil }, "replay is 500, but 499 transitions in 2 episodes want 502"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := newTestLearner(t, tiny())
			l.Prefill(tt.open, false)
			err := l.Run(context.Background(), func(algo.Progress) (algo.Decision, error) {
				return algo.Decision{}, fmt.Errorf("learned")
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if !torn.closed {
		t.Error("what could not be read was left open")
	}
}

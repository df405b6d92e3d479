package a3c

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/nn"
	"covey/state"
)

// recall shows a sign at an episode's first step and nothing afterwards; the last action earns 1 if it is the sign and
// costs 1 if it is not. Without memory, nobody earns anything on average.
type recall struct {
	length int // steps of an episode
	cut    bool
	rng    *rand.Rand
	sign   float32
	steps  int
}

func (r *recall) Spec() env.Spec {
	return env.Spec{ID: "Recall", Observation: env.NewBox([]float32{-1, 0}, []float32{1, 1}), Action: env.NewDiscrete(2), MaxSteps: r.length}
}

func (r *recall) Reset(seed uint64, obs env.Values) error {
	r.rng, r.steps = rand.New(rand.NewPCG(seed, 7)), 0
	r.sign = float32(r.rng.IntN(2))
	obs.F[0], obs.F[1] = 2*r.sign-1, 0
	return nil
}

func (r *recall) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if r.steps == r.length {
		return env.Outcome{}, env.ErrResetNeeded
	}
	r.steps++
	obs.F[0], obs.F[1] = 0, 0
	if r.steps == r.length-1 {
		obs.F[1] = 1 // now
	}
	o := env.Outcome{}
	if r.steps == r.length {
		o.Reward, o.Terminated, o.Truncated = -1, !r.cut, r.cut
		if action[0] == r.sign {
			o.Reward = 1
		}
	}
	return o, nil
}

func (r *recall) Close() error { return nil }

// recalls makes each worker's vector of recalls of different lengths, so that episodes end at different rows.
func recalls(envs int, cut bool) func(int) (env.Vector, error) {
	return func(int) (env.Vector, error) {
		all := make([]env.Environment, envs)
		for i := range all {
			all[i] = &recall{length: 5, cut: cut}
			if cut {
				all[i] = &recall{length: 3 + 2*i, cut: true}
			}
		}
		return env.Batch(all...)
	}
}

// TestRemembers: with an LSTM, a3c learns to do what only memory can, over segments that end inside episodes; the same
// network without one does not.
func TestRemembers(t *testing.T) {
	if testing.Short() {
		t.Skip("learning takes its time under the race detector")
	}
	for cells, least := range map[int]float64{0: -1, 16: 0.9} {
		cfg := small()
		cfg.Network = nn.Config{Hidden: []int{16}, LSTM: cells, Activation: "tanh", Init: "orthogonal"}
		cfg.SegmentLength, cfg.Envs, cfg.EntropyWeight, cfg.Lambda = 7, 4, 0.01, 1
		l := newLearner(t, cfg, 1, recalls(cfg.Envs, false))
		var returns []float64
		err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
			for _, e := range p.Finished {
				returns = append(returns, e.Return)
			}
			return algo.Decision{Stop: p.Episodes >= 8000}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := mean(returns[len(returns)-500:])
		if !(got >= least) || cells == 0 && got > 0.2 {
			t.Errorf("%d cells: mean return %.2f", cells, got)
		}
	}
}

// TestRecurrentBootstrap: what follows a row is valued one step from the state after that row, in its own episode; the
// states of a segment are those of a stream that was never cut into segments.
func TestRecurrentBootstrap(t *testing.T) {
	cfg := small()
	cfg.Workers, cfg.SegmentLength, cfg.Envs = 1, 4, 2
	cfg.Network = nn.Config{Hidden: []int{6}, LSTM: 5, Activation: "tanh", Init: "orthogonal"}
	l := newLearner(t, cfg, 5, recalls(2, true))
	w := l.workers[0]
	copy(w.policy.Params, l.global.policy.Params)
	net := w.policy.Net
	pass, out := net.NewPass(1), make([]float32, net.Out)
	value := func(state, obs []float32) float32 {
		pass.Step(w.policy.Params, out, state, env.Values{F: obs}, 0, 1)
		return out[0]
	}
	memories := [2][]float32{make([]float32, net.State), make([]float32, net.State)} // as one stream would have them
	cuts := 0
	for range 6 {
		s, err := w.collect.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.advantages(s)
		for b, m := range memories {
			if !slices.Equal(s.State[b*net.State:(b+1)*net.State], m) {
				t.Fatalf("stream %d: the segment's first state is not the one before its first row", b)
			}
		}
		for row := range s.Rows() {
			m := memories[row%2]
			if got, want := s.Outputs[row*net.Out], value(m, s.Observations.F[row*2:row*2+2]); got != want {
				t.Fatalf("row %d has value %v, want %v", row, got, want)
			}
			next := s.Observations.F[(row+2)*2 : (row+2)*2+2]
			if s.Truncated[row] {
				next = s.Final.F[2*slices.Index(s.FinalRows, int32(row)):][:2]
				cuts++
			}
			if got, want := w.scratch.next[row], value(slices.Clone(m), next); got != want {
				t.Fatalf("row %d is followed by value %v, want %v", row, got, want)
			}
			if s.Truncated[row] {
				clear(m)
			}
		}
		gradient := make([]float32, net.Size)
		w.differentiate(s)
		again := net.NewPass(s.Rows())
		again.Unroll(w.policy.Params, make([]float32, s.Rows()*net.Out), slices.Clone(s.State), s.Observations, s.Starts, s.T, s.B)
		again.Backward(w.policy.Params, gradient, nil, w.scratch.dout, s.Starts, s.T, s.B)
		if !slices.Equal(gradient, w.gradient.Values) {
			t.Fatal("the segment run again from its first state has another gradient")
		}
	}
	if cuts == 0 {
		t.Error("no truncation was seen")
	}
}

// TestRecurrentResumes: the states of streams under way are part of what goes on.
func TestRecurrentResumes(t *testing.T) {
	for _, update := range []string{Ordered, Sync} {
		cfg := awkward(update, 2, 3)
		cfg.Network.LSTM = 4
		whole := newLearner(t, cfg, 11, corridors(cfg.Envs, false, nil))
		trees := saved(t, whole, 9)
		for _, tree := range trees[:8] {
			same(t, whole, resumed(t, cfg, tree, 9))
		}
		forgotten := slices.Clone(trees[4])
		found := false
		for i, e := range forgotten {
			if len(e.Floats) == 3*8 && strings.HasSuffix(e.Name, "/recurrent") {
				forgotten[i].Floats, found = make([]float32, len(e.Floats)), true
			}
		}
		if !found {
			t.Fatal("no recurrent state was saved")
		}
		l := newLearner(t, cfg, 99, corridors(cfg.Envs, false, nil))
		if err := errors.Join(state.Load(l, forgotten), l.Run(context.Background(), until(9))); err != nil {
			t.Fatal(err)
		}
		if hash(t, l.Policy()) == hash(t, whole.Policy()) {
			t.Errorf("%s: without the states of the workers, the run is the same", update)
		}
	}
}

// TestRecurrentAllocatesNothing: a segment of a recurrent network allocates nothing either.
func TestRecurrentAllocatesNothing(t *testing.T) {
	cfg := small()
	cfg.Workers, cfg.Network.LSTM = 1, 5
	l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
	w := l.workers[0]
	copy(w.policy.Params, l.global.policy.Params)
	w.learn(t.Context(), 0)
	if n := testing.AllocsPerRun(20, func() {
		if g := w.learn(t.Context(), 0); g.Err != nil {
			t.Fatal(g.Err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per segment", n)
	}
}

package gymnasium

import (
	"errors"
	"math"
	"testing"

	"covey/env"
	"covey/env/classic"
	"covey/env/envtest"
	"covey/state"
)

// TestEnvironments passes real environments, and those made for the tests, through the suite.
func TestEnvironments(t *testing.T) {
	short := map[string]any{"max_num_frames_per_episode": 800}
	// Without the last, ViZDoom calls the end of the time both terminated and truncated.
	doom := map[string]any{"frame_skip": 4, "screen_resolution": "RES_160X120", "treat_episode_timeout_as_truncation": false}
	for _, c := range []struct {
		id     string
		kwargs map[string]any
		slow   bool
	}{
		{id: "CartPole-v1"},
		{id: "Pendulum-v1"},
		{id: "LunarLander-v3"},
		{id: "ALE/Pong-v5", kwargs: short},
		{id: "ALE/Breakout-v5", kwargs: short, slow: true},
		{id: "HalfCheetah-v5", slow: true},
		{id: "Hopper-v5"},
		{id: "FetchReach-v4", slow: true},
		{id: "PointMaze_UMaze-v3", slow: true},
		{id: "VizdoomBasic-v1", kwargs: doom, slow: true},
		{id: "made:OfDict"}, {id: "made:OfTuple"}, {id: "made:OfMultiDiscrete"}, {id: "made:OfMultiBinary"},
		{id: "made:OfDiscrete"}, {id: "made:OfBytes"},
	} {
		t.Run(c.id, func(t *testing.T) {
			if c.slow && testing.Short() {
				t.Skip("slow")
			}
			p, err := NewPool(options(t, c.id, c.kwargs), 4)
			if err != nil {
				t.Fatal(err)
			}
			create := func() env.Environment {
				e, err := p.New()
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			warm := create() // keeps the process while the suite makes and closes its own
			envtest.Run(t, create)
			if err := warm.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// pair is a bridged CartPole and the native one.
type pair struct {
	t                  *testing.T
	bridged            *Environment
	native             env.Environment
	mine, theirs       env.Values
	outMine, outTheirs env.Outcome
}

func newPair(t *testing.T, rounded bool) *pair {
	t.Helper()
	e, err := New(options(t, "made:SingleCartPole", map[string]any{"rounded": rounded}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	native, err := classic.New("CartPole-v1")
	if err != nil {
		t.Fatal(err)
	}
	return &pair{t: t, bridged: e, native: native, mine: env.Values{F: make([]float32, 4)}, theirs: env.Values{F: make([]float32, 4)}}
}

// reset begins an episode in both, from the state that the bridged one shows.
func (p *pair) reset(seed uint64) {
	p.t.Helper()
	if err := errors.Join(p.bridged.Reset(seed, p.theirs), p.native.Reset(seed, p.mine)); err != nil {
		p.t.Fatal(err)
	}
	p.follow()
}

// follow puts the native one into the state that the bridged one shows.
func (p *pair) follow() {
	p.t.Helper()
	component := p.native.(state.Stateful)
	tree, err := state.Save(component)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range tree {
		for j, name := range []string{"env/x", "env/x_dot", "env/theta", "env/theta_dot"} {
			if tree[i].Name == name {
				tree[i].Float64 = float64(p.theirs.F[j])
			}
		}
	}
	if err := state.Load(component, tree); err != nil {
		p.t.Fatal(err)
	}
}

// step takes one step in both; they must end together.
func (p *pair) step(action float32) (ended bool) {
	p.t.Helper()
	var errs [2]error
	p.outTheirs, errs[0] = p.bridged.Step([]float32{action}, p.theirs)
	p.outMine, errs[1] = p.native.Step([]float32{action}, p.mine)
	if err := errors.Join(errs[:]...); err != nil {
		p.t.Fatal(err)
	}
	if p.outMine != p.outTheirs {
		p.t.Fatalf("native %v, %+v; bridged %v, %+v", p.mine.F, p.outMine, p.theirs.F, p.outTheirs)
	}
	return p.outMine.Terminated || p.outMine.Truncated
}

// upright is an action that keeps the pole up for hundreds of steps.
func upright(x []float32) float32 {
	if x[2]+0.3*x[3]+0.02*x[0]+0.05*x[1] > 0 {
		return 1
	}
	return 0
}

// TestNativeCartPoleStep by step from the same state agrees to one unit in the last place.
func TestNativeCartPoleStep(t *testing.T) {
	p := newPair(t, true)
	compared := 0
	for seed := range uint64(40) {
		p.reset(seed)
		for step, ended := 0, false; !ended && step < 499; step++ { // the native one has a time limit
			compared++
			action := upright(p.theirs.F)
			if seed%2 == 0 {
				action = float32(compared / 3 % 2)
			}
			ended = p.step(action)
			for i, x := range p.theirs.F {
				if d := p.mine.F[i]; d != x && d != math.Nextafter32(x, d) {
					t.Fatalf("element %d is %v natively, %v bridged", i, d, x)
				}
			}
			if !ended {
				p.follow()
			}
		}
	}
	if compared < 2000 {
		t.Errorf("only %d steps were compared", compared)
	}
}

// TestNativeCartPoleRuns freely from the same state.
func TestNativeCartPoleRuns(t *testing.T) {
	p := newPair(t, false)
	long := 0
	for seed := range uint64(20) {
		p.reset(seed)
		for step := range 100 {
			if p.step(upright(p.theirs.F)) {
				break
			}
			mustBeNear(t, p.mine.F, p.theirs.F, 1e-6)
			if step == 99 {
				long++
			}
		}
	}
	if long < 15 {
		t.Errorf("only %d of 20 runs lasted 100 steps", long)
	}
}

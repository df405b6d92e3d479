package train

import (
	"context"
	"math/rand/v2"
	"testing"

	"covey/algo"
	"covey/checkpoint"
	"covey/dist"
	"covey/env"
	"covey/nn"
	"covey/policy"
	"covey/rollout"
	"covey/state"
)

// lane is a world for tests: the agent walks left or right from the middle, by a step of random
// length, until it falls off (terminated) or has taken 50 steps (truncated). Each step to the right
// rewards 1.
type lane struct {
	x     float32
	steps int
	rng   *rand.Rand
	fail  error // of the third step
}

func newLane() (env.Environment, error) { return &lane{}, nil }

func (l *lane) Spec() env.Spec {
	return env.Spec{ID: "Lane", MaxSteps: 50, Observation: env.NewBox([]float32{-3, 0}, []float32{3, 1}), Action: env.NewDiscrete(2)}
}

func (l *lane) Reset(seed uint64, obs env.Values) error {
	l.rng, l.x, l.steps = rand.New(rand.NewPCG(seed, 0)), 0, 0
	return l.show(obs)
}

func (l *lane) show(obs env.Values) error {
	obs.F[0], obs.F[1] = l.x, float32(l.steps)/50
	return nil
}

func (l *lane) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if l.steps++; l.steps == 3 && l.fail != nil {
		return env.Outcome{}, l.fail
	}
	l.x += (2*action[0] - 1) * l.rng.Float32()
	o := env.Outcome{Reward: action[0], Terminated: l.x < -3 || l.x > 3, Truncated: l.steps == 50}
	return o, l.show(obs)
}

func (l *lane) Close() error { return nil }

// newPolicy is a policy in the lane, of random parameters.
func newPolicy(t testing.TB, seed uint64) *policy.Policy {
	t.Helper()
	return newStackedPolicy(t, seed, 1)
}

// newStackedPolicy is one that sees the last frames of the lane.
func newStackedPolicy(t testing.TB, seed uint64, stack int) *policy.Policy {
	t.Helper()
	cfg := nn.DefaultConfig()
	cfg.Hidden = []int{8}
	return newPolicyOf(t, cfg, seed, stack)
}

func newPolicyOf(t testing.TB, cfg nn.Config, seed uint64, stack int) *policy.Policy {
	t.Helper()
	spec := env.Stack(&lane{}, stack).Spec()
	net, err := nn.New(spec.Stacked(), cfg, nn.Head{Name: "value", Width: 1, Gain: 1}, nn.Head{Name: "policy", Width: 2, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	sampler := func() dist.Sampler { return dist.NewCategorical(2) }
	p := &policy.Policy{Spec: spec, Net: net, Column: 1, NewSampler: sampler, Params: make([]float32, net.Size), Moments: policy.NewMoments(2, false)}
	net.Init(p.Params, rand.New(rand.NewPCG(seed, 0)))
	p.Moments.Observation.Observe([]float32{0.5, 0.5})
	p.Moments.Observation.Observe([]float32{-1, 0.2})
	return p
}

// pupil is a learner that takes 20 steps per update. What it is said to have lived through is a
// function of the turn.
type pupil struct {
	policy   *policy.Policy
	episodes func(turn uint64) []rollout.Episode // those that end in the turn
	metrics  func(turn uint64) []float64
	before   func(turn uint64) error // called before the turn

	progress algo.Progress
}

const pupilSteps = 20

// newPupil ends an episode of return 10 in every turn.
func newPupil(t testing.TB) *pupil {
	one := []rollout.Episode{{Return: 10, Length: 20}}
	values := []float64{0.5, 0.6}
	return &pupil{
		policy:   newPolicy(t, 1),
		episodes: func(uint64) []rollout.Episode { return one },
		metrics:  func(uint64) []float64 { return values },
		before:   func(uint64) error { return nil },
	}
}

func (l *pupil) turn(b algo.Boundary) (algo.Decision, error) {
	p := &l.progress
	p.Updates++
	p.Steps += pupilSteps
	p.Finished, p.Metrics = l.episodes(p.Updates), l.metrics(p.Updates)
	p.Episodes += uint64(len(p.Finished))
	return b(*p)
}

func (l *pupil) Run(ctx context.Context, b algo.Boundary) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.before(l.progress.Updates + 1); err != nil {
			return err
		}
		if d, err := l.turn(b); err != nil || d.Stop {
			return err
		}
	}
}

func (l *pupil) Continues() bool        { return true }
func (l *pupil) Close() error           { return nil }
func (l *pupil) Metrics() []string      { return []string{"loss", "entropy"} }
func (l *pupil) Policy() *policy.Policy { return l.policy.Clone() }

func (l *pupil) State(w state.Walker) error {
	w.Uint64("steps", &l.progress.Steps)
	w.Uint64("updates", &l.progress.Updates)
	w.Uint64("episodes", &l.progress.Episodes)
	return l.policy.State(w.Sub("policy"))
}

// with makes the same learner always.
func with(l algo.Learner) Create {
	return func(float32) (algo.Learner, error) { return l, nil }
}

// mustOpen loads the policy that dir stands for into p.
func mustOpen(t *testing.T, dir string, p *policy.Policy) *checkpoint.Manifest {
	t.Helper()
	c, err := OpenPolicy(dir)
	if err == nil {
		err = LoadPolicy(c, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Manifest
}

// options are those of a short run without files.
func options() Options {
	return Options{
		Labels: Labels{Env: "Lane", Algo: "fake", Update: "ordered", Kernel: "generic", Version: "v0", Seed: 3, Workers: 2, Config: []byte("env: Lane\n")},
		Budget: Budget{Steps: 1000},
		Eval:   Eval{New: newLane, Episodes: 12, Seed: 5},
	}
}

// mustRun runs to the end.
func mustRun(t *testing.T, l algo.Learner, o Options) *Result {
	t.Helper()
	r, err := Run(context.Background(), with(l), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

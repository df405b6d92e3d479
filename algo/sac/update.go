package sac

import (
	"math/rand/v2"

	"covey/algo"
	"covey/algo/offpolicy"
	"covey/dist"
	"covey/internal/kernel"
	"covey/nn"
	"covey/replay"
)

// update is the memory of one update.
type update struct {
	batch     *replay.Batch
	next, now draft
	draftJob  func(int)

	input     []float32 // [N, observation+action]: s and the a of the replay
	penalties []float32 // [N]: α log π(a′|s′)
	dactions  []float32 // [N, action]
	dout      []float32 // [N, 2·action]

	actorLoss, logProb float64 // means over the batch
}

// draft is what the policy would do in some observations.
type draft struct {
	pass     nn.Pass // nil: the actor's own, through which its gradient goes
	dist     *dist.SquashedGaussian
	noise    []float32 // [N, action]
	out      []float32 // [N, 2·action]
	actions  []float32 // [N, action]
	logProbs []float32 // [N]
	input    []float32 // [N, observation+action]
}

func newUpdate(a *agent) update {
	n, frame, action := a.cfg.Batch, a.policy.Net.In.Size(), a.policy.Spec.Action.Size()
	newDraft := func(pass nn.Pass) draft {
		return draft{pass: pass, dist: dist.NewSquashedGaussian(action, a.cfg.LogStd), noise: make([]float32, n*action), out: make([]float32, n*2*action),
			actions: make([]float32, n*action), logProbs: make([]float32, n), input: make([]float32, n*(frame+action))}
	}
	return update{next: newDraft(a.policy.Net.NewPass(n)), now: newDraft(nil), draftJob: a.draft,
		input: make([]float32, n*(frame+action)), penalties: make([]float32, n),
		dactions: make([]float32, n*action), dout: make([]float32, n*2*action)}
}

// Update makes one step of the critics, the actor and the temperature. What the two critics do, they do at
// once, and so do the policy's two passes.
func (a *agent) Update(batch *replay.Batch, rng *rand.Rand) error {
	x := &a.update
	x.batch = batch
	normal(x.next.noise, rng)
	normal(x.now.noise, rng)
	return a.learn()
}

// learn updates from the batch with the noise that was drawn.
func (a *agent) learn() error {
	x := &a.update
	a.pair.Run(x.draftJob) // a′ ~ π(s′), and a ~ π(s) for the actor's loss
	a.learnCritics()
	a.learnActor()
	a.temperature.learn(x.logProb)
	if err := offpolicy.Finite("critic", a.critics.Loss); err != nil {
		return err
	}
	return offpolicy.Finite("actor", x.actorLoss)
}

func normal(x []float32, rng *rand.Rand) {
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
}

// draft asks the policy what it would do in the next observations (half 0) and in those of the batch.
func (a *agent) draft(half int) {
	d, observations, n := &a.update.next, a.update.batch.Next, a.cfg.Batch
	if half == 1 {
		d, observations = &a.update.now, a.update.batch.Observations
	}
	if d.pass != nil {
		d.pass.Unroll(a.actor.Params, d.out, nil, observations, nil, n, 1)
	} else {
		a.actor.Forward(d.out, observations, n)
	}
	d.dist.Transform(d.actions, d.logProbs, kernel.Matrix(d.out, n, a.policy.Net.Out), d.noise)
	a.critics.Join(d.input, observations, d.actions)
}

// learnCritics moves both towards the same targets:
//
//	y = R + γ (min_i Q̄_i(s′, a′) − α log π(a′|s′)),  a′ ~ π(s′)
func (a *agent) learnCritics() {
	x := &a.update
	copy(x.penalties, x.next.logProbs)
	kernel.Scale(x.penalties, a.temperature.alpha[0])
	a.critics.Target(x.batch, x.next.input, x.penalties)
	a.critics.Join(x.input, x.batch.Observations, x.batch.Actions)
	a.critics.Regress(x.input, algo.OrElse(a.cfg.CriticRate, a.cfg.LearningRate), a.cfg.Tau)
}

// learnActor moves the policy along the gradient of
//
//	L = mean α log π(a|s) − min_i Q_i(s, a),  a = tanh(μ(s) + σ(s) ε)
//
// which reaches μ and σ through a and through log π.
func (a *agent) learnActor() {
	x, n := &a.update, a.cfg.Batch
	alpha := a.temperature.alpha[0]
	value := a.critics.Ascend(x.dactions, x.now.input, 2)
	x.now.dist.Gradient(kernel.Matrix(x.dout, n, a.policy.Net.Out), x.dactions, alpha/float32(n))
	a.actor.Backward(x.dout, n)
	a.actor.Step(a.cfg.LearningRate)
	x.logProb = 0
	for _, l := range x.now.logProbs {
		x.logProb += float64(l)
	}
	x.logProb /= float64(n)
	x.actorLoss = float64(float64(alpha)*x.logProb) + value
}

// Metrics names what Measure fills.
func (a *agent) Metrics() []string {
	return []string{"critic_loss", "actor_loss", "q", "entropy", "alpha"}
}

// Measure fills the metrics of the latest update.
func (a *agent) Measure(values []float64) {
	x := &a.update
	values[0], values[1], values[2] = a.critics.Loss, x.actorLoss, a.critics.Value
	values[3], values[4] = -x.logProb, float64(a.temperature.alpha[0])
}

var _ offpolicy.Agent = (*agent)(nil)

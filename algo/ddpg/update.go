package ddpg

import (
	"math/rand/v2"

	"covey/algo"
	"covey/algo/offpolicy"
	"covey/internal/kernel"
	"covey/replay"
)

// update is the memory of one update.
type update struct {
	count    uint64 // updates made
	batch    *replay.Batch
	noise    []float32 // [N, action]: of the target policy, cut off
	next     draft     // in s′, of the target policy
	now      draft     // in s
	draftJob func(int)

	input     []float32 // [N, observation+action]: s and the a of the replay
	dactions  []float32 // [N, action]
	actorLoss float64
	fresh     bool // actorLoss was not measured yet
}

// draft is what a policy would do in some observations.
type draft struct {
	actions []float32 // [N, action]
	input   []float32 // [N, observation+action]
}

func newUpdate(a *agent) update {
	n, action := a.cfg.Batch, a.policy.Spec.Action.Size()
	width := a.policy.Net.In.Size() + action
	newDraft := func() draft {
		return draft{actions: make([]float32, n*action), input: make([]float32, n*width)}
	}
	return update{noise: make([]float32, n*action), next: newDraft(), now: newDraft(), draftJob: a.draft,
		input: make([]float32, n*width), dactions: make([]float32, n*action)}
}

// Update makes one step of the critics and, at every cfg.Delay-th, one of the actor and the targets.
func (a *agent) Update(batch *replay.Batch, rng *rand.Rand) error {
	x := &a.update
	x.batch = batch
	if s := a.cfg.Smoothing; s.Sigma > 0 {
		for i := range x.noise {
			x.noise[i] = s.draw(rng)
		}
	}
	return a.learn()
}

// draw is the noise of one number.
func (s Smoothing) draw(rng *rand.Rand) float32 {
	e := s.Sigma * float32(rng.NormFloat64())
	if s.Clip > 0 {
		e = within(e, s.Clip)
	}
	return e
}

// learn updates from the batch with the noise that was drawn.
func (a *agent) learn() error {
	x := &a.update
	x.count++
	tau := float32(0)
	if a.actorIsDue() {
		tau = a.cfg.Tau
	}
	a.pair.Run(x.draftJob)
	a.learnCritics(tau)
	if a.actorIsDue() {
		a.learnActor()
		a.actor.Follow(tau)
	}
	if err := offpolicy.Finite("critic", a.critics.Loss); err != nil {
		return err
	}
	return offpolicy.Finite("actor", x.actorLoss)
}

func (a *agent) actorIsDue() bool { return a.update.count%a.cfg.Delay == 0 }

// draft asks the target policy for its actions in the next observations (half 0), and the policy for its
// own in those of the batch:
//
//	a′ = tanh μ̄(s′) + ε, within ±1    a = tanh μ(s)
func (a *agent) draft(half int) {
	x, n := &a.update, a.cfg.Batch
	if half == 0 {
		a.actor.ForwardTarget(x.next.actions, x.batch.Next, n)
		kernel.Tanh.Apply(x.next.actions, x.next.actions)
		for i, e := range x.noise {
			x.next.actions[i] = within(x.next.actions[i]+e, 1)
		}
		a.critics.Join(x.next.input, x.batch.Next, x.next.actions)
	} else if a.actorIsDue() {
		a.actor.Forward(x.now.actions, x.batch.Observations, n)
		kernel.Tanh.Apply(x.now.actions, x.now.actions)
		a.critics.Join(x.now.input, x.batch.Observations, x.now.actions)
	}
}

// learnCritics moves them towards y = R + γ min_i Q̄_i(s′, a′).
func (a *agent) learnCritics(tau float32) {
	x := &a.update
	a.critics.Target(x.batch, x.next.input, nil)
	a.critics.Join(x.input, x.batch.Observations, x.batch.Actions)
	a.critics.Regress(x.input, algo.OrElse(a.cfg.CriticRate, a.cfg.LearningRate), tau)
}

// learnActor moves the policy along the deterministic policy gradient (Silver et al. 2014): that of
//
//	L = −mean Q₁(s, tanh μ(s))    ∂L/∂μ = ∂L/∂a (1 − a²)
func (a *agent) learnActor() {
	x := &a.update
	x.actorLoss, x.fresh = a.critics.Ascend(x.dactions, x.now.input, 1), true
	kernel.TanhGrad(x.dactions, x.now.actions)
	a.actor.Backward(x.dactions, a.cfg.Batch)
	a.actor.Step(a.cfg.LearningRate)
}

// Metrics names what Measure fills.
func (a *agent) Metrics() []string { return []string{"critic_loss", "actor_loss", "q"} }

// Measure fills the metrics of the latest update, the actor's of the latest one that it had.
func (a *agent) Measure(values []float64) {
	values[0], values[2] = a.critics.Loss, a.critics.Value
	if x := &a.update; x.fresh {
		values[1], x.fresh = x.actorLoss, false
	}
}

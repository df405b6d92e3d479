package dqn

import (
	"math/rand/v2"

	"covey/algo/offpolicy"
	"covey/nn"
	"covey/replay"
)

// update is the memory of one update.
type update struct {
	count    uint64 // updates made
	batch    *replay.Batch
	valueJob func(int)

	now      []float32 // [N, out]: the network in s
	next     []float32 // [N, out]: the target network in s′
	best     []float32 // [N, out]: the network in s′, which chooses there for double
	bestPass nn.Pass
	values   []float32 // [N]: Q(s, a)
	targets  []float32 // [N]: y
	dvalues  []float32 // [N]
	dout     []float32 // [N, out]

	loss, q float64 // means over the batch
}

func newUpdate(a *agent) update {
	n, out := a.cfg.Batch, a.policy.Net.Out
	x := update{valueJob: a.value, now: make([]float32, n*out), next: make([]float32, n*out), best: make([]float32, n*out),
		values: make([]float32, n), targets: make([]float32, n), dvalues: make([]float32, n), dout: make([]float32, n*out)}
	if a.cfg.Double {
		x.bestPass = a.policy.Net.NewPass(n)
	}
	return x
}

// Update makes one step towards the targets, along the gradient of the loss of Q(s, a) − y.
func (a *agent) Update(batch *replay.Batch, _ *rand.Rand) error {
	x, n := &a.update, a.cfg.Batch
	x.batch = batch
	a.pair.Run(x.valueJob)
	a.target()
	x.q = 0
	for i := range x.values {
		x.values[i] = a.read(x.now, i, int(batch.Actions[i]))
		x.q += float64(x.values[i]) / float64(n)
	}
	x.loss = offpolicy.HalfSquare(x.dvalues, x.values, x.targets, a.cfg.Loss == Huber)
	a.spread()
	a.model.Backward(x.dout, n)
	a.model.Step(a.cfg.LearningRate)
	a.follow()
	return offpolicy.Finite("value", x.loss)
}

// value runs the target network in the next observations and, for double, the network there (half 0), and the
// network in the batch's own.
func (a *agent) value(half int) {
	x, n := &a.update, a.cfg.Batch
	if half == 1 {
		a.model.Forward(x.now, x.batch.Observations, n)
		return
	}
	a.model.ForwardTarget(x.next, x.batch.Next, n)
	if x.bestPass != nil {
		x.bestPass.Unroll(a.model.Params, x.best, nil, x.batch.Next, nil, n, 1)
	}
}

// target fills the targets:
//
//	y = R + γ max_j Q̄_j(s′)    or, double,    y = R + γ Q̄_k(s′),  k = argmax_j Q_j(s′)
func (a *agent) target() {
	x, chooser := &a.update, a.update.next
	if a.cfg.Double {
		chooser = x.best
	}
	for i, discount := range x.batch.Discounts {
		row := a.row(chooser, i)[a.policy.Column:]
		best := 0
		for j, q := range row {
			if q > row[best] {
				best = j
			}
		}
		x.targets[i] = x.batch.Rewards[i] + float32(discount*a.read(x.next, i, best))
	}
}

func (a *agent) row(out []float32, i int) []float32 {
	n := a.policy.Net.Out
	return out[i*n : (i+1)*n]
}

// read is Q of a choice in row i: the output itself or, dueling, V + A_choice − mean A.
func (a *agent) read(out []float32, i, choice int) float32 {
	row := a.row(out, i)
	if !a.cfg.Dueling {
		return row[choice]
	}
	var sum float32
	for _, advantage := range row[1:] {
		sum += advantage
	}
	return row[0] + row[1+choice] - sum/float32(a.choices)
}

// spread writes the gradient by Q(s, a) to the outputs that it was read from:
//
//	∂Q_a/∂V = 1    ∂Q_a/∂A_j = 1[j=a] − 1/n
func (a *agent) spread() {
	x := &a.update
	clear(x.dout)
	for i, d := range x.dvalues {
		row := a.row(x.dout, i)
		if a.cfg.Dueling {
			row[0] = d
			for j := range row[1:] {
				row[1+j] = -d / float32(a.choices)
			}
		}
		row[a.policy.Column+int(x.batch.Actions[i])] += d
	}
}

// follow moves the target network: all the way every so many updates, or a little at each.
func (a *agent) follow() {
	a.update.count++
	if a.cfg.TargetEvery == 0 {
		a.model.Follow(a.cfg.Tau)
	} else if a.update.count%a.cfg.TargetEvery == 0 {
		a.model.Follow(1)
	}
}

// Metrics names what Measure fills.
func (a *agent) Metrics() []string { return []string{"value_loss", "q", "epsilon"} }

// Measure fills the metrics of the latest update.
func (a *agent) Measure(values []float64) {
	values[0], values[1], values[2] = a.update.loss, a.update.q, a.epsilon
}

package a3c

import (
	"context"
	"errors"
	"fmt"
	"math"

	"covey/algo"
	"covey/dist"
	"covey/env"
	"covey/internal/kernel"
	"covey/nn"
	"covey/optim"
	"covey/policy"
	"covey/returns"
	"covey/rollout"
)

// Gradient is what a worker sends to the master after a segment.
type Gradient struct {
	Worker   int
	Values   []float32 // [Net.Size]
	Version  uint64    // of the parameters that it was taken at
	Steps    int
	Episodes []rollout.Episode
	Moments  *policy.Moments // seen in the segment
	Losses   Losses
	Lost     uint64 // times that the worker's episodes were lost since the gradient before
	Skip     bool   // the segment was lost with them: the turn is taken, and nothing learned
	Err      error  // the segment failed: the run ends at its turn, unless it was to stop before
}

// failure says why the gradient cannot be applied.
func (g *Gradient) failure() error {
	if g.Err != nil {
		return g.Err
	}
	l := &g.Losses
	if sum := l.Policy + l.Value + l.GradientNorm; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return algo.Divergence(fmt.Sprintf("the loss is not finite (policy %v, value %v, gradient norm %v)", l.Policy, l.Value, l.GradientNorm))
	}
	return nil
}

// Losses describes a segment's losses before the update, all per step.
type Losses struct {
	Policy, Value, Entropy float64
	GradientNorm           float64 // before clipping
}

// Reply says where the master stands after a turn.
type Reply struct {
	Version uint64 // of the parameters handed out
	Stop    bool
}

// Master is one worker's handle on the global network.
type Master interface {
	// Exchange applies g (nil: none) and copies parameters and statistics out, in one turn. Without g it leaves them
	// to a worker that has its own from a state that was loaded.
	Exchange(ctx context.Context, params []float32, moments *policy.Moments, g *Gradient) (Reply, error)
}

// worker is one asynchronous actor-learner (Mnih et al. 2016, Algorithm S3).
type worker struct {
	cfg     *Config
	master  Master
	policy  *policy.Policy // the local copy
	collect *rollout.Collector
	place   *place
	scratch scratch

	distribution dist.Distribution // for the loss

	gradient Gradient
	anew     bool // the world could not be loaded with the rest, and has to begin new episodes
}

// run repeats the loop of the paper until the master says stop: pull the global parameters, act for a
// segment, compute returns and losses, differentiate them, push the gradient.
func (w *worker) run(ctx context.Context) (err error) {
	defer algo.Recover(&err)
	var g *Gradient
	for {
		if err := ctx.Err(); err != nil { // seen here, since an exchange need not wait
			return err
		}
		reply, err := w.master.Exchange(ctx, w.policy.Params, &w.policy.Moments, g)
		if err != nil || reply.Stop {
			return err
		}
		if err := w.place.note(); err != nil {
			return err
		}
		g = w.learn(ctx, reply.Version)
	}
}

// learn lives through a segment and differentiates its loss. A failure, also a panic, waits in the gradient
// for the worker's turn: g has a name, so that it is returned after a panic too. At the end of ctx the segment is left.
func (w *worker) learn(ctx context.Context, version uint64) (g *Gradient) {
	g = &w.gradient
	g.Skip, g.Lost = false, 0
	defer algo.Recover(&g.Err)
	if w.anew {
		w.anew, g.Lost = false, 1
		if g.Err = w.collect.Restart(); g.Err != nil {
			return g
		}
	}
	w.collect.Seen.Reset()
	segment, err := w.collect.Collect(ctx)
	if _, lost := errors.AsType[*env.Restarted](err); lost {
		g.Skip = true
		g.Lost++
		return g
	}
	if err != nil {
		g.Err = err
		return g
	}
	segment.Version = version
	w.advantages(segment)
	w.differentiate(segment)
	g.Losses.GradientNorm = float64(optim.ClipNorm(g.Values, w.cfg.ClipNorm))
	return g
}

// scratch is a worker's memory for one segment.
type scratch struct {
	rewards    []float32  // [T, B], scaled and clipped
	values     []float32  // [T, B]
	next       []float32  // [T, B]: value of the observation that followed
	advantages []float32  // [T, B]
	targets    []float32  // [T, B]
	last       env.Values // [B, Stack, frame]: the rows that are only bootstrapped from
	outputs    []float32  // [B, out], of these
	state      []float32  // [B, state], recurrent, before these
	dout       []float32  // [T, B, out]
}

func newScratch(rows, streams int, net *nn.Net) scratch {
	return scratch{
		last: env.MakeValues(net.In, streams*net.In.Size()), outputs: make([]float32, streams*net.Out), dout: make([]float32, rows*net.Out),
		rewards: make([]float32, rows), values: make([]float32, rows), next: make([]float32, rows),
		advantages: make([]float32, rows), targets: make([]float32, rows),
		state: make([]float32, streams*net.State),
	}
}

// advantages fills advantages and value targets of the segment's rows.
func (w *worker) advantages(s *rollout.Segment) {
	cfg, x, n, out := w.cfg, &w.scratch, s.Rows(), w.policy.Net.Out
	w.policy.Moments.NormalizeRewards(x.rewards[:n], s.Rewards[:n])
	for i := range n {
		x.rewards[i] *= cfg.RewardScale
		if cfg.RewardClip > 0 {
			x.rewards[i] = min(max(x.rewards[i], -cfg.RewardClip), cfg.RewardClip)
		}
		x.values[i] = s.Outputs[i*out]
	}
	w.bootstrap(s)
	adv, targets, values, next := x.advantages[:n], x.targets[:n], x.values[:n], x.next[:n]
	switch cfg.ValueTarget {
	case LambdaReturn:
		returns.GAE(adv, targets, x.rewards[:n], values, next, s.Terminated[:n], s.Truncated[:n], cfg.Gamma, cfg.Lambda, s.T, s.B)
		return
	case NStep:
		returns.NStep(targets, x.rewards[:n], next, s.Terminated[:n], s.Truncated[:n], cfg.Gamma, s.T, s.B)
	case RewardsToGo:
		returns.RewardsToGo(targets, x.rewards[:n], next, s.Terminated[:n], s.Truncated[:n], cfg.Gamma, s.T, s.B)
	}
	for i := range adv {
		adv[i] = targets[i] - values[i]
	}
}

// bootstrap fills next: the value of what followed each row in its own episode. That is the next row's
// value, except where the episode was cut off, and at the segment's end: there it is one step from the state after
// the row.
func (w *worker) bootstrap(s *rollout.Segment) {
	x, n, net, width, pass := &w.scratch, s.Rows(), w.policy.Net, w.policy.Net.In.Size(), w.collect.Pass
	copy(x.next[:n-s.B], x.values[s.B:n])
	for b := range s.B {
		pass.StateAfter(x.state[b*net.State:(b+1)*net.State], n-s.B+b)
	}
	pass.Step(w.policy.Params, x.outputs, x.state, s.Input(x.last, s.T), s.T, s.B)
	for b := range s.B {
		x.next[n-s.B+b] = x.outputs[b*net.Out]
	}
	for i, row := range s.FinalRows {
		pass.StateAfter(x.state[:net.State], int(row))
		pass.Step(w.policy.Params, x.outputs, x.state, s.Final.Slice(i*width, (i+1)*width), n, 1) // row n
		x.next[row] = x.outputs[0]
	}
}

// differentiate fills the gradient of the segment's loss
//
//	L = Σ_t scale · (−A_t log π(a_t) − β H(π_t) + c · ½(R_t − V_t)²)
//
// with scale 1 (sum) or 1/(T·B) (mean). The activations are those of acting: the parameters have not
// changed since.
func (w *worker) differentiate(s *rollout.Segment) {
	cfg, x, n, p := w.cfg, &w.scratch, s.Rows(), w.policy
	adv := x.advantages[:n]
	if cfg.NormalizeAdvantages {
		normalize(adv)
	}
	scale := float32(1)
	if cfg.Reduction == "mean" {
		scale = 1 / float32(n)
	}
	heads := func(m []float32) kernel.Mat {
		return kernel.Mat{X: m[p.Column:], Rows: n, Cols: w.distribution.Params(), Stride: p.Net.Out}
	}
	actions := s.Actions[:n*w.distribution.Actions()]
	loss := w.distribution.PolicyGradient(heads(x.dout), heads(s.Outputs), actions, adv, cfg.EntropyWeight, scale)
	value := w.valueGradient(n, scale*cfg.ValueWeight)
	w.collect.Pass.Backward(p.Params, w.gradient.Values, nil, x.dout, s.Starts, s.T, s.B)

	g := &w.gradient
	g.Version, g.Steps, g.Episodes, g.Moments = s.Version, n, s.Episodes, &w.collect.Seen
	g.Losses = Losses{
		Policy: loss.Policy / float64(n), Entropy: loss.Entropy / float64(n), Value: value / float64(n),
	}
}

// valueGradient writes the value column of dout and returns Σ ½(R−V)² or its Huber form.
func (w *worker) valueGradient(n int, scale float32) (loss float64) {
	x, out, huber := &w.scratch, w.policy.Net.Out, w.cfg.ValueLoss == "huber"
	for i := range n {
		term, slope := algo.HalfSquare(x.values[i]-x.targets[i], huber)
		loss += term
		x.dout[i*out] = scale * slope
	}
	return loss
}

// normalize shifts and scales x to mean 0 and deviation 1. A single number, which has no deviation, stays as it is: 0 would
// teach nothing.
func normalize(x []float32) {
	if len(x) == 1 {
		return
	}
	var mean, square float64
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		d := float64(v) - mean
		square += float64(d * d)
	}
	scale := 1 / (math.Sqrt(square/float64(len(x))) + 1e-8)
	for i, v := range x {
		x[i] = float32((float64(v) - mean) * scale)
	}
}

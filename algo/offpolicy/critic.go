package offpolicy

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"covey/env"
	"covey/nn"
	"covey/replay"
	"covey/state"
)

// Critics estimate Q(s, a), the return after action a in observation s, from [observation | action]: one network,
// or two of which the smaller value counts (Fujimoto et al. 2018, arXiv:1802.09477). Each has a target network.
// What two of them do, they do at once.
type Critics struct {
	Models  []*Model  // one or two
	Targets []float32 // [N]: y of the latest Target
	Loss    float64   // of the latest Regress, mean over critics
	Value   float64   // of the latest Regress: mean Q of the first critic

	frame, action int
	pair          *Pair
	each          []perCritic
	order         order

	targetJob, regressJob, evaluateJob, slopeJob func(int) // made once, for they would be allocated at each call
}

// perCritic is a critic's part of the work.
type perCritic struct {
	values  []float32 // [N]
	dvalues []float32 // [N]
	dinput  []float32 // [N, observation+action]
	loss    float64
}

// order is what the job under way works on.
type order struct {
	input []float32 // [N, observation+action]
	rate  float32
	tau   float32
}

// NewCritics returns n critics for the observations and actions of a spec.
func NewCritics(spec env.Spec, cfg *Config, n int, pair *Pair, rng *rand.Rand) (*Critics, error) {
	c := &Critics{frame: spec.Stacked().Size(), action: spec.Action.Size(), pair: pair, Targets: make([]float32, cfg.Batch)}
	net, err := nn.New(unbounded(c.frame+c.action), cfg.Network, nn.Head{Name: "q", Width: 1, Gain: 1})
	if err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	inHalves := pair
	if n > 1 { // each of them is a half
		inHalves = nil
	}
	for range n {
		m, err := NewModel(net, cfg, true, inHalves, rng)
		if err != nil {
			return nil, err
		}
		c.Models = append(c.Models, m)
		c.each = append(c.each, perCritic{values: make([]float32, cfg.Batch), dvalues: make([]float32, cfg.Batch),
			dinput: make([]float32, cfg.Batch*(c.frame+c.action))})
	}
	c.targetJob, c.regressJob, c.evaluateJob, c.slopeJob = c.targetOf, c.regress, c.evaluate, c.slope
	return c, nil
}

// Join writes the rows [observation | action] to input, [N, observation+action].
func (c *Critics) Join(input []float32, observations env.Values, actions []float32) {
	width := c.frame + c.action
	for i := range len(input) / width {
		row := input[i*width : (i+1)*width]
		copy(row, observations.F[i*c.frame:(i+1)*c.frame])
		copy(row[c.frame:], actions[i*c.action:(i+1)*c.action])
	}
}

// Target fills Targets for all critics:
//
//	y = R + discount · (min_i Q̄_i(s′, a′) − penalty)
//
// next: [N, observation+action], s′ and a′; penalties: [N], nil: none.
func (c *Critics) Target(batch *replay.Batch, next, penalties []float32) {
	c.order.input = next
	c.run(c.targetJob, len(c.Models))
	for i, discount := range batch.Discounts {
		q := c.each[0].values[i]
		if len(c.each) > 1 {
			q = min(q, c.each[1].values[i])
		}
		if penalties != nil {
			q -= penalties[i]
		}
		c.Targets[i] = batch.Rewards[i] + float32(discount*q)
	}
}

func (c *Critics) targetOf(i int) {
	c.Models[i].ForwardTarget(c.each[i].values, env.Values{F: c.order.input}, len(c.Targets))
}

// Regress makes a step of each critic towards Targets, along the gradient of
//
//	L_i = mean ½ (Q_i(s, a) − y)²
//
// and then lets its target network follow by tau; 0: it stays. input: [N, observation+action].
func (c *Critics) Regress(input []float32, rate, tau float32) {
	c.order = order{input: input, rate: rate, tau: tau}
	c.run(c.regressJob, len(c.Models))
	c.Loss, c.Value = 0, 0
	for i := range c.each {
		c.Loss += c.each[i].loss / float64(len(c.each))
	}
	for _, q := range c.each[0].values {
		c.Value += float64(q) / float64(len(c.Targets))
	}
}

func (c *Critics) regress(i int) {
	m, e, n := c.Models[i], &c.each[i], len(c.Targets)
	m.Forward(e.values, env.Values{F: c.order.input}, n)
	e.loss = HalfSquare(e.dvalues, e.values, c.Targets, false)
	m.Backward(e.dvalues, n)
	m.Step(c.order.rate)
	if c.order.tau > 0 {
		m.Follow(c.order.tau)
	}
}

// Ascend writes to dactions [N, action] the gradient of L = −mean min_{i<k} Q_i(s, a) by the actions, and returns L. It
// asks the first k critics. input: [N, observation+action].
func (c *Critics) Ascend(dactions, input []float32, k int) (loss float64) {
	c.order.input = input
	c.run(c.evaluateJob, k)
	loss = c.choose(k)
	c.run(c.slopeJob, k)
	width := c.frame + c.action
	for i := range c.Targets {
		for j := range c.action {
			at := i*width + c.frame + j
			d := c.each[0].dinput[at]
			if k > 1 {
				d += c.each[1].dinput[at]
			}
			dactions[i*c.action+j] = d
		}
	}
	return loss
}

func (c *Critics) evaluate(i int) {
	c.Models[i].Forward(c.each[i].values, env.Values{F: c.order.input}, len(c.Targets))
}

// choose gives each row's share of the loss, −1/N, to the critic of the smaller value.
func (c *Critics) choose(k int) (loss float64) {
	share := -1 / float32(len(c.Targets))
	first, second := &c.each[0], &c.each[0]
	if k > 1 {
		second = &c.each[1]
		clear(second.dvalues)
	}
	clear(first.dvalues)
	for i, q := range first.values {
		if other := second.values[i]; other < q {
			second.dvalues[i] = share
			loss -= float64(other)
		} else {
			first.dvalues[i] = share
			loss -= float64(q)
		}
	}
	return loss / float64(len(c.Targets))
}

func (c *Critics) slope(i int) {
	e := &c.each[i]
	c.Models[i].BackwardInput(e.dinput, e.dvalues, len(c.Targets))
}

// run has the first k critics do a job.
func (c *Critics) run(job func(int), k int) {
	if k > 1 {
		c.pair.Run(job)
	} else {
		job(0)
	}
}

// State visits the critics.
func (c *Critics) State(w state.Walker) error {
	for i, m := range c.Models {
		if err := m.State(w.Sub(strconv.Itoa(i))); err != nil {
			return fmt.Errorf("critic %d: %w", i, err)
		}
	}
	return nil
}

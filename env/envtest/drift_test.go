package envtest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"covey/env"
	"covey/state"
)

// drift is a small world that passes the suite: a point that is pushed to the left or right, drifts at random,
// and ends beyond ±2 or after 40 steps. A flaw breaks it in one place.
type drift struct {
	flaw     string
	bytes    bool // observations are bytes
	x        float32
	steps    uint64
	running  bool
	source   rand.PCG
	previous env.Values // flaw "keeps the observation"
}

const driftLimit = 40

var (
	memory  float32  // flaw "shares memory"
	resets  uint64   // flaw "ignores the seed"
	garbage []uint64 // flaw "allocates"
)

func (d *drift) is(flaw string) bool { return d.flaw == flaw }

func (d *drift) Spec() env.Spec {
	s := env.Spec{
		ID:          "Drift-v0",
		Observation: env.NewBox([]float32{-4, 0}, []float32{4, driftLimit}),
		Action:      env.NewDiscrete(2),
		MaxSteps:    driftLimit,
	}
	if d.bytes {
		s.Observation = env.Space{Kind: env.Box, Shape: []int{2}, Low: []float32{0, 0}, High: []float32{200, driftLimit}, Bytes: true}
	}
	switch d.flaw {
	case "no ID":
		s.ID = ""
	case "impossible space":
		s.Observation.Low = s.Observation.Low[:1]
	case "impossible actions":
		s.Action.N[0] = 0
	case "negative limit":
		s.MaxSteps = -1
	case "infinite threshold":
		t := math.Inf(1)
		s.RewardThreshold = &t
	case "changing spec":
		resets++
		s.MaxSteps = int(resets)
	case "leaves the space":
		s.Observation.High[0] = 1
	case "actions of bytes":
		s.Action = env.Space{Kind: env.Box, Shape: []int{1}, Low: []float32{0}, High: []float32{1}, Bytes: true}
	}
	return s
}

func (d *drift) Reset(seed uint64, obs env.Values) error {
	switch d.flaw {
	case "ignores the seed":
		resets++
		seed = resets
	case "one seed for all":
		seed = 0
	}
	if !d.is("keeps its stream") || d.steps == 0 {
		d.source.Seed(seed, 0)
	}
	if !d.is("keeps its clock") {
		d.steps = 0
	}
	d.x = d.noise()
	d.running = true
	d.previous = env.Values{}
	d.observe(obs)
	return nil
}

func (d *drift) noise() float32 { return float32(d.source.Uint64()>>40)/(1<<24) - 0.5 }

func (d *drift) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if !d.running && !d.is("steps without a reset") {
		return env.Outcome{}, fmt.Errorf("Drift-v0: %w", env.ErrResetNeeded)
	}
	if err := d.check(action); err != nil {
		return env.Outcome{}, err
	}
	push := action[0] - 0.5
	if d.is("writes the action") {
		action[0] = 1 - action[0]
	}
	if d.steps++; d.steps == 2 && d.is("explodes") {
		panic("boom")
	}
	d.x += 0.2*push + 0.5*d.noise()
	if d.is("shares memory") {
		d.x += memory / 1000
		memory = d.x
	}
	if d.is("allocates") {
		garbage = append(garbage[:0:0], d.steps)
	}
	d.observe(obs)
	out := env.Outcome{
		Reward:     1,
		Terminated: d.x < -2 || d.x > 2,
		Truncated:  d.steps == driftLimit,
	}
	d.spoil(&out)
	d.running = !out.Terminated && !out.Truncated
	if !d.running && d.is("resets by itself") {
		return out, d.Reset(1, obs)
	}
	return out, nil
}

func (d *drift) check(action []float32) error {
	a := action
	switch {
	case d.is("panics") && len(a) != 1:
		panic("length")
	case d.is("takes any length") && len(a) > 1:
		return nil
	case d.is("takes NaN") && len(a) == 1 && a[0] != a[0]:
		return nil
	case d.is("takes any choice") && len(a) == 1 && a[0] > 1:
		return nil
	case d.is("takes halves") && len(a) == 1 && a[0] == 0.5:
		return nil
	case len(a) == 1 && (a[0] == 0 || a[0] == 1):
		return nil
	case d.is("nameless errors"):
		return errors.New("no such action")
	}
	return fmt.Errorf("Drift-v0: no action %v", a)
}

// spoil applies the flaws in what a step returns.
func (d *drift) spoil(out *env.Outcome) {
	ended := out.Terminated || out.Truncated
	switch d.flaw {
	case "merges the ends":
		out.Terminated, out.Truncated = ended, ended
	case "terminates at the limit":
		out.Terminated, out.Truncated = ended, false
	case "truncates for terminating":
		out.Terminated, out.Truncated = false, ended
	case "exceeds the limit":
		out.Truncated = d.steps == driftLimit+1
	case "never ends":
		*out = env.Outcome{Reward: 1}
	case "infinite reward":
		out.Reward = float32(math.Inf(1))
	case "rewards NaN":
		out.Reward = float32(math.NaN())
	}
}

func (d *drift) observe(obs env.Values) {
	if d.bytes {
		obs.U[0] = uint8(100 + 20*d.x)
		if !d.is("writes half") {
			obs.U[1] = uint8(d.steps)
		}
		return
	}
	obs.F[0] = d.x
	if !d.is("writes half") {
		obs.F[1] = float32(d.steps)
	}
	switch d.flaw {
	case "observes infinity":
		obs.F[0] = float32(math.Inf(1))
	case "writes beyond":
		if cap(obs.F) > 2 {
			obs.F[:3][2] = 0
		}
	case "keeps the observation":
		if d.previous.F != nil {
			d.previous.F[0] = 0
		}
		d.previous = obs
	}
}

func (d *drift) Close() error {
	if d.is("fails to close") {
		return errors.New("stuck")
	}
	return nil
}

// saved is a drift that can be saved.
type saved struct{ drift }

func (s *saved) State(w state.Walker) error {
	x := float64(s.x)
	w.Float64("x", &x)
	if !s.is("forgets a variable") {
		s.x = float32(x)
	}
	if !s.is("forgets its clock") {
		w.Uint64("steps", &s.steps)
	}
	var running uint64
	if s.running {
		running = 1
	}
	w.Uint64("running", &running)
	s.running = running == 1 || s.is("forgets the end")
	if s.is("fails to save") {
		return errors.New("unsaved")
	}
	if s.is("forgets its stream") {
		return nil
	}
	return state.RNG(w, "source", &s.source)
}

package classic

import (
	"math"

	"covey/env"
	"covey/state"
)

// pendulum swings a pendulum up and holds it there with a torque between −2 and 2 N·m; each step
// costs by its distance from upright, its speed and the torque. No episode terminates.
type pendulum struct {
	episode
	theta, thetaDot float64 // angle from upright, rad, not wrapped, and its velocity, rad/s
}

const (
	pendulumMaxSpeed  = 8
	pendulumMaxTorque = 2
)

func newPendulum(id string) *pendulum {
	return &pendulum{episode: episode{spec: env.Spec{
		ID:          id,
		Observation: symmetric([]float32{1, 1, pendulumMaxSpeed}),
		Action:      symmetric([]float32{pendulumMaxTorque}),
	}}}
}

func (p *pendulum) Reset(seed uint64, obs env.Values) error {
	rng := start(seed)
	p.theta, p.thetaDot = uniform(&rng, -math.Pi, math.Pi), uniform(&rng, -1, 1)
	p.running = true
	p.observe(obs)
	return nil
}

// Step computes, with mass and length 1 and g = 10,
//
//	cost = θ² + 0.1 θ̇² + 0.001 u²       before the step, θ in [−π, π)
//	θ̈    = 3g/2l · sin θ + 3/ml² · u
//
// The torque's terms are rounded to float32, the action's type, before they are added.
func (p *pendulum) Step(action []float32, obs env.Values) (env.Outcome, error) {
	const tau = 0.05 // s, between states
	u, ok := p.number(action)
	if !ok {
		return env.Outcome{}, p.refusal(action)
	}
	u = clip(u, -pendulumMaxTorque, pendulumMaxTorque)
	angle := wrapAngle(p.theta)
	cost := float64(angle*angle) + float64(0.1*float64(p.thetaDot*p.thetaDot)) + float64(float32(0.001*float32(u*u)))

	sin, _ := sincos(p.theta)
	acceleration := float64(15*sin) + float64(float32(3*u))
	p.thetaDot = clip(p.thetaDot+float64(acceleration*tau), -pendulumMaxSpeed, pendulumMaxSpeed)
	p.theta += float64(p.thetaDot * tau)
	p.observe(obs)
	return env.Outcome{Reward: float32(-cost)}, nil
}

// wrapAngle is Python's (x + π) % 2π − π, whose remainder is exact but for one rounding.
func wrapAngle(x float64) float64 {
	const turn = 2 * math.Pi
	x += math.Pi
	turns := math.Floor(x / turn)
	rest := math.FMA(-turns, turn, x)
	if rest < 0 { // x/turn was rounded up to a whole number
		rest = math.FMA(-(turns - 1), turn, x)
	}
	return rest - math.Pi
}

func (p *pendulum) observe(obs env.Values) {
	f := p.frame(obs, 3)
	sin, cos := sincos(p.theta)
	f[0], f[1], f[2] = float32(cos), float32(sin), float32(p.thetaDot)
}

// State visits the angle and its velocity.
func (p *pendulum) State(w state.Walker) error {
	return p.walk(w, []string{"theta", "theta_dot"}, &p.theta, &p.thetaDot)
}

package classic

import (
	"math"

	"covey/env"
	"covey/state"
)

// cartPole balances a pole on a cart by pushing the cart left (0) or right (1); each step earns 1.
// The equations are those of Barto, Sutton and Anderson (1983) without friction, integrated by Euler.
type cartPole struct {
	episode
	x, xDot         float64 // position of the cart, m, and its velocity, m/s
	theta, thetaDot float64 // angle of the pole from upright, rad, and its velocity, rad/s
}

// Bounds of the cart's position, m, and the pole's angle, rad (12°, as Python rounds 12·2π/360), beyond which the
// episode has ended.
const (
	cartPoleX     = 2.4
	cartPoleTheta = 0.20943951023931953
)

func newCartPole(id string, threshold float64) *cartPole {
	inf := float32(math.Inf(1))
	high := []float32{2 * cartPoleX, inf, 2 * cartPoleTheta, inf}
	return &cartPole{episode: episode{choices: 2, spec: env.Spec{
		ID:              id,
		Observation:     symmetric(high),
		Action:          env.NewDiscrete(2),
		RewardThreshold: &threshold,
	}}}
}

func (c *cartPole) Reset(seed uint64, obs env.Values) error {
	rng := start(seed)
	for _, v := range []*float64{&c.x, &c.xDot, &c.theta, &c.thetaDot} {
		*v = uniform(&rng, -0.05, 0.05)
	}
	c.running = true
	f := c.frame(obs, 4)
	f[0], f[1], f[2], f[3] = float32(c.x), float32(c.xDot), float32(c.theta), float32(c.thetaDot)
	return nil
}

func (c *cartPole) Step(action []float32, obs env.Values) (env.Outcome, error) {
	const (
		gravity    = 9.8  // m/s²
		totalMass  = 1.1  // kg, of which the pole has
		massPole   = 0.1  // kg
		length     = 0.5  // m, half the pole's
		poleMoment = 0.05 // kg·m, massPole·length
		tau        = 0.02 // s, between states
	)
	push, ok := c.choice(action)
	if !ok {
		return env.Outcome{}, c.refusal(action)
	}
	force := float64(20*push - 10) // N
	x, xDot, theta, thetaDot := c.x, c.xDot, c.theta, c.thetaDot
	sin, cos := sincos(theta)
	temp := (force + float64(poleMoment*float64(thetaDot*thetaDot)*sin)) / totalMass
	thetaAcc := (float64(gravity*sin) - float64(cos*temp)) /
		(length * (4.0/3.0 - float64(massPole*float64(cos*cos))/totalMass))
	xAcc := temp - float64(poleMoment*thetaAcc*cos)/totalMass

	x += float64(tau * xDot)
	xDot += float64(tau * xAcc)
	theta += float64(tau * thetaDot)
	thetaDot += float64(tau * thetaAcc)

	c.x, c.xDot, c.theta, c.thetaDot = x, xDot, theta, thetaDot
	c.running = x >= -cartPoleX && x <= cartPoleX && theta >= -cartPoleTheta && theta <= cartPoleTheta
	f := c.frame(obs, 4)
	f[0], f[1], f[2], f[3] = float32(x), float32(xDot), float32(theta), float32(thetaDot)
	return env.Outcome{Reward: 1, Terminated: !c.running}, nil
}

// State visits the four variables.
func (c *cartPole) State(w state.Walker) error {
	return c.walk(w, []string{"x", "x_dot", "theta", "theta_dot"}, &c.x, &c.xDot, &c.theta, &c.thetaDot)
}

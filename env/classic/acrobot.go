package classic

import (
	"math"

	"covey/env"
	"covey/state"
)

// acrobot swings two links, of which only the joint between them has a motor, until the free end is
// a link's length above the fixed one: torque −1 (0), none (1), +1 (2) N·m; each step costs 1, the last nothing.
// The equations are those of Sutton and Barto's book, integrated by Runge and Kutta's fourth-order rule.
type acrobot struct {
	episode
	links links
}

// links is the state of the acrobot, or its rate of change.
type links struct {
	theta1, theta2       float64 // angle of the first link from hanging down, and of the second from the first, rad
	thetaDot1, thetaDot2 float64 // their velocities, rad/s
}

const (
	acrobotMaxSpeed1 = 4 * math.Pi
	acrobotMaxSpeed2 = 9 * math.Pi
)

func newAcrobot(id string) *acrobot {
	threshold := -100.0
	return &acrobot{episode: episode{choices: 3, spec: env.Spec{
		ID:              id,
		Observation:     symmetric([]float32{1, 1, 1, 1, acrobotMaxSpeed1, acrobotMaxSpeed2}),
		Action:          env.NewDiscrete(3),
		RewardThreshold: &threshold,
	}}}
}

// Reset draws the state as float32 numbers, as Gymnasium does.
func (a *acrobot) Reset(seed uint64, obs env.Values) error {
	rng := start(seed)
	s := &a.links
	for _, v := range []*float64{&s.theta1, &s.theta2, &s.thetaDot1, &s.thetaDot2} {
		*v = float64(float32(uniform(&rng, -0.1, 0.1)))
	}
	a.running = true
	a.observe(obs)
	return nil
}

func (a *acrobot) Step(action []float32, obs env.Values) (env.Outcome, error) {
	const tau = 0.2 // s, between states
	choice, ok := a.choice(action)
	if !ok {
		return env.Outcome{}, a.refusal(action)
	}
	s := rungeKutta(a.links, float64(choice-1), tau)
	s.theta1 = wrap(s.theta1)
	s.theta2 = wrap(s.theta2)
	s.thetaDot1 = clip(s.thetaDot1, -acrobotMaxSpeed1, acrobotMaxSpeed1)
	s.thetaDot2 = clip(s.thetaDot2, -acrobotMaxSpeed2, acrobotMaxSpeed2)
	a.links = s
	cos1 := a.observe(obs)

	terminated := -cos1-cosine(s.theta2+s.theta1) > 1
	a.running = !terminated
	out := env.Outcome{Reward: -1, Terminated: terminated}
	if terminated {
		out.Reward = 0
	}
	return out, nil
}

// rungeKutta is the state a time tau after s, under a constant torque.
func rungeKutta(s links, torque, tau float64) links {
	k1 := s.rate(torque)
	k2 := s.plus(tau/2, k1).rate(torque)
	k3 := s.plus(tau/2, k2).rate(torque)
	k4 := s.plus(tau, k3).rate(torque)
	return s.plus(tau/6, k1.plus(2, k2).plus(2, k3).plus(1, k4))
}

// plus is s + h·k.
func (s links) plus(h float64, k links) links {
	return links{
		s.theta1 + float64(h*k.theta1),
		s.theta2 + float64(h*k.theta2),
		s.thetaDot1 + float64(h*k.thetaDot1),
		s.thetaDot2 + float64(h*k.thetaDot2),
	}
}

// rate is the derivative of s by time. Masses, lengths and moments of inertia are 1, the links'
// centres of mass are in their middles, and g = 9.8.
func (s links) rate(torque float64) links {
	const (
		weight2 = 4.9                // m2·lc2·g
		weight1 = 14.700000000000001 // (m1·lc1 + m2·l1)·g, as Python rounds it
	)
	sin2, cos2 := sincos(s.theta2)
	d1 := 0.25 + (1.25 + cos2) + 1 + 1
	d2 := 0.25 + float64(0.5*cos2) + 1
	phi2 := float64(weight2 * cosine(s.theta1+s.theta2-math.Pi/2))
	phi1 := float64(-0.5*float64(s.thetaDot2*s.thetaDot2)*sin2) -
		float64(s.thetaDot2*s.thetaDot1*sin2) +
		float64(weight1*cosine(s.theta1-math.Pi/2)) + phi2
	thetaDotDot2 := (torque + float64(d2/d1*phi1) - float64(0.5*float64(s.thetaDot1*s.thetaDot1)*sin2) - phi2) /
		(1.25 - float64(d2*d2)/d1)
	thetaDotDot1 := -(float64(d2*thetaDotDot2) + phi1) / d1
	return links{s.thetaDot1, s.thetaDot2, thetaDotDot1, thetaDotDot2}
}

// wrap brings an angle into [−π, π] by whole turns.
func wrap(x float64) float64 {
	for x > math.Pi {
		x -= 2 * math.Pi
	}
	for x < -math.Pi {
		x += 2 * math.Pi
	}
	return x
}

// observe returns the cosine of the first angle, which the end of an episode hangs on.
func (a *acrobot) observe(obs env.Values) (cos1 float64) {
	f := a.frame(obs, 6)
	s := &a.links
	sin1, cos1 := sincos(s.theta1)
	sin2, cos2 := sincos(s.theta2)
	f[0], f[1], f[2], f[3] = float32(cos1), float32(sin1), float32(cos2), float32(sin2)
	f[4], f[5] = float32(s.thetaDot1), float32(s.thetaDot2)
	return cos1
}

// State visits the angles and their velocities.
func (a *acrobot) State(w state.Walker) error {
	s := &a.links
	return a.walk(w, []string{"theta1", "theta2", "theta1_dot", "theta2_dot"}, &s.theta1, &s.theta2, &s.thetaDot1, &s.thetaDot2)
}

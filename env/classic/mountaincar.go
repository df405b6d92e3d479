package classic

import (
	"covey/env"
	"covey/state"
)

// mountainCar drives a car that is too weak for the hill to its top, by swinging: push left (0), not
// at all (1), right (2); each step costs 1. Moore (1990).
type mountainCar struct {
	episode
	position, velocity float64 // in the problem's own unit of length; per step
}

// What both cars have in common.
const (
	carLeft     = -1.2
	carRight    = 0.6
	carMaxSpeed = 0.07
	carGravity  = 0.0025
)

// Where each of them has reached the top.
const (
	carGoal           = 0.5
	carContinuousGoal = 0.45
)

func carSpace() env.Space {
	return env.NewBox([]float32{carLeft, -carMaxSpeed}, []float32{carRight, carMaxSpeed})
}

func newMountainCar(id string) *mountainCar {
	threshold := -110.0
	return &mountainCar{episode: episode{choices: 3, spec: env.Spec{
		ID:              id,
		Observation:     carSpace(),
		Action:          env.NewDiscrete(3),
		RewardThreshold: &threshold,
	}}}
}

func (m *mountainCar) Reset(seed uint64, obs env.Values) error {
	rng := start(seed)
	m.position, m.velocity = uniform(&rng, -0.6, -0.4), 0
	m.running = true
	m.observe(obs)
	return nil
}

func (m *mountainCar) Step(action []float32, obs env.Values) (env.Outcome, error) {
	const force = 0.001
	push, ok := m.choice(action)
	if !ok {
		return env.Outcome{}, m.refusal(action)
	}
	velocity := m.velocity + (float64(float64(push-1)*force) - float64(cosine(3*m.position)*carGravity))
	velocity = clip(velocity, -carMaxSpeed, carMaxSpeed)
	position := clip(m.position+velocity, carLeft, carRight)
	if position == carLeft && velocity < 0 {
		velocity = 0 // it hits the wall
	}
	m.position, m.velocity = position, velocity
	m.observe(obs)

	terminated := position >= carGoal && velocity >= 0
	m.running = !terminated
	return env.Outcome{Reward: -1, Terminated: terminated}, nil
}

func (m *mountainCar) observe(obs env.Values) {
	f := m.frame(obs, 2)
	f[0], f[1] = float32(m.position), float32(m.velocity)
}

// State visits the position and the velocity.
func (m *mountainCar) State(w state.Walker) error {
	return m.walk(w, []string{"position", "velocity"}, &m.position, &m.velocity)
}

package classic

import (
	"covey/env"
	"covey/state"
)

// mountainCarContinuous is the mountain car with an engine that pushes as hard as it is told to,
// between −1 and 1; reaching the top earns 100, each step costs a tenth of the square of what it was told
// (clipped or not).
//
// Gymnasium keeps its state in float32, but for the initial one, whose position is a float64; so
// the first step of an episode is computed in float64 and the others in float32.
type mountainCarContinuous struct {
	episode
	position, velocity float64 // in the problem's own unit of length; per step
	single             bool    // both are float32 numbers: the episode's first step is made
}

const carPower = 0.0015

func newMountainCarContinuous(id string) *mountainCarContinuous {
	threshold := 90.0
	return &mountainCarContinuous{episode: episode{spec: env.Spec{
		ID:              id,
		Observation:     carSpace(),
		Action:          symmetric([]float32{1}),
		RewardThreshold: &threshold,
	}}}
}

func (m *mountainCarContinuous) Reset(seed uint64, obs env.Values) error {
	rng := start(seed)
	m.position, m.velocity = uniform(&rng, -0.6, -0.4), 0
	m.single = false
	m.running = true
	m.observe(obs)
	return nil
}

func (m *mountainCarContinuous) Step(action []float32, obs env.Values) (env.Outcome, error) {
	told, ok := m.number(action)
	if !ok {
		return env.Outcome{}, m.refusal(action)
	}
	var terminated bool
	if m.single {
		position, velocity := float32(m.position), float32(m.velocity)
		acceleration := float32(carAcceleration(told, float64(float32(3*position))))
		position, velocity, terminated = carMove(position, velocity+acceleration)
		m.position, m.velocity = float64(position), float64(velocity)
	} else {
		acceleration := carAcceleration(told, 3*m.position)
		position, velocity, top := carMove(m.position, m.velocity+acceleration)
		m.position, m.velocity, terminated = float64(float32(position)), float64(float32(velocity)), top
		m.single = true
	}
	m.running = !terminated
	m.observe(obs)

	reward := -float64(float64(told) * float64(told) * 0.1)
	if terminated {
		reward += 100
	}
	return env.Outcome{Reward: float32(reward), Terminated: terminated}, nil
}

// carAcceleration is what the engine and the slope at position angle/3 do to the velocity in a step.
// NumPy computes it in float32 as long as the engine's share is a float32, which clipping makes a Python
// number of.
func carAcceleration(told float32, angle float64) float64 {
	slope := float64(carGravity * cosine(angle))
	switch {
	case told > 1:
		return carPower - slope
	case told < -1:
		return -carPower - slope
	default:
		return float64(float32(told*carPower) - float32(slope))
	}
}

// carMove moves the car by a velocity that it limits first, and says whether that was to the top.
func carMove[F float32 | float64](position, velocity F) (F, F, bool) {
	velocity = clip(velocity, -carMaxSpeed, carMaxSpeed)
	position = clip(position+velocity, carLeft, carRight)
	if position == carLeft && velocity < 0 {
		velocity = 0 // it hits the wall
	}
	return position, velocity, position >= carContinuousGoal && velocity >= 0
}

func (m *mountainCarContinuous) observe(obs env.Values) {
	f := m.frame(obs, 2)
	f[0], f[1] = float32(m.position), float32(m.velocity)
}

// State visits the position, the velocity and their precision.
func (m *mountainCarContinuous) State(w state.Walker) error {
	if err := m.walk(w, []string{"position", "velocity"}, &m.position, &m.velocity); err != nil {
		return err
	}
	return state.Bool(w, "single", &m.single)
}

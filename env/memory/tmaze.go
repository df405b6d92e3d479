package memory

import (
	"fmt"

	"covey/env"
	"covey/state"
)

// tMaze is a corridor with a junction at its end, of whose arms one is right. A sign at the start says which, and is
// seen in the first observation only; after that every place of the corridor looks the same.
type tMaze struct {
	task
	length   int
	arm      int // the right one, 0 (up) or 1 (down)
	position int // steps from the start; the junction is at length
}

// The signs of a T-maze.
const (
	signUp = iota
	signDown
	signCorridor
	signJunction
)

// The actions of a T-maze.
const (
	goOn = iota
	goUp
	goDown
)

// Rewards of a T-maze: for the right arm, for the wrong one, for walking into a wall.
const (
	rightArm = 1
	wrongArm = 0
	bump     = -0.1
)

// TMaze is a corridor that takes length steps to its end, where the agent must turn into the arm that a sign at the
// start told it (Bakker: Reinforcement learning with long short-term memory, 2001; without the way back). The right
// arm is worth 1, the wrong one 0, and a step into a wall −0.1. So the best return of an agent without memory is ½ on
// average, and of one with memory 1. An episode is truncated after five times the steps that it takes.
//
// Observations are one of four signs as 1 among zeros: the right arm is up, it is down (both at the start alone),
// corridor, junction. Actions: 0 on, 1 up, 2 down.
func TMaze(length int) env.Environment {
	if length < 1 {
		panic(fmt.Sprintf("memory: T-maze of length %d", length))
	}
	threshold := 0.95
	return env.TimeLimit(&tMaze{length: length, task: task{spec: env.Spec{
		ID:              fmt.Sprintf("TMaze%d-v0", length),
		Observation:     signs(4),
		Action:          env.NewDiscrete(3),
		RewardThreshold: &threshold,
	}}}, 5*(length+1))
}

func (m *tMaze) Reset(seed uint64, obs env.Values) error {
	m.arm = int(m.begin(seed).Uint64() >> 63)
	m.position = 0
	m.show(obs, signUp+m.arm)
	return nil
}

func (m *tMaze) Step(action []float32, obs env.Values) (env.Outcome, error) {
	a, err := m.choice(action)
	if err != nil {
		return env.Outcome{}, err
	}
	var out env.Outcome
	junction := m.position == m.length
	switch {
	case junction && a == goUp+m.arm:
		out = env.Outcome{Reward: rightArm, Terminated: true}
	case junction && a != goOn:
		out = env.Outcome{Reward: wrongArm, Terminated: true}
	case !junction && a == goOn:
		m.position++
	default:
		out.Reward = bump
	}
	m.running = !out.Terminated
	sign := signCorridor
	if m.position == m.length {
		sign = signJunction
	}
	m.show(obs, sign)
	return out, nil
}

// State visits the right arm and the position.
func (m *tMaze) State(w state.Walker) error {
	if err := m.number(w, "arm", &m.arm, 1); err != nil {
		return err
	}
	if err := m.number(w, "position", &m.position, m.length); err != nil {
		return err
	}
	return m.walk(w)
}

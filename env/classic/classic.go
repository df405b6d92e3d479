// Package classic holds Gymnasium's classic control environments in Go: their dynamics to the letter
// of Gymnasium 1.4.0, in float64, with observations and rewards rounded to float32. Their tests step the real
// package from the same states.
//
// All are [covey/state.Stateful], and stepping one allocates nothing.
package classic

import (
	"fmt"

	"covey/env"
	"covey/internal/nearest"
)

// environments are those of the package, in the order of IDs.
var environments = []struct {
	id    string
	steps int // the time limit
	make  func(id string) env.Environment
}{
	{"CartPole-v0", 200, func(id string) env.Environment { return newCartPole(id, 195) }},
	{"CartPole-v1", 500, func(id string) env.Environment { return newCartPole(id, 475) }},
	{"Acrobot-v1", 500, func(id string) env.Environment { return newAcrobot(id) }},
	{"MountainCar-v0", 200, func(id string) env.Environment { return newMountainCar(id) }},
	{"MountainCarContinuous-v0", 999, func(id string) env.Environment { return newMountainCarContinuous(id) }},
	{"Pendulum-v1", 200, func(id string) env.Environment { return newPendulum(id) }},
}

// New makes the environment that Gymnasium knows by id, with its time limit. The error of an unknown
// id names the nearest known one.
func New(id string) (env.Environment, error) {
	for _, e := range environments {
		if e.id == id {
			return env.TimeLimit(e.make(id), e.steps), nil
		}
	}
	return nil, fmt.Errorf("classic: unknown environment %q%s", id, nearest.Hint(id, IDs()))
}

// IDs are the names that New knows.
func IDs() []string {
	ids := make([]string, len(environments))
	for i, e := range environments {
		ids[i] = e.id
	}
	return ids
}

// symmetric is the box between −high and high.
func symmetric(high []float32) env.Space {
	low := make([]float32, len(high))
	for i, h := range high {
		low[i] = -h
	}
	return env.NewBox(low, high)
}

// clip is x, or the bound that it is beyond.
func clip[F float32 | float64](x, low, high F) F {
	if x < low {
		return low
	}
	if x > high {
		return high
	}
	return x
}

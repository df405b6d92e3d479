package classic

import (
	"math"
	"math/rand/v2"
)

// The functions below draw states and actions for the comparison with Gymnasium: most from all over
// the space, many from around the bounds at which something happens.

// within is uniform over [low, high).
func within(rng *rand.Rand, low, high float64) float64 { return low + rng.Float64()*(high-low) }

// beside is x, or one of its neighbours among the float64 numbers.
func beside(rng *rand.Rand, x float64) float64 {
	toward := math.Inf(1 - 2*rng.IntN(2))
	for range rng.IntN(4) {
		x = math.Nextafter(x, toward)
	}
	return x
}

// sign is 1 or −1.
func sign(rng *rand.Rand) float64 { return float64(2*rng.IntN(2) - 1) }

func drawCartPole(rng *rand.Rand) transition {
	xDot, thetaDot := within(rng, -4, 4), within(rng, -4, 4)
	x, theta := within(rng, -2.5, 2.5), within(rng, -0.25, 0.25)
	switch rng.IntN(5) {
	case 0: // the next position is beside the bound
		x = beside(rng, sign(rng)*cartPoleX-0.02*xDot)
	case 1: // the next angle is
		theta = beside(rng, sign(rng)*cartPoleTheta-0.02*thetaDot)
	case 2: // an episode's start
		x, theta = within(rng, -0.05, 0.05), within(rng, -0.05, 0.05)
		xDot, thetaDot = within(rng, -0.05, 0.05), within(rng, -0.05, 0.05)
	}
	return transition{state: []float64{x, xDot, theta, thetaDot}, action: float32(rng.IntN(2))}
}

func drawAcrobot(rng *rand.Rand) transition {
	s := links{
		within(rng, -math.Pi, math.Pi), within(rng, -math.Pi, math.Pi),
		within(rng, -acrobotMaxSpeed1, acrobotMaxSpeed1), within(rng, -acrobotMaxSpeed2, acrobotMaxSpeed2),
	}
	torque := rng.IntN(3)
	switch rng.IntN(4) {
	case 0: // an episode's start
		s = links{within(rng, -0.1, 0.1), within(rng, -0.1, 0.1), within(rng, -0.1, 0.1), within(rng, -0.1, 0.1)}
	case 1: // slow, as most states of an episode are
		s.thetaDot1 /= 10
		s.thetaDot2 /= 10
	case 2: // the next state is beside the goal
		s.thetaDot1 /= 10
		s.thetaDot2 /= 10
		s = besideGoal(rng, s, float64(torque-1))
	}
	return transition{state: []float64{s.theta1, s.theta2, s.thetaDot1, s.thetaDot2}, action: float32(torque)}
}

// besideGoal moves s towards standing upright till a step of it lies so close to the goal that rounding
// only just cannot move it across; where s does not come by the goal it is returned as it is.
func besideGoal(rng *rand.Rand, s links, torque float64) links {
	at := func(share float64) links {
		return links{s.theta1 + share*(math.Pi-s.theta1), s.theta2 * (1 - share), s.thetaDot1, s.thetaDot2}
	}
	terminal := func(share float64) bool {
		next := rungeKutta(at(share), torque, 0.2)
		return -math.Cos(next.theta1)-math.Cos(next.theta1+next.theta2) > 1
	}
	low, high := 0.0, 1.0
	if terminal(low) || !terminal(high) {
		return s
	}
	for range 60 {
		if middle := (low + high) / 2; terminal(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return at(low + sign(rng)*1e-12)
}

func drawMountainCar(rng *rand.Rand) transition {
	position, velocity := within(rng, -1.2, 0.6), within(rng, -0.07, 0.07)
	action := rng.IntN(3)
	switch rng.IntN(5) {
	case 0: // it reaches the goal, at full speed
		position, velocity, action = beside(rng, 0.5-0.07), within(rng, 0.0695, 0.07), 2
	case 1: // it is by the wall
		position = within(rng, -1.2, -1.15)
	case 2: // at a bound
		position = []float64{-1.2, 0.5, 0.6}[rng.IntN(3)]
		velocity = []float64{-0.07, 0, 0.07}[rng.IntN(3)]
	}
	return transition{state: []float64{position, velocity}, action: float32(action)}
}

func drawMountainCarContinuous(rng *rand.Rand) transition {
	position, velocity := within(rng, -1.2, 0.6), within(rng, -0.07, 0.07)
	action := float32(within(rng, -1.5, 1.5))
	switch rng.IntN(6) {
	case 0: // it reaches the goal, at full speed
		position, velocity, action = beside(rng, 0.45-0.07), within(rng, 0.0695, 0.07), 1
	case 1: // it is by the wall
		position = within(rng, -1.2, -1.15)
	case 2: // at a bound
		position = []float64{-1.2, 0.45, 0.6}[rng.IntN(3)]
		velocity = []float64{-0.07, 0, 0.07}[rng.IntN(3)]
	case 3: // clipped, or just not
		action = []float32{-1, 1, 1.0000001, -1.0000001, 7}[rng.IntN(5)]
	}
	tr := transition{state: []float64{position, velocity}, single: rng.IntN(3) > 0, action: action}
	if tr.single {
		for i, x := range tr.state {
			single := float32(x)
			for range rng.IntN(3) {
				single = math.Nextafter32(single, 1)
			}
			tr.state[i] = float64(single)
		}
	}
	return tr
}

func drawPendulum(rng *rand.Rand) transition {
	theta, thetaDot := within(rng, -80, 80), within(rng, -8, 8)
	action := float32(within(rng, -3, 3))
	switch rng.IntN(5) {
	case 0: // an episode's start
		theta, thetaDot = within(rng, -math.Pi, math.Pi), within(rng, -1, 1)
	case 1: // beside the angle's turn
		theta = beside(rng, math.Pi*float64(rng.IntN(40)-20))
	case 2: // at full speed
		thetaDot = 8 * sign(rng)
	case 3: // clipped, or just not
		action = []float32{-2, 2, 2.0000002, -2.0000002, 9}[rng.IntN(5)]
	}
	return transition{state: []float64{theta, thetaDot}, action: action}
}

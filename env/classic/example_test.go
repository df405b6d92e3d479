package classic_test

import (
	"fmt"
	"log"

	"covey/env"
	"covey/env/classic"
)

// An episode of CartPole in which the cart is pushed towards the side that the pole falls to.
func Example() {
	e, err := classic.New("CartPole-v1")
	if err != nil {
		log.Fatal(err)
	}
	spec := e.Spec()
	obs := env.MakeValues(spec.Observation, spec.Observation.Size())
	if err := e.Reset(42, obs); err != nil {
		log.Fatal(err)
	}
	var total float32
	for {
		const left, right = 0, 1
		action := []float32{left}
		if angle := obs.F[2]; angle > 0 {
			action[0] = right
		}
		out, err := e.Step(action, obs)
		if err != nil {
			log.Fatal(err)
		}
		total += out.Reward
		if out.Terminated || out.Truncated {
			fmt.Printf("the pole stood for %v of %d steps\n", total, spec.MaxSteps)
			return
		}
	}
	// Output: the pole stood for 40 of 500 steps
}

func ExampleNew() {
	_, err := classic.New("cartpole-v1")
	fmt.Println(err)
	// Output: classic: unknown environment "cartpole-v1"; did you mean "CartPole-v1"?
}

//go:build !race

package covey_test

import (
	"context"
	"fmt"
	"log"

	"covey"
)

// An agent that balances a pole.
func Example() {
	cfg, err := covey.Preset("a3c", "CartPole-v1", "")
	if err != nil {
		log.Fatal(err)
	}
	cfg.UntilSolved = true
	run, err := covey.Train(context.Background(), cfg, covey.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("solved:", run.Solved)
	fmt.Println("at least 475 over 100 fresh episodes:", run.Eval.Mean >= 475)
	// Output:
	// solved: true
	// at least 475 over 100 fresh episodes: true
}

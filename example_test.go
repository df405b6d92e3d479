package covey_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"covey"
	"covey/env"
	"covey/env/envtest"
)

// A run leaves a folder behind, whose policy can be loaded and asked for actions.
func ExampleLoadPolicy() {
	dir, err := os.MkdirTemp("", "covey")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg, err := covey.Preset("a3c", "Pendulum-v1", "")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Steps, cfg.Eval.Episodes = 2000, 2
	if _, err := covey.Train(context.Background(), cfg, covey.Options{Dir: dir}); err != nil {
		log.Fatal(err)
	}

	p, _, err := covey.LoadPolicy(dir)
	if err != nil {
		log.Fatal(err)
	}
	actor, torque := p.NewActor(1), make([]float32, 1)
	actor.Act(torque, env.Values{F: []float32{1, 0, 0}}, nil) // cos θ, sin θ, dθ/dt
	fmt.Println("within ±2:", torque[0] >= -2 && torque[0] <= 2)
	// Output: within ±2: true
}

// coin pays 1 for naming the side that it shows, 0 otherwise; an episode is ten tosses.
type coin struct {
	toss, side uint64
	running    bool
}

func (c *coin) Spec() env.Spec {
	return env.Spec{ID: "Coin", Observation: env.NewBox([]float32{-1}, []float32{1}), Action: env.NewDiscrete(2)}
}

func (c *coin) Reset(seed uint64, obs env.Values) error {
	c.toss, c.side, c.running = 0, seed, true
	obs.F[0] = c.shown()
	return nil
}

func (c *coin) Step(action []float32, obs env.Values) (env.Outcome, error) {
	var out env.Outcome
	if !c.running {
		return out, fmt.Errorf("Coin: %w", env.ErrResetNeeded)
	}
	if err := c.Spec().Action.Check(env.Values{F: action}); err != nil {
		return out, fmt.Errorf("Coin: action %v: %w", action, err)
	}
	if action[0] == float32(c.side>>c.toss&1) {
		out.Reward = 1
	}
	c.toss++
	out.Terminated = c.toss == 10
	c.running = !out.Terminated
	obs.F[0] = c.shown()
	return out, nil
}

func (c *coin) Close() error { return nil }

// shown is 1 or -1, by the toss's bit of the seed.
func (c *coin) shown() float32 { return 2*float32(c.side>>c.toss&1) - 1 }

// Learning in an environment of one's own.
func Example_ownEnvironment() {
	if err := envtest.Check(func() env.Environment { return new(coin) }); err != nil {
		log.Fatal(err) // it breaks a rule of env.Environment
	}
	cfg, err := covey.NewConfig("a3c", "Coin")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Steps, cfg.A3C.Network.Hidden = 10_000, []int{16}
	run, err := covey.Train(context.Background(), cfg, covey.Options{
		Environment: func() (env.Environment, error) { return new(coin), nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Eval.Mean, "of 10")
	// Output: 10 of 10
}

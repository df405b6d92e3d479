package env_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"covey/env"
	"covey/state"
)

// guess is an environment of one's own: a number between 0 and 9 is to be guessed, and the observation
// says whether the last guess was too low (−1) or too high (1). Each guess costs 1.
//
// It can be saved because it names all that changes; the suite in covey/env/envtest checks that, and all else
// that environments promise:
//
//	envtest.Run(t, func() env.Environment { return env.TimeLimit(&guess{}, 10) }, envtest.Native)
type guess struct {
	number  uint64
	running uint64 // 1: yes
}

var guessSpec = env.Spec{
	ID:          "Guess-v0",
	Observation: env.NewBox([]float32{-1}, []float32{1}),
	Action:      env.NewDiscrete(10),
}

func (g *guess) Spec() env.Spec { return guessSpec }

func (g *guess) Reset(seed uint64, obs env.Values) error {
	source := rand.NewPCG(seed, 0)
	g.number, g.running = source.Uint64()%10, 1
	obs.F[0] = 0
	return nil
}

func (g *guess) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if g.running == 0 {
		return env.Outcome{}, fmt.Errorf("Guess-v0: %w", env.ErrResetNeeded)
	}
	if err := guessSpec.Action.Check(env.Values{F: action}); err != nil {
		return env.Outcome{}, fmt.Errorf("Guess-v0: action %v: %w", action, err)
	}
	switch tried := uint64(action[0]); {
	case tried < g.number:
		obs.F[0] = -1
	case tried > g.number:
		obs.F[0] = 1
	default:
		obs.F[0], g.running = 0, 0
	}
	return env.Outcome{Reward: -1, Terminated: g.running == 0}, nil
}

func (g *guess) Close() error { return nil }

func (g *guess) State(w state.Walker) error {
	w.Uint64("number", &g.number)
	w.Uint64("running", &g.running)
	if g.number > 9 || g.running > 1 {
		return fmt.Errorf("Guess-v0: number %d, running %d", g.number, g.running)
	}
	return nil
}

// An environment of one's own, here with a time limit, and searched by halving.
func ExampleEnvironment() {
	e := env.TimeLimit(&guess{}, 10)
	obs := env.MakeValues(e.Spec().Observation, 1)
	if err := e.Reset(5, obs); err != nil {
		log.Fatal(err)
	}
	for low, high := 0, 9; ; {
		middle := (low + high) / 2
		out, err := e.Step([]float32{float32(middle)}, obs)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(middle, obs.F[0])
		if out.Terminated || out.Truncated {
			return
		}
		if obs.F[0] < 0 {
			low = middle + 1
		} else {
			high = middle - 1
		}
	}
	// Output:
	// 4 -1
	// 7 1
	// 5 0
}

// Two environments that are stepped together and start their next episodes by themselves.
func ExampleBatch() {
	v, err := env.Batch(env.TimeLimit(&guess{}, 2), env.TimeLimit(&guess{}, 3))
	if err != nil {
		log.Fatal(err)
	}
	obs, final := env.MakeValues(v.Spec().Observation, 2), env.MakeValues(v.Spec().Observation, 2)
	out := make([]env.Outcome, v.Len())
	if err := v.Reset([]uint64{1, 2}, obs); err != nil {
		log.Fatal(err)
	}
	for range 4 {
		if err := v.Step([]float32{0, 9}, obs, final, out); err != nil {
			log.Fatal(err)
		}
		for i, o := range out {
			if o.Truncated && !o.Terminated {
				fmt.Printf("row %d was cut off at %v, and starts again from %v\n", i, final.F[i], obs.F[i])
			}
		}
	}
	// Output:
	// row 0 was cut off at -1, and starts again from 0
	// row 0 was cut off at -1, and starts again from 0
	// row 1 was cut off at 1, and starts again from 0
}

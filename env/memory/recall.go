package memory

import (
	"fmt"

	"covey/env"
	"covey/state"
)

// recall shows symbols, waits, and asks for them.
type recall struct {
	task
	delay   int
	symbols [items]int
	step    int // of the episode; actions count from items+delay on
}

const (
	items   = 4 // symbols to keep
	kinds   = 4 // of symbols
	blank   = kinds
	askSign = kinds + 1
)

// Recall shows four symbols of four kinds, one in each step, then nothing for delay steps, and then asks four times: the
// agent must answer with the symbols, in their order, and each that is right is worth ¼. Before that its actions do nothing.
// So the best return of an agent without memory is ¼ on average, and of one with memory 1.
//
// Observations are one of six signs as 1 among zeros: the four symbols, nothing, the question. Actions: the four symbols.
func Recall(delay int) env.Environment {
	if delay < 0 {
		panic(fmt.Sprintf("memory: recall after %d steps", delay))
	}
	threshold := 0.95
	return &recall{delay: delay, task: task{spec: env.Spec{
		ID:              fmt.Sprintf("Recall%d-v0", delay),
		Observation:     signs(kinds + 2),
		Action:          env.NewDiscrete(kinds),
		RewardThreshold: &threshold,
	}}}
}

func (r *recall) Reset(seed uint64, obs env.Values) error {
	bits := r.begin(seed).Uint64()
	for i := range r.symbols {
		r.symbols[i] = int(bits >> (62 - 2*i) % kinds)
	}
	r.step = 0
	r.show(obs, r.symbols[0])
	return nil
}

func (r *recall) Step(action []float32, obs env.Values) (env.Outcome, error) {
	a, err := r.choice(action)
	if err != nil {
		return env.Outcome{}, err
	}
	var out env.Outcome
	if question := r.step - items - r.delay; question >= 0 {
		if a == r.symbols[question] {
			out.Reward = 1.0 / items
		}
		out.Terminated = question == items-1
	}
	r.step++
	r.running = !out.Terminated
	switch {
	case r.step < items:
		r.show(obs, r.symbols[r.step])
	case r.step < items+r.delay:
		r.show(obs, blank)
	default:
		r.show(obs, askSign)
	}
	return out, nil
}

// State visits the symbols and the step.
func (r *recall) State(w state.Walker) error {
	for i := range r.symbols {
		if err := r.number(w, fmt.Sprintf("symbols/%d", i), &r.symbols[i], kinds-1); err != nil {
			return err
		}
	}
	if err := r.number(w, "step", &r.step, items+r.delay+items); err != nil {
		return err
	}
	return r.walk(w)
}

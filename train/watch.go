package train

import (
	"context"
	"fmt"

	"covey/env"
	"covey/policy"
)

// Watch plays episodes one after another, in one environment, and calls see after each Reset and each Step of
// it. Played greedily, they are the episodes that Evaluate plays with that seed.
func (e *Evaluator) Watch(ctx context.Context, p *policy.Policy, episodes int, seed uint64, sample bool, see func(env.Environment) error) (*Evaluation, error) {
	if err := playable(p, episodes); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	if len(e.players) == 0 {
		e.players = append(e.players, &player{create: e.create})
	}
	pl := e.players[0]
	pl.meet(p)
	r := newRound(episodes, seed, sample, 1)
	r.see = see
	for g := range episodes {
		if err := pl.play(ctx, r, g); err != nil {
			return nil, err
		}
	}
	return r.evaluation(), nil
}

package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"covey/algo"
	"covey/env"
	"covey/policy"
)

// lockstep is the number of episodes that are played together, with one forward pass for all that
// still go on. Such a group has a random stream of its own, so that it matters to nobody which core plays it.
const lockstep = 10

// endless is the number of steps after which an evaluation episode is cut off where the environment has no limit
// of its own: a policy may have learned never to end one.
const endless = 100_000

// Evaluator plays episodes in environments of its own, as many groups at a time as there are cores.
type Evaluator struct {
	// Deadline: where no environment ends a call for so long, the evaluation counts as hung; 0: never. Its environments
	// are then never closed, since a call is still under way in one of them.
	Deadline time.Duration
	// Warn is told of a failure after which all episodes are played once more; nil: nobody is.
	Warn func(error)
	// Progress is told now and then, by the goroutine that waits for the evaluation, how many of its episodes have ended;
	// nil: nobody is.
	Progress func(ended, episodes int)

	create  func() (env.Environment, error)
	players []*player
}

// NewEvaluator returns an evaluator in environments that create makes, one at a time, when they are
// first needed.
func NewEvaluator(create func() (env.Environment, error)) *Evaluator {
	var mu sync.Mutex
	return &Evaluator{create: func() (env.Environment, error) {
		mu.Lock()
		defer mu.Unlock()
		return create()
	}}
}

// Close closes the environments.
func (e *Evaluator) Close() error {
	var errs []error
	for _, p := range e.players {
		errs = append(errs, p.close())
	}
	e.players = nil
	return errors.Join(errs...)
}

// Evaluate plays episodes of p, whose normaliser stays as it is. The same seed gives the same
// episodes; with the same policy also the same result, on any number of cores. Where an environment fails,
// panics or hangs, all episodes are played once more in fresh ones; the second failure is an error.
func (e *Evaluator) Evaluate(ctx context.Context, p *policy.Policy, episodes int, seed uint64, sample bool) (*Evaluation, error) {
	if err := playable(p, episodes); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	result, err := e.attempt(ctx, p, episodes, seed, sample)
	if err == nil || ctx.Err() != nil {
		return result, err
	}
	if _, other := errors.AsType[otherWorld](err); other {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	_ = e.Close() // of what failed anyway
	if e.Warn != nil {
		e.Warn(err)
	}
	if result, err = e.attempt(ctx, p, episodes, seed, sample); err != nil {
		return nil, fmt.Errorf("evaluate: %w (also in fresh environments)", err)
	}
	return result, nil
}

// playable says why nothing can be played.
func playable(p *policy.Policy, episodes int) error {
	switch {
	case p == nil:
		return errors.New("there is no policy")
	case episodes < 1:
		return fmt.Errorf("%d episodes, must be 1 or more", episodes)
	}
	return nil
}

// attempt plays the episodes once.
func (e *Evaluator) attempt(ctx context.Context, p *policy.Policy, episodes int, seed uint64, sample bool) (*Evaluation, error) {
	groups := (episodes + lockstep - 1) / lockstep
	for len(e.players) < min(groups, runtime.GOMAXPROCS(0)) {
		e.players = append(e.players, &player{create: e.create})
	}
	r := newRound(episodes, seed, sample, lockstep)
	players := e.players[:min(groups, len(e.players))]
	errs := make([]error, len(players))
	var next atomic.Int64
	var wg sync.WaitGroup
	for i, pl := range players {
		wg.Go(func() {
			pl.meet(p)
			for g := next.Add(1) - 1; g < int64(groups) && errs[i] == nil; g = next.Add(1) - 1 {
				errs[i] = pl.play(ctx, r, int(g))
			}
		})
	}
	if !e.wait(&wg, players, r) {
		e.players = nil
		return nil, fmt.Errorf("an environment hangs: no step in %v", e.Deadline)
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return r.evaluation(), nil
}

// progressPeriod is the time between two reports of an evaluation's progress.
const progressPeriod = 100 * time.Millisecond

// wait returns true when all players are done with the round, and false when none has come further within the deadline.
func (e *Evaluator) wait(wg *sync.WaitGroup, players []*player, r *round) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	dog := newWatchdog(e.Deadline)
	defer dog.stop()
	tell := time.NewTicker(progressPeriod)
	defer tell.Stop()
	for {
		select {
		case <-done:
			return true
		case <-tell.C:
			if e.Progress != nil {
				e.Progress(int(r.ended.Load()), len(r.seeds))
			}
		case <-dog.ticks():
			var calls uint64
			for _, p := range players {
				calls += p.calls.Load()
			}
			if dog.idle(calls) {
				return false
			}
		}
	}
}

// round is one evaluation.
type round struct {
	group   int                         // episodes in lock-step
	see     func(env.Environment) error // called after each step of a group's first; nil: nobody watches
	seeds   []uint64                    // [episodes]
	seed    uint64
	sample  bool
	returns []float64 // [episodes]
	lengths []int     // [episodes]
	cut     []bool    // [episodes]: it did not end within the limit

	ended atomic.Int64 // episodes
}

func newRound(episodes int, seed uint64, sample bool, group int) *round {
	r := &round{
		group: group, seeds: make([]uint64, episodes), seed: seed, sample: sample,
		returns: make([]float64, episodes), lengths: make([]int, episodes), cut: make([]bool, episodes),
	}
	rng := rand.NewPCG(seed, 0)
	for i := range r.seeds {
		r.seeds[i] = rng.Uint64()
	}
	return r
}

func (r *round) evaluation() *Evaluation {
	e := &Evaluation{Mode: modeName(r.sample), Returns: r.returns}
	for i, n := range r.lengths {
		e.MeanLength += float64(n) / float64(len(r.lengths))
		if r.cut[i] {
			e.Cut++
		}
	}
	e.summarize()
	return e
}

// player plays one group at a time.
type player struct {
	create func() (env.Environment, error)
	games  []game
	actor  *policy.Actor
	spec   env.Spec // that the policy was made for
	action int
	seen   *env.History // of the games
	acts   []float32    // [games, action]

	calls atomic.Uint64 // of environments, that have returned
}

// game is an environment in the episode that it plays.
type game struct {
	env     env.Environment
	episode int
	sum     float64 // of rewards
	length  int
	limit   int // steps after which it is cut off
	ended   bool
	cut     bool
}

// meet makes the player act by p.
func (pl *player) meet(p *policy.Policy) {
	pl.actor = p.NewActor(lockstep)
	pl.spec, pl.action = p.Spec, p.Spec.Action.Size()
	pl.seen = env.NewHistory(p.Spec, lockstep)
	pl.acts = make([]float32, lockstep*pl.action)
}

// play plays the g-th group of r's episodes to their ends. A panic in it is an error.
func (pl *player) play(ctx context.Context, r *round, g int) (err error) {
	defer algo.Recover(&err)
	first := g * r.group
	live := min(r.group, len(r.seeds)-first)
	if err := pl.reset(r, first, live); err != nil {
		return err
	}
	if err := pl.show(r); err != nil {
		return err
	}
	var rng *rand.Rand
	if r.sample {
		rng = rand.New(rand.NewPCG(r.seed, uint64(g)+1))
	}
	for live > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		pl.actor.Act(pl.acts[:live*pl.action], pl.seen.Observations.Slice(0, live*pl.seen.Width()), rng)
		for row := range live {
			if err := pl.step(row); err != nil {
				return err
			}
		}
		if err := pl.show(r); err != nil {
			return err
		}
		for row := live - 1; row >= 0; row-- {
			if pl.games[row].ended {
				live--
				pl.retire(r, row, live)
			}
		}
	}
	return nil
}

// show lets whoever watches the round see the first game.
func (pl *player) show(r *round) error {
	if r.see == nil {
		return nil
	}
	return r.see(pl.games[0].env)
}

// otherWorld is the error of an environment whose spaces are not the policy's, which a fresh one has as well.
type otherWorld struct{ error }

// reset starts n episodes, the first of which is number first.
func (pl *player) reset(r *round, first, n int) error {
	for row := range n {
		if row == len(pl.games) {
			e, err := pl.create()
			if err != nil {
				return err
			}
			pl.games = append(pl.games, game{env: e})
		}
		x := &pl.games[row]
		spec := x.env.Spec()
		if err := pl.spec.SameSpaces(spec); err != nil {
			return otherWorld{fmt.Errorf("%s is not what the policy learned in: %w", spec.ID, err)}
		}
		*x = game{env: x.env, episode: first + row, limit: spec.MaxSteps}
		if x.limit == 0 {
			x.limit = endless
		}
		err := x.env.Reset(r.seeds[x.episode], pl.seen.Frame(row))
		if err == nil {
			err = pl.seen.Frame(row).CheckFinite()
		}
		if err != nil {
			return fmt.Errorf("episode %d: %w", x.episode, err)
		}
		pl.seen.ShowRow(row, true)
		pl.actor.Begin(row)
		pl.calls.Add(1)
	}
	return nil
}

func (pl *player) step(row int) error {
	x := &pl.games[row]
	o, err := x.env.Step(pl.acts[row*pl.action:(row+1)*pl.action], pl.seen.Frame(row))
	if err == nil {
		err = o.CheckFinite()
	}
	if err == nil {
		err = pl.seen.Frame(row).CheckFinite()
	}
	if err != nil {
		return fmt.Errorf("episode %d, step %d: %w", x.episode, x.length+1, err)
	}
	pl.calls.Add(1)
	pl.seen.ShowRow(row, false)
	x.sum += float64(o.Reward)
	x.length++
	x.ended = o.Terminated || o.Truncated
	if x.cut = !x.ended && x.length >= x.limit; x.cut {
		x.ended = true
	}
	return nil
}

// retire notes the ended episode of a row and moves the last live row there.
func (pl *player) retire(r *round, row, last int) {
	x := pl.games[row]
	r.returns[x.episode], r.lengths[x.episode], r.cut[x.episode] = x.sum, x.length, x.cut
	r.ended.Add(1)
	if row != last {
		pl.games[row], pl.games[last] = pl.games[last], pl.games[row]
		pl.seen.Move(row, last)
		pl.actor.Move(row, last)
	}
}

func (pl *player) close() (err error) {
	defer algo.Recover(&err)
	var errs []error
	for _, x := range pl.games {
		errs = append(errs, x.env.Close())
	}
	return errors.Join(errs...)
}

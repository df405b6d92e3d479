package gymnasium

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"

	"covey/env"
)

// Vector is a row of environments in one or more processes, which step at the same time. It is an [env.Vector], and
// not to be used by several goroutines at once. Episode k of an environment that was reset with seed s runs with
// the [Seed] of [env.EpisodeSeed](s, k). Only the first is given one where seeding is slow (Atari loads the game
// anew for it) and where the package's own vector environment is used: what is random then goes on from the first.
type Vector struct {
	spec          env.Spec
	children      []*child
	seeds, number []uint64 // [Len]: what each environment was reset with, the number of its episode
	rows          int
	running       bool // it was reset, and nothing has failed since
	steps         uint64
	frame, action int // elements
}

var _ env.Vector = (*Vector)(nil)

// NewVector starts processes, as many as are asked for but not more than environments, and makes the environments
// in them.
func NewVector(o Options, envs, processes int) (*Vector, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if envs < 1 || processes < 1 {
		return nil, fmt.Errorf("gymnasium: %s: %d environments in %d processes", o.ID, envs, processes)
	}
	processes = min(processes, envs)
	v := &Vector{
		children: make([]*child, processes), rows: envs,
		seeds: make([]uint64, envs), number: make([]uint64, envs),
	}
	errs := make([]error, processes)
	var started sync.WaitGroup
	for i, first := 0, 0; i < processes; i++ {
		rows := envs / processes
		if i < envs%processes {
			rows++
		}
		at := first
		started.Go(func() { v.children[i], errs[i] = startChild(&o, rows, at, true) })
		first += rows
	}
	started.Wait()
	for i, err := range errs {
		if err != nil { // the others' are alike
			v.children[i] = nil
			return nil, errors.Join(err, v.Close())
		}
	}
	v.spec = v.children[0].spec
	for _, c := range v.children[1:] {
		if !reflect.DeepEqual(c.spec, v.spec) {
			return nil, errors.Join(fmt.Errorf("gymnasium: %s: environment %d has other spaces than the first", o.ID, c.first), v.Close())
		}
	}
	v.frame, v.action = v.spec.Observation.Size(), v.spec.Action.Size()
	return v, nil
}

// Spec says what the environments are.
func (v *Vector) Spec() env.Spec { return v.spec }

// Len is the number of environments.
func (v *Vector) Len() int { return v.rows }

// Seed is what Gymnasium is given for a seed: the seed itself below 2³¹, else its halves folded to that, for many
// environments hand it to a library that takes an int.
func Seed(seed uint64) uint64 {
	if seed < 1<<31 {
		return seed
	}
	return (seed ^ seed>>32 ^ seed>>31) & (1<<31 - 1)
}

// Reset begins an episode in each environment.
func (v *Vector) Reset(seeds []uint64, obs env.Values) error {
	if len(seeds) != v.rows || obs.Len() != v.rows*v.frame {
		panic(fmt.Sprintf("gymnasium: reset of %d × %s with %d seeds, observations [%d]; want [%d × %d]",
			v.rows, v.spec.ID, len(seeds), obs.Len(), v.rows, v.frame))
	}
	if err := v.broken(); err != nil {
		return err
	}
	copy(v.seeds, seeds)
	clear(v.number)
	v.running = false
	for _, c := range v.children {
		for i := range c.rows {
			c.wants[i], c.memory.seeds[i] = reset, Seed(seeds[c.first+i])
		}
		c.ask('G')
	}
	if err := v.collect("reset", obs); err != nil {
		return err
	}
	for _, c := range v.children {
		if err := c.check("reset", c.observations, c.rows); err != nil {
			return err
		}
		c.note()
		for i := range c.rows {
			c.wants[i] = stepOn
			v.nextSeed(c, i)
		}
	}
	v.running = true
	return nil
}

// nextSeed says how the episode after the running one is to begin.
func (v *Vector) nextSeed(c *child, row int) {
	i := c.first + row
	c.memory.seeds[row] = Seed(env.EpisodeSeed(v.seeds[i], v.number[i]+1))
}

// collect waits for all children, also where one has failed, and copies what they show.
func (v *Vector) collect(op string, obs env.Values) error {
	var failed error
	for _, c := range v.children {
		if err := c.done(op); err != nil && failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return failed
	}
	for _, c := range v.children {
		obs.Slice(c.first*v.frame, (c.first+c.rows)*v.frame).Copy(c.observations)
	}
	return nil
}

// Step takes one step in each environment.
func (v *Vector) Step(actions []float32, obs, final env.Values, out []env.Outcome) error {
	if n := v.rows; len(actions) != n*v.action || obs.Len() != n*v.frame || final.Len() != n*v.frame || len(out) != n {
		panic(fmt.Sprintf("gymnasium: step of %d × %s with actions [%d], observations [%d], final [%d], outcomes [%d]; want [%d × %d], [%d × %d], the same, [%d]",
			n, v.spec.ID, len(actions), obs.Len(), final.Len(), len(out), n, v.action, n, v.frame, n))
	}
	if err := v.ready(); err != nil {
		return err
	}
	for i := range v.rows {
		if err := checkAction(&v.spec, actions[i*v.action:(i+1)*v.action]); err != nil {
			return fmt.Errorf("environment %d: %w", i, err)
		}
	}
	v.steps++
	v.running = false
	for _, c := range v.children {
		c.steps = v.steps
		copy(c.actions, actions[c.first*v.action:])
		c.ask('G')
	}
	if err := v.collect("step", obs); err != nil {
		return err
	}
	for _, c := range v.children {
		if err := v.outcomes(c, final, out); err != nil {
			return err
		}
	}
	v.running = true
	return nil
}

// ready says why there can be no step.
func (v *Vector) ready() error {
	if err := v.broken(); err != nil {
		return err
	}
	if !v.running {
		return fmt.Errorf("gymnasium: %s: %w", v.spec.ID, env.ErrResetNeeded)
	}
	return nil
}

// broken is the fault that ended one of the processes.
func (v *Vector) broken() error {
	for _, c := range v.children {
		if c.broken != nil {
			return c.broken
		}
	}
	return nil
}

// outcomes hands out what a child's rows have come to.
func (v *Vector) outcomes(c *child, final env.Values, out []env.Outcome) error {
	if err := c.check("step", c.observations, c.rows); err != nil {
		return err
	}
	for row := range c.rows {
		i, flags := c.first+row, c.flags[row]
		out[i] = env.Outcome{Reward: c.rewards[row], Terminated: flags&terminated != 0, Truncated: flags&truncated != 0}
		if r := out[i].Reward; r-r != 0 {
			return c.wrong("step", row, fmt.Sprintf("the reward is %v", r))
		}
		if flags == 0 {
			continue
		}
		last := c.finals.Slice(row*v.frame, (row+1)*v.frame)
		if at := notFinite(last.F); at >= 0 {
			return c.wrong("step", row, fmt.Sprintf("element %d of the observation is %v", at, last.F[at]))
		}
		final.Slice(i*v.frame, (i+1)*v.frame).Copy(last)
		v.number[i]++
		v.nextSeed(c, row)
	}
	return nil
}

// check says which row shows a number that is none.
func (c *child) check(op string, x env.Values, rows int) error {
	at := notFinite(x.F)
	if at < 0 {
		return nil
	}
	frame := x.Len() / rows
	return c.wrong(op, at/frame, fmt.Sprintf("element %d of the observation is %v", at%frame, x.F[at]))
}

func (c *child) wrong(op string, row int, cause string) error {
	f := c.fault(op, cause)
	f.Row = c.first + row
	return c.fail(f)
}

// notFinite is the index of the first number that is NaN or infinite, -1 if there is none.
func notFinite(x []float32) int {
	for i, v := range x {
		if v-v != 0 {
			return i
		}
	}
	return -1
}

// checkAction returns an error where the action is none of the space. A number beyond a Box's bounds is the
// environment's to judge.
func checkAction(s *env.Spec, action []float32) error {
	if s.Action.Kind != env.Box || len(action) != s.Action.Size() {
		if err := s.Action.Check(env.Values{F: action}); err != nil {
			return fmt.Errorf("gymnasium: %s: action %v: %w", s.ID, action, err)
		}
		return nil
	}
	for i, x := range action {
		if math.IsNaN(float64(x)) {
			return fmt.Errorf("gymnasium: %s: action %v: element %d is not a number", s.ID, action, i)
		}
	}
	return nil
}

// Close closes the environments and ends the processes. It may be called while another goroutine waits for an answer
// that does not come.
func (v *Vector) Close() error {
	errs := make([]error, len(v.children))
	var closed sync.WaitGroup
	for i, c := range v.children {
		if c != nil {
			closed.Go(func() { errs[i] = c.close() })
		}
	}
	closed.Wait()
	return errors.Join(errs...)
}

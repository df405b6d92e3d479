package train

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"covey/algo"
	"covey/checkpoint"
	"covey/env"
)

// Options say how long a learner is run, how it is judged and where its traces go.
type Options struct {
	Labels Labels
	Budget Budget

	// SolveAt is the mean return at which the environment counts as solved; nil: never.
	SolveAt *float64
	SolveBy SolveBy
	// Parts says that training episodes are parts of those that are evaluated, such as single lives of a game: the alarms do not
	// hold their returns against SolveAt, nor against the environment's threshold.
	Parts bool

	Eval Eval

	// Dir is the run's folder: it is made, or must be empty. Empty: the run leaves no files.
	Dir string
	// Resume goes on with the run in Dir, from its newest checkpoint.
	Resume bool
	// Begin changes the learner of a new run before its first step, and then the run is saved. It is called again only where the
	// run was ended before that. Nil: the learner starts as it is.
	Begin func(algo.Learner) error
	// Fits says, as an error, why a checkpoint is not one of the run that is to be resumed, and whether the run is to learn
	// by another plan from there on. Nil: environment, algorithm and network are all that is compared.
	Fits func(*checkpoint.Manifest) (replanned bool, err error)

	Checkpoints Checkpoints
	// Deadline is how long a learner may take from one boundary to the next before it is given up; evaluations and
	// saves do not count. 0: forever.
	Deadline time.Duration
	Restarts int // of learners that panic or hang
	// Incidents are those of the environments that learners act in; nil: nobody supervises them.
	Incidents *Incidents
	Fallback  Fallback
	// LogEvery is the number of environment steps between two rows of metrics; 0: a two-hundredth of
	// the budget, or 10,000 without one.
	LogEvery    uint64
	TensorBoard bool // write an event file too

	Output Output

	// Started is when the process started: what solved_at_s counts from. Zero: when Run was called.
	Started time.Time
	// Deterministic says that the learner repeats itself bit for bit from the same seed.
	Deterministic bool
	// Offline says that the learner takes no steps: what counts environment steps counts its updates, and no
	// episode is missed.
	Offline bool

	patience time.Duration // with an interrupted learner; 0: grace
}

// Checkpoints say when a run in a folder is saved, apart from at its end.
type Checkpoints struct {
	Period time.Duration // between two checkpoints; 0: none by the clock
	Every  uint64        // environment steps between two that are kept for good; 0: none
	Keep   int           // latest ones to keep besides
}

// Fallback says how often a run returns to its best policy after the mean return has collapsed or learning has diverged.
type Fallback struct {
	Times int
	Rate  float32 // what learning rates are multiplied with each time
}

// Labels tell a run's result and checkpoints what they came from.
type Labels struct {
	Env, Algo, Update string
	Kernel            string // level of the kernels
	Version           string // of covey
	Seed              uint64
	Workers           int
	Config            []byte // configuration, YAML
}

// Budget ends a run at whichever limit comes first; 0: no limit.
type Budget struct {
	Steps       uint64 // environment steps
	Episodes    uint64
	Time        time.Duration // of the whole run, with what it took before it was resumed
	UntilSolved bool
}

// SolveBy is the rule by which a run counts as solved.
type SolveBy uint8

// The rules. An evaluation must reach SolveAt in either.
const (
	ByTraining   SolveBy = iota // the last 100 training episodes reach SolveAt, and so does an evaluation then
	ByEvaluation                // a periodic evaluation reaches SolveAt
)

// Eval says how policies are evaluated: in environments of their own, on seeds of their own.
type Eval struct {
	New      func() (env.Environment, error)
	Every    uint64 // environment steps between evaluations; 0: only where they are needed
	Episodes int    // of each evaluation
	Seed     uint64
	Sample   bool // the sampled policy is the one that counts, not the greedy one
}

// Output is where a run shows itself while it lasts. Each may be left out.
type Output struct {
	Progress io.Writer // the progress line and events
	Terminal bool      // Progress is a terminal of Width columns
	Width    int

	Print      io.Writer // the total reward of every PrintEvery-th episode
	PrintEvery uint64

	Warn func(string) // learning is stuck: what was seen, and what to try
}

func (o *Options) validate() error {
	switch b := &o.Budget; {
	case b.UntilSolved && o.SolveAt == nil:
		return errors.New("a run until solved wants a return at which it is (solve_at)")
	case b.Steps == 0 && b.Episodes == 0 && b.Time <= 0 && !b.UntilSolved:
		return errors.New("the run has no budget: give it steps, episodes or time")
	case o.SolveAt != nil && (math.IsNaN(*o.SolveAt) || math.IsInf(*o.SolveAt, 0)):
		return fmt.Errorf("solve_at is %v", *o.SolveAt)
	case o.SolveAt != nil && o.SolveBy == ByEvaluation && o.Eval.Every == 0:
		return errors.New("a run solved by evaluation wants one every so many steps")
	case o.Eval.Episodes < 1:
		return fmt.Errorf("evaluation over %d episodes", o.Eval.Episodes)
	case o.Resume && o.Dir == "":
		return errors.New("there is no folder to resume a run from")
	case o.Fallback.Times > 0 && !(o.Fallback.Rate > 0 && o.Fallback.Rate < 1):
		return fmt.Errorf("fallback with learning rates times %v", o.Fallback.Rate)
	case o.Eval.New == nil:
		return errors.New("evaluation without environments")
	}
	return nil
}

func (o *Options) logEvery() uint64 {
	switch {
	case o.LogEvery > 0:
		return o.LogEvery
	case o.Budget.Steps > 0:
		return max(o.Budget.Steps/200, 1000)
	}
	return 10_000
}

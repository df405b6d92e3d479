// Package covey trains actor-critic agents: it makes environments and a learner of a [Config], runs
// them, and loads the policies that came out.
//
//	cfg, err := covey.Preset("a3c", "CartPole-v1", "")
//	run, err := covey.Train(ctx, cfg, covey.Options{})
//	fmt.Println(run.Eval.Mean)
//
// Algorithms and environments stand in two maps of this package. Below it, [covey/algo/a3c] and its
// siblings are the algorithms, [covey/env] is what an environment is, [covey/train] is a run.
package covey

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"covey/env"
	"covey/internal/kernel"
	"covey/policy"
	"covey/train"
)

// Options are what a run needs besides its configuration. The zero Options will do.
type Options struct {
	// Environment makes the environments to learn in, a new one each time: one for each stream, those of evaluations, and
	// others in place of those that fail, which several goroutines may ask for at once. The configuration's action_repeat,
	// screen and stack are put around them; gym and minatar say nothing of them. Nil: the environment that Config.Env names.
	Environment func() (env.Environment, error)
	// Dir is the folder that the run leaves behind: it is made, or must be empty. "": none.
	Dir string
	// Output is where the run shows itself while it lasts.
	Output train.Output
	// Started is when the process did, which solved_at_s counts from; zero: now.
	Started time.Time
}

// Run is a finished run. Its Policy is as the last update left it; nil: the learner hung, and was given up.
type Run struct{ train.Result }

// Train runs a configuration to the end of its budget. A cancelled context ends the run cleanly, with a checkpoint
// that [Resume] goes on from: the result says that it was interrupted, and there is no final evaluation in it. Where
// learning fails, the run says how far it came, besides the error; where none began, it is nil.
func Train(ctx context.Context, cfg *Config, opt Options) (*Run, error) {
	return cfg.run(ctx, opt, false)
}

// output is where the run prints as often as the configuration says, unless o does.
func (c *Config) output(o train.Output) train.Output {
	if o.PrintEvery == 0 {
		o.PrintEvery = c.PrintEvery
	}
	return o
}

// Evaluate plays episodes of p, greedily or sampled, in environments that create makes, a new one each time, with
// the spaces that p was made for. The same arguments give the same result.
func Evaluate(ctx context.Context, p *policy.Policy, create func() (env.Environment, error), episodes int, seed uint64, sample bool) (*train.Evaluation, error) {
	e := train.NewEvaluator(create)
	result, err := e.Evaluate(ctx, p, episodes, seed, sample)
	return result, errors.Join(err, e.Close())
}

// Kernel is the level of the numeric kernels in use: generic, avx2 or avx512.
func Kernel() string { return kernel.Level() }

// Version is covey's, as the Go tool recorded it in the program.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path == "covey" {
		return info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == "covey" {
			return m.Version
		}
	}
	return "unknown"
}

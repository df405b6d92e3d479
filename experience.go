package covey

import (
	"errors"
	"fmt"
	"strconv"

	"covey/algo/offpolicy"
	"covey/env"
	"covey/transitions"
)

// keyRepeat is where a file of transitions says how long each action was held.
const keyRepeat = "action_repeat"

// Provenance is what a file of transitions is to say of the configuration under which they were made:
//
//	r, err := transitions.Record("pendulum.safetensors", cfg.Provenance())
//	e, err := covey.Evaluate(ctx, p, r.Watching(cfg.Environment), 100, 1, true)
//	err = r.Close()
func (c *Config) Provenance() map[string]string {
	return map[string]string{"algo": c.Algo, keyRepeat: strconv.Itoa(c.ActionRepeat), "covey": Version()}
}

// experience opens the file that the configuration names.
func (c *Config) experience() (offpolicy.Experience, error) { return transitions.Open(c.ReplayFile) }

// checkExperience reads that file from end to end, so that what is wrong with it is known before anything is
// written.
func (c *Config) checkExperience(spec env.Spec) error {
	f, err := transitions.Open(c.ReplayFile)
	if err != nil {
		return err
	}
	err = f.Match(spec)
	if err == nil {
		err = c.checkSize(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return transitions.Verify(c.ReplayFile)
}

// checkSize is an error unless the replay holds the whole file, and its actions count for as long as here.
func (c *Config) checkSize(f *transitions.File) error {
	if repeat, told := f.Metadata[keyRepeat]; told && repeat != strconv.Itoa(c.ActionRepeat) {
		return fmt.Errorf("%s: its actions were held for %s steps each, here action_repeat is %d", c.ReplayFile, repeat, c.ActionRepeat)
	}
	return c.located(algorithms[c.Algo].holds(c, f))
}

// validateExperience says what makes no sense about learning from earlier data.
func (c *Config) validateExperience() error {
	switch {
	case c.ReplayFile != "" && algorithms[c.Algo].holds == nil:
		return wrong("replay_file", "%s has no replay to put transitions into; sac, ddpg and dqn have one", c.Algo)
	case c.Offline && c.ReplayFile == "":
		return wrong("offline", "wants replay_file, the transitions to learn from")
	case c.Offline && c.Episodes > 0:
		return wrong("episodes", "an offline run has none; set steps, which are its updates, or seconds")
	case c.Offline && c.UntilSolved && c.Eval.Every == 0:
		return wrong("until_solved", "wants eval.every: nothing else says whether an offline run has solved the environment")
	}
	return nil
}

package train

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"covey/rollout"
	"covey/state"
)

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// State visits what the run has to remember to go on: where it stands, what is due next, what its metrics, alarms
// and result are made of, and how long its files are.
func (r *run) State(w state.Walker) error {
	c := &r.counters
	for _, x := range []struct {
		name  string
		value *uint64
	}{
		{"steps", &c.EnvSteps}, {"updates", &c.Updates}, {"episodes", &c.Episodes},
		{"last_ended", &r.lastEnded}, {"row_at", &r.rowAt}, {"next_row", &r.nextRow}, {"next_eval", &r.nextEval},
		{"next_attempt", &r.nextAttempt}, {"next_stone", &r.nextMilestone}, {"pending", (*uint64)(&r.pending)},
	} {
		w.Uint64(x.name, x.value)
	}
	aside := r.aside.Seconds()
	w.Float64("elapsed", &r.elapsed)
	w.Float64("aside", &aside)
	w.Float64("latest_eval", &r.latest)
	w.Float64("rate", &r.rate)
	if !(r.rate > 0 && r.elapsed >= 0 && aside >= 0) {
		return fmt.Errorf("rate %v, elapsed %v, aside %v", r.rate, r.elapsed, aside)
	}
	r.aside = seconds(aside)
	for _, visit := range []func(state.Walker) error{r.milestonesState, r.window.State, r.bestState, r.resultState} {
		if err := visit(w); err != nil {
			return err
		}
	}
	if err := r.alarms.State(w.Sub("alarms")); err != nil {
		return err
	}
	r.recorder.State(w.Sub("metrics"))
	r.folder.state(w)
	return nil
}

func (r *run) milestonesState(w state.Walker) error {
	var b []byte
	for _, s := range r.milestones {
		b = binary.LittleEndian.AppendUint64(b, s)
	}
	w.Bytes("kept_steps", &b)
	if len(b)%8 != 0 {
		return fmt.Errorf("%d bytes of kept steps", len(b))
	}
	r.milestones = r.milestones[:0]
	for ; len(b) > 0; b = b[8:] {
		r.milestones = append(r.milestones, binary.LittleEndian.Uint64(b))
	}
	return nil
}

// bestState visits the best policy; where there is none yet, another one of the same layout.
func (r *run) bestState(w state.Walker) error {
	known, p := r.best.policy != nil, r.best.policy
	if !known {
		p = r.learner.Policy()
	}
	if err := state.Bool(w, "best", &known); err != nil {
		return err
	}
	w = w.Sub("best")
	c := &r.best.counters
	w.Uint64("steps", &c.EnvSteps)
	w.Uint64("updates", &c.Updates)
	w.Uint64("episodes", &c.Episodes)
	w.Float64("mean", &r.best.mean)
	if err := state.Bool(w, "whole", &r.best.whole); err != nil {
		return err
	}
	if err := p.State(w.Sub("policy")); err != nil {
		return err
	}
	if r.best.policy = p; !known {
		r.best.policy = nil
	}
	return nil
}

// resultState visits what the result says of the way so far.
func (r *run) resultState(w state.Walker) error {
	w = w.Sub("result")
	res := &r.result
	if err := state.Bool(w, "solved", &res.Solved); err != nil {
		return err
	}
	var at float64
	var steps uint64
	if res.SolvedAtS != nil {
		at, steps = *res.SolvedAtS, *res.SolvedAtSteps
	}
	w.Float64("solved_at_s", &at)
	w.Uint64("solved_at_steps", &steps)
	goal := math.NaN()
	if r.opt.SolveAt != nil {
		goal = *r.opt.SolveAt
	}
	was := goal
	w.Float64("solve_at", &was)
	res.Solved = res.Solved && was == goal // else it has to show itself anew
	if res.SolvedAtS, res.SolvedAtSteps = nil, nil; res.Solved {
		res.SolvedAtS, res.SolvedAtSteps = &at, &steps
	}
	for _, x := range []struct {
		name  string
		value *int
	}{{"resumes", &res.Resumes}, {"restarts", &res.Restarts}, {"abandoned", &res.Abandoned}, {"env_restarts", &res.EnvRestarts}, {"fallbacks", &res.Fallbacks}, {"failed_saves", &res.FailedSaves}} {
		if err := state.Int(w, x.name, x.value); err != nil {
			return err
		}
	}
	w.Uint64("faults", &res.Faults)
	warnings, err := json.Marshal(res.Warnings)
	if err != nil {
		return err
	}
	w.Bytes("warnings", &warnings)
	res.Warnings = nil
	if err := json.Unmarshal(warnings, &res.Warnings); err != nil {
		return fmt.Errorf("warnings: %w", err)
	}
	return nil
}

// State visits the window.
func (w *window) State(walker state.Walker) error {
	walker = walker.Sub("window")
	b := make([]byte, 0, windowSize*rollout.EpisodeBytes)
	for _, e := range w.episodes {
		b = e.AppendBytes(b)
	}
	walker.Uint64("total", &w.total)
	walker.Float64("lowest", &w.lowest)
	walker.Float64("highest", &w.highest)
	walker.Bytes("episodes", &b)
	if len(b) != windowSize*rollout.EpisodeBytes {
		return fmt.Errorf("window of %d bytes, want %d", len(b), windowSize*rollout.EpisodeBytes)
	}
	for i := range w.episodes {
		w.episodes[i] = rollout.EpisodeOf(b[i*rollout.EpisodeBytes:])
	}
	return nil
}

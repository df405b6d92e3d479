package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"covey/bench/compare"
	"covey/metrics"
)

// Record is a finished run, as its file keeps it.
type Record struct {
	Env      string  `json:"env"`
	Algo     string  `json:"algo"`
	Variant  string  `json:"variant,omitempty"`
	Budget   Budget  `json:"budget"`
	Seed     uint64  `json:"seed"`
	Settings string  `json:"settings"` // hash of the preset and of what is set besides it
	Command  string  `json:"command"`
	Machine  string  `json:"machine"`
	Steps    float64 `json:"env_steps"` // of the environment: an action that is held for 8 steps is 8
	Updates  float64 `json:"updates"`
	WallS    float64 `json:"wall_s"`    // of training, with its evaluations
	ProcessS float64 `json:"process_s"` // from the process's start to its end
	// Final sums up fresh episodes of the last policy, on seeds that no evaluation before has played.
	Final Final   `json:"final"`
	Hash  string  `json:"params_sha256"`
	Curve []Point `json:"curve"` // the last point is the final evaluation
}

// Final is what covey train says of the last policy.
type Final struct {
	Episodes int     `json:"episodes"`
	Mean     float64 `json:"mean"`
	Std      float64 `json:"std"`
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Mode     string  `json:"mode"`
}

// Point is an evaluation during training.
type Point struct {
	Steps  float64 `json:"env_steps"`
	WallS  float64 `json:"wall_s"`
	Return float64 `json:"return"`
}

// make runs covey and stores the record; the run itself is not kept.
func (p *Plan) make(ctx context.Context, covey, folder string, m compare.Machine) (err error) {
	dir, err := os.MkdirTemp("", "covey-results-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := p.execute(ctx, covey, filepath.Join(dir, p.name()), m)
	if err != nil {
		return err
	}
	return p.store(folder, r)
}

// execute runs covey in a folder that it makes.
func (p *Plan) execute(ctx context.Context, covey, folder string, m compare.Machine) (*Record, error) {
	j := compare.Job{Program: covey, Args: p.args(folder), Limit: p.Limit}
	var got struct {
		EnvSteps float64 `json:"env_steps"`
		Updates  float64 `json:"updates"`
		WallS    float64 `json:"wall_s"`
		Hash     string  `json:"params_sha256"`
		Eval     Final   `json:"eval"`
	}
	seen, err := j.Run(ctx, &got)
	if err != nil {
		return nil, err
	}
	curve, err := readCurve(filepath.Join(folder, "progress.csv"), p.Repeat)
	if err != nil {
		return nil, err
	}
	return &Record{
		Env: p.Env, Algo: p.Algo, Variant: p.Variant, Budget: p.Budget, Seed: p.Seed, Settings: p.settings, Command: p.Line(), Machine: m.String(),
		Steps: p.Repeat * got.EnvSteps, Updates: got.Updates, WallS: got.WallS, ProcessS: seen.Seconds, Final: got.Eval, Hash: got.Hash, Curve: curve,
	}, nil
}

// readCurve reads the evaluations of a run's table. repeat: steps of the environment that each action is held for.
func readCurve(path string, repeat float64) ([]Point, error) {
	rows, err := metrics.ReadColumns(path, "env_steps", "wall_s", "eval_return_mean")
	if err != nil {
		return nil, err
	}
	var curve []Point
	for _, row := range rows {
		if !math.IsNaN(row[2]) {
			curve = append(curve, Point{Steps: repeat * row[0], WallS: row[1], Return: row[2]})
		}
	}
	return curve, nil
}

// store writes the run's record, whole or not at all.
func (p *Plan) store(folder string, r *Record) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	half := p.path(folder) + ".part"
	if err := os.WriteFile(half, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(half, p.path(folder))
}

// load is the planned run's record; nil where there is none, or one with other settings.
func load(folder string, p *Plan) (*Record, error) {
	path := p.path(folder)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Settings != p.settings {
		return nil, nil
	}
	return &r, nil
}

// loadAll returns the records of the plans that are there, in the plans' order.
func loadAll(folder string, plans []*Plan) ([]*Record, error) {
	var records []*Record
	for _, p := range plans {
		r, err := load(folder, p)
		if err != nil {
			return nil, err
		}
		if r != nil {
			records = append(records, r)
		}
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s has none of these runs", folder)
	}
	return records, nil
}

// Label is the algorithm with the variant of its preset.
func (r *Record) Label() string { return label(r.Algo, r.Variant) }

// Drop is how far the last policy falls behind the best one that was evaluated on the way; 0 where it does not, NaN where none was.
func (r *Record) Drop() float64 {
	if len(r.Curve) < 2 {
		return math.NaN()
	}
	best := r.Final.Mean
	for _, p := range r.Curve[:len(r.Curve)-1] {
		best = max(best, p.Return)
	}
	return best - r.Final.Mean
}

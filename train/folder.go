package train

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"covey/checkpoint"
	"covey/policy"
	"covey/state"
)

// A run's folder.
const (
	ConfigFile   = "config.yaml"  // the configuration, with every key
	ProgressFile = "progress.csv" // the metrics
	ResultFile   = "result.json"  // the Result, written last
	LastFolder   = "last"         // checkpoint of the latest policy
	BestFolder   = "best"         // checkpoint of the best policy by evaluation
	eventFile    = "events.out.tfevents.covey"
)

// makeFolder makes the run's folder and puts the configuration there. A folder that holds anything is
// refused.
func makeFolder(dir string, config []byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("run folder %s is not empty: it holds %s", dir, entries[0].Name())
	}
	f, err := create(dir, ConfigFile)
	if err != nil {
		return err
	}
	_, err = f.Write(config)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// create makes a file that must not exist yet.
func create(dir, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func writeResult(dir string, r *Result) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(dir, ResultFile), append(text, '\n'))
}

// LoadPolicy loads the checkpoint in folder dir into p, which must have the same spaces and network.
// The checkpoint may be of another environment: the manifest says which.
func LoadPolicy(dir string, p *policy.Policy) (*checkpoint.Manifest, error) {
	c, err := checkpoint.Open(dir)
	if err != nil {
		return nil, err
	}
	m := c.Manifest
	want, shapes := describe(p)
	if err := want.Describe(p, shapes); err != nil {
		return nil, err
	}
	want.Env = ""
	if err := m.Match(want); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := state.Load(p, c.Policy); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return m, nil
}

// SavePolicy writes a checkpoint of p to folder dir, replacing the one that is there.
func SavePolicy(dir string, p *policy.Policy, labels *Labels, at checkpoint.Counters) error {
	m, shapes := describe(p)
	m.Covey, m.Env, m.Algo, m.Kernel, m.Config = labels.Version, labels.Env, labels.Algo, labels.Kernel, string(labels.Config)
	m.Counters = at
	return checkpoint.Write(dir, m, p, shapes)
}

// describe says what p is made for, and how its entries are shaped.
func describe(p *policy.Policy) (*checkpoint.Manifest, checkpoint.Shapes) {
	shapes := make(checkpoint.Shapes)
	for _, v := range p.Net.Layout {
		shapes["net/"+v.Name] = v.Shape
	}
	m := &checkpoint.Manifest{
		Env: p.Spec.ID, Observation: checkpoint.SpaceOf(p.Spec.Observation), Action: checkpoint.SpaceOf(p.Spec.Action),
		Network: checkpoint.Network{Parameters: p.Net.Size, Outputs: p.Net.Out, State: p.Net.State, Activation: p.Net.Activation},
	}
	m.Observation.Stack = p.Spec.Stack
	return m, shapes
}

// fingerprint is the policy's params_sha256.
func fingerprint(p *policy.Policy) (string, error) {
	sum, err := state.Hash(p)
	return hex.EncodeToString(sum[:]), err
}

// finite says whether every parameter is a finite number.
func finite(p *policy.Policy) bool {
	for _, x := range p.Params {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return false
		}
	}
	return true
}

package train

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"covey/checkpoint"
	"covey/policy"
	"covey/state"
)

// OpenPolicy opens the checkpoint whose policy dir stands for: a run's newest one, or its best where it failed before
// it had any; that in a folder of the run (RUN/best); or the one that dir itself is. A damaged one is an
// error that names another where there is one: nobody is to act by an older policy than meant.
func OpenPolicy(dir string) (*checkpoint.Checkpoint, error) {
	for _, inside := range []string{"", oldFolder} {
		_, err := os.Stat(filepath.Join(dir, inside, checkpoint.ManifestFile))
		if err == nil {
			return checkpoint.Open(filepath.Join(dir, inside))
		}
		if !errors.Is(err, fs.ErrNotExist) && inside == "" {
			return nil, err
		}
	}
	store := filepath.Join(dir, CheckpointFolder)
	if _, err := os.Stat(store); err != nil {
		store = dir
	}
	c, damaged, err := checkpoint.Newest(store)
	if errors.Is(err, checkpoint.ErrNone) && store != dir {
		store = filepath.Join(dir, BestFolder)
		c, damaged, err = checkpoint.Newest(store)
	}
	if errors.Is(err, checkpoint.ErrNone) {
		if _, e := os.Stat(dir); e != nil {
			err = e
		}
	}
	if err == nil && len(damaged) > 0 {
		err = fmt.Errorf("%s; the one before is whole: %s", damaged[0], c.Dir)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// LoadPolicy loads the policy of a checkpoint into p, which must have the same spaces and network. The checkpoint
// may be of another environment: the manifest says which.
func LoadPolicy(c *checkpoint.Checkpoint, p *policy.Policy) error {
	m := c.Manifest
	want, shapes := describe(p)
	if err := want.Describe(p, shapes); err != nil {
		return err
	}
	want.Env = ""
	if err := m.Match(want); err != nil {
		return fmt.Errorf("%s: %w", c.Dir, err)
	}
	if err := state.Load(p, c.Policy); err != nil {
		return fmt.Errorf("%s: %w", c.Dir, err)
	}
	return nil
}

// describe says what p is made for and what run it belongs to, and how its entries are shaped.
func (r *run) describe(p *policy.Policy) (*checkpoint.Manifest, checkpoint.Shapes) {
	m, shapes := describe(p)
	l := &r.opt.Labels
	m.Covey, m.Env, m.Algo, m.Kernel, m.Config = l.Version, l.Env, l.Algo, l.Kernel, string(l.Config)
	m.Replanned = r.result.Replanned
	return m, shapes
}

// describe says what p is made for, and how its entries are shaped.
func describe(p *policy.Policy) (*checkpoint.Manifest, checkpoint.Shapes) {
	shapes := make(checkpoint.Shapes)
	for _, v := range p.Net.Layout {
		shapes["net/"+v.Name] = v.Shape
	}
	m := &checkpoint.Manifest{
		Env: p.Spec.ID, Observation: checkpoint.SpaceOf(p.Spec.Observation), Action: checkpoint.SpaceOf(p.Spec.Action),
		Network: checkpoint.Network{Parameters: p.Net.Size, Outputs: p.Net.Out, State: p.Net.State, Activation: p.Net.Activation, Images: p.Net.Images},
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

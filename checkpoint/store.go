package checkpoint

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"covey/internal/safetensors"
	"covey/state"
)

// Part is a component of a checkpoint; its entries bear its name before their own.
type Part struct {
	Name  string
	State state.Stateful
}

// Store is a folder of checkpoints, one folder "step-%012d" each, to which one process writes, from one
// goroutine at a time. Only Dir must be set.
//
// A store remembers the parts of its latest checkpoint, so as to write only what changed. Who replaces a
// component, or loads it, takes a new store: so the old component's memory can go, and the versions of a
// loaded one's chunks are not taken for those of what it was before.
type Store struct {
	Dir  string
	Keep int // newest ones to keep, of whole runs and of policies alone; 0 counts as 1

	// Protect, if set, names steps whose checkpoints stay however old they are. Save calls it.
	Protect func(step uint64) bool

	disk    disk
	doomed  map[string]bool  // folders: checkpoints of an abandoned future, removed by the next Save
	pending chan error       // yields the outcome of what is under way; nil: nothing is
	rooted  bool             // Dir's own name is on the disk
	chunks  map[string]chunk // of the checkpoint before, once it is in place
	from    string           // its folder
	buffer  *bufio.Writer
	scratch []byte
}

// Save makes a checkpoint of the step m.Counters.EnvSteps: of the policy, whose entries have the given
// shapes, and of the parts. With no parts it holds a policy only and cannot be resumed from. Save fills in
// m's Schema, SHA256, Files, Tensors and Resumable.
//
// The components are walked and written during the call, without a copy; they may change afterwards. What
// waits for the disk goes on in the background: the checkpoint counts, and older ones make room, only
// when [Store.Wait] has returned. The next Save waits too, and reports what failed there, besides doing its
// own work. If a save fails, the checkpoints before it are as they were.
//
// Checkpoints of later steps are removed, and those that [Store.GoOn] says.
func (s *Store) Save(m *Manifest, policy state.Stateful, shapes Shapes, parts ...Part) error {
	late := s.Wait()
	step := m.Counters.EnvSteps
	place := filepath.Join(s.Dir, folderName(step))
	if err := s.begin(m, place, s.surplus, policy, shapes, parts); err != nil {
		return errors.Join(late, fmt.Errorf("write checkpoint %s: %w", place, err))
	}
	return late
}

// GoOn tells a new store that the run goes on from the checkpoint of a step, 0 where there is none. Those of later
// steps are a future that was given up: the next Save removes them, whether it is of an earlier step or not.
func (s *Store) GoOn(step uint64) error {
	found, err := list(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.doomed = make(map[string]bool)
	for _, f := range found {
		if f.step > step {
			s.doomed[f.path] = true
		}
	}
	return nil
}

// Wait waits until the latest checkpoint is on the disk and reports what failed on the way, once.
func (s *Store) Wait() error {
	if s.pending == nil {
		return nil
	}
	err := <-s.pending
	s.pending = nil
	return err
}

// Write makes a checkpoint in folder dir, as Save does in one of its own, in place of the one that is
// there, and waits until it is on the disk.
func Write(dir string, m *Manifest, policy state.Stateful, shapes Shapes, parts ...Part) error {
	s := Store{Dir: filepath.Dir(dir)}
	none := func(uint64, bool) ([]string, error) { return nil, nil }
	if err := s.begin(m, dir, none, policy, shapes, parts); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", dir, err)
	}
	return s.Wait()
}

// begin does what needs the components and lets the rest go on in the background.
func (s *Store) begin(m *Manifest, place string, surplus func(step uint64, resumable bool) ([]string, error),
	policy state.Stateful, shapes Shapes, parts []Part,
) error {
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return err
	}
	if err := s.disk.settle(place); err != nil {
		return err
	}
	unwanted, err := surplus(m.Counters.EnvSteps, len(parts) > 0)
	if err != nil {
		return err
	}
	if s.buffer == nil {
		s.buffer, s.scratch = bufio.NewWriterSize(nil, bufferSize), make([]byte, 1<<16)
	}
	aside := beside(place, newMark)
	w := &writer{disk: &s.disk, dir: aside, files: make(map[string]File), chunks: make(map[string]chunk),
		before: s.chunks, from: s.from, buffer: s.buffer, scratch: s.scratch}
	if err := w.all(m, policy, shapes, parts); err != nil {
		return errors.Join(err, s.disk.discard(aside))
	}
	s.pending = make(chan error, 1)
	go func() {
		s.pending <- s.commit(w, place, unwanted)
	}()
	return nil
}

// all writes every file of the checkpoint, the manifest last.
func (w *writer) all(m *Manifest, policy state.Stateful, shapes Shapes, parts []Part) error {
	if err := w.disk.mkdir(w.dir); err != nil {
		return err
	}
	layout, err := w.file(PolicyFile, shapes, policy.State)
	if err != nil {
		return err
	}
	if err := m.describe(policy, layout); err != nil {
		return err
	}
	if m.Resumable = len(parts) > 0; m.Resumable {
		_, err = w.file(StateFile, nil, func(s state.Walker) error {
			for _, p := range parts {
				w.owner = p.State
				if err := p.State.State(s.Sub(p.Name)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	m.Files = w.files
	text, err := m.encode()
	if err != nil {
		return err
	}
	w.files = make(map[string]File) // the manifest does not list itself
	return w.put(ManifestFile, func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}

// linked makes a file of the checkpoint before one of this as well, and says whether it could.
func (w *writer) linked(old chunk, file string) bool {
	from, to := filepath.Join(w.from, filepath.FromSlash(old.file)), filepath.Join(w.dir, filepath.FromSlash(file))
	if info, err := os.Stat(from); err != nil || info.Size() != old.info.Bytes {
		return false
	}
	return w.disk.link(from, to) == nil
}

// same says whether a and b are one component. Values that cannot be compared are never the same.
func same(a, b state.Stateful) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// commit waits until the files are on the disk, puts the checkpoint in its place and removes those that
// are not wanted any more.
func (s *Store) commit(w *writer, place string, unwanted []string) error {
	fail := func(err error) error {
		return fmt.Errorf("write checkpoint %s: %w", place, errors.Join(err, s.disk.discard(w.dir)))
	}
	for _, name := range w.written {
		if err := s.disk.sync(filepath.Join(w.dir, filepath.FromSlash(name))); err != nil {
			return fail(err)
		}
	}
	if len(w.chunks) > 0 {
		if err := s.disk.syncDir(filepath.Join(w.dir, chunkFolder)); err != nil {
			return fail(err)
		}
	}
	if err := s.disk.syncDir(w.dir); err != nil {
		return fail(err)
	}
	old := beside(place, oldMark)
	replaced := false
	if _, err := os.Lstat(place); err == nil {
		if err := s.disk.rename(place, old); err != nil {
			return fail(err)
		}
		replaced = true
	}
	if err := s.disk.rename(w.dir, place); err != nil {
		if replaced {
			err = errors.Join(err, s.disk.rename(old, place))
		}
		return fail(err)
	}
	s.chunks, s.from = w.chunks, place
	delete(s.doomed, place) // what stands there now is another one
	err := s.disk.syncDir(s.Dir)
	if err == nil && !s.rooted {
		err = s.disk.syncDir(filepath.Dir(s.Dir))
		s.rooted = err == nil
	}
	if err != nil {
		return fmt.Errorf("write checkpoint %s: %w", place, err)
	}
	if replaced {
		if err := s.disk.discard(old); err != nil {
			return fmt.Errorf("remove replaced checkpoint: %w", err)
		}
	}
	for _, path := range unwanted {
		if err := s.disk.remove(path); err != nil {
			return fmt.Errorf("remove old checkpoint: %w", err)
		}
	}
	return nil
}

// surplus lists what is not wanted any more once there is a checkpoint of the given step.
func (s *Store) surplus(step uint64, resumable bool) (paths []string, err error) {
	found, err := list(s.Dir)
	if err != nil {
		return nil, err
	}
	kept := map[bool]int{resumable: 1} // of runs, and of policies alone
	for _, f := range found {          // the newest first
		_, err := os.Stat(filepath.Join(f.path, StateFile))
		kind := err == nil
		switch {
		case f.step == step:
		case f.step > step || s.doomed[f.path]:
			paths = append(paths, f.path)
		case kept[kind] < max(s.Keep, 1):
			kept[kind]++
		case s.Protect == nil || !s.Protect(f.step):
			paths = append(paths, f.path)
		}
	}
	return paths, nil
}

// Describe fills in what a manifest says about a policy: its hash and tensors, and the schema.
func (m *Manifest) Describe(policy state.Stateful, shapes Shapes) error {
	s := &stream{shapes: shapes}
	if err := s.walk(0, policy.State); err != nil {
		return err
	}
	return m.describe(policy, s.layout)
}

func (m *Manifest) describe(policy state.Stateful, layout []safetensors.Tensor) error {
	sum, err := state.Hash(policy)
	if err != nil {
		return err
	}
	m.Schema, m.SHA256, m.Tensors = Schema, hex.EncodeToString(sum[:]), make([]Tensor, len(layout))
	for i, t := range layout {
		m.Tensors[i] = Tensor{Name: t.Name, DType: string(t.DType), Shape: append([]int{}, t.Shape...)}
	}
	return nil
}

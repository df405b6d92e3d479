package transitions

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"covey/checkpoint"
	"covey/env"
	"covey/internal/safetensors"
)

// Recorder writes what is lived through in environments to a file. What it is not yet time to write stands in a
// temporary folder beside the file.
type Recorder struct {
	path   string
	about  map[string]string
	folder string

	mu     sync.Mutex // guards what stands below: environments may be made by several goroutines
	spec   *env.Spec
	tracks []*track
}

// Record returns a recorder for a file that must not exist yet, and appears with Close. about is written to its
// metadata, whose keys env, format, version, observation_space and action_space are the file's own.
func Record(path string, about map[string]string) (*Recorder, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("record transitions: %s: %w", path, fs.ErrExist)
	}
	for _, key := range []string{keyFormat, keyVersion, keyEnv, keyObservation, keyAction} {
		if _, taken := about[key]; taken {
			return nil, fmt.Errorf("record transitions: metadata %q is not for others to set", key)
		}
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), "."+strings.ReplaceAll(filepath.Base(path), "*", "")+"-*")
	if err != nil {
		return nil, fmt.Errorf("record transitions: %w", err)
	}
	return &Recorder{path: path, about: about, folder: folder}, nil
}

// Watch returns e, watched: every step in it is recorded. An episode that a Reset or Close cuts short counts as
// truncated there. Of episodes with the same seed the last counts, in the environment that was watched last: an
// evaluation that begins anew after a fault leaves no doubles. All that are watched must have the same spaces. It may be called by several
// goroutines, and the environments used by one each.
func (r *Recorder) Watch(e env.Environment) (env.Environment, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spec := e.Spec()
	if r.spec == nil {
		r.spec = &spec
	} else if !observationSpace(&spec).Equal(observationSpace(r.spec)) || !checkpoint.SpaceOf(spec.Action).Equal(checkpoint.SpaceOf(r.spec.Action)) {
		return nil, fmt.Errorf("record transitions: %s has other spaces than %s", spec.ID, r.spec.ID)
	}
	t, err := newTrack(filepath.Join(r.folder, fmt.Sprint(len(r.tracks))), len(r.tracks))
	if err != nil {
		return nil, fmt.Errorf("record transitions: %w", err)
	}
	r.tracks = append(r.tracks, t)
	return &watched{Environment: e, track: t, last: env.MakeValues(spec.Observation, spec.Observation.Size())}, nil
}

// Watching returns a way to make environments that are watched.
func (r *Recorder) Watching(create func() (env.Environment, error)) func() (env.Environment, error) {
	return func() (env.Environment, error) {
		e, err := create()
		if err != nil {
			return nil, err
		}
		w, err := r.Watch(e)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		return w, nil
	}
}

// Discard forgets everything.
func (r *Recorder) Discard() error {
	var errs []error
	for _, t := range r.tracks {
		errs = append(errs, t.file.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(r.folder))...)
}

// Close writes the file: all that was recorded, the episodes in the order of their seeds, so that nothing
// depends on who played which when. The environments must be closed. Where it fails, there is no file.
func (r *Recorder) Close() error {
	err := errors.Join(r.write(), r.Discard())
	if err != nil {
		return fmt.Errorf("record transitions: %w", err)
	}
	return nil
}

func (r *Recorder) write() error {
	var episodes []episode
	steps := 0
	for _, t := range r.tracks {
		if err := t.flush(); err != nil {
			return err
		}
		episodes = append(episodes, t.episodes...)
	}
	slices.SortStableFunc(episodes, func(a, b episode) int { return cmp.Compare(a.seed, b.seed) })
	episodes = lastOfEach(episodes)
	for _, e := range episodes {
		steps += e.steps
	}
	if steps == 0 {
		return errors.New("no step was taken")
	}
	l := &layout{observation: observationSpace(r.spec), action: checkpoint.SpaceOf(r.spec.Action), steps: steps, episodes: len(episodes)}
	path := filepath.Join(r.folder, "whole")
	if err := r.writeFile(path, l, episodes); err != nil {
		return err
	}
	return os.Rename(path, r.path)
}

// lastOfEach keeps the last of the episodes with the same seed.
func lastOfEach(sorted []episode) []episode {
	kept := sorted[:0]
	for i, e := range sorted {
		if i+1 == len(sorted) || sorted[i+1].seed != e.seed {
			kept = append(kept, e)
		}
	}
	return kept
}

func (r *Recorder) writeFile(path string, l *layout, episodes []episode) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close())
	}()
	about, err := metadata(r.spec, r.about)
	if err != nil {
		return err
	}
	tensors := make([]safetensors.Tensor, columns)
	for c := range columns {
		tensors[c] = l.tensor(c)
	}
	h, head, err := safetensors.Layout(tensors, about)
	if err != nil {
		return err
	}
	if _, err := f.Write(head); err != nil {
		return err
	}
	var w [columns]*bufio.Writer
	for c := range columns {
		w[c] = bufio.NewWriterSize(io.NewOffsetWriter(f, h.Data+find(h, names[c]).Offset), 1<<16)
	}
	for _, e := range episodes {
		if err := r.copyEpisode(&w, tensors, &e); err != nil {
			return err
		}
	}
	for c := range columns {
		if err := w[c].Flush(); err != nil {
			return err
		}
	}
	return nil
}

// copyEpisode distributes an episode's records to the columns.
func (r *Recorder) copyEpisode(w *[columns]*bufio.Writer, tensors []safetensors.Tensor, e *episode) error {
	section := io.NewSectionReader(r.tracks[e.track].file, e.from, e.to-e.from)
	in, row := bufio.NewReaderSize(section, 1<<16), make([]byte, 0, 1024)
	take := func(c column) error {
		n := width(&tensors[c])
		row = slices.Grow(row[:0], n)[:n]
		if _, err := io.ReadFull(in, row); err != nil {
			return err
		}
		_, err := w[c].Write(row)
		return err
	}
	for i := range e.steps {
		for c := observations; c <= truncated; c++ {
			if err := take(c); err != nil {
				return err
			}
		}
		start := byte(0)
		if i == 0 {
			start = 1
		}
		if err := w[starts].WriteByte(start); err != nil {
			return err
		}
	}
	return take(finals)
}

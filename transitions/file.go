package transitions

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"covey/checkpoint"
	"covey/env"
	"covey/internal/safetensors"
	"covey/replay"
)

// File is a file of transitions that is being read, from its first step to its last. It implements
// [covey/algo/offpolicy.Experience].
type File struct {
	Metadata map[string]string

	path                string
	file                io.Closer
	layout              *layout
	observation, action env.Space
	readers             [columns]*bufio.Reader
	rows                [columns][]byte // the latest row of each

	at      int  // steps read
	ended   bool // the latest step ended its episode
	endings int  // steps read that did
}

// Open opens a file and proves its layout sound. Errors name the file and the tensor.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f, err := newFile(path, file, info.Size())
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.file = file
	return f, nil
}

// newFile returns a file of so many bytes, of which it has read what the first step was taken in.
func newFile(path string, data io.ReaderAt, size int64) (*File, error) {
	f := &File{path: path, ended: true}
	if err := f.open(data, size); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f *File) open(data io.ReaderAt, size int64) error {
	h, err := safetensors.Read(data, size)
	if err != nil {
		return err
	}
	if f.layout, err = parse(h); err != nil {
		return err
	}
	f.Metadata = h.Metadata
	if f.observation, err = f.layout.observation.Env(); err != nil {
		return fmt.Errorf("metadata %s: %w", keyObservation, err)
	}
	if f.action, err = f.layout.action.Env(); err != nil {
		return fmt.Errorf("metadata %s: %w", keyAction, err)
	}
	for c := range columns {
		t := find(h, names[c])
		n, err := t.Bytes()
		if err != nil {
			return err
		}
		f.rows[c] = make([]byte, width(t))
		f.readers[c] = bufio.NewReader(io.NewSectionReader(data, h.Data+t.Offset, n))
	}
	return f.read(observations)
}

// Size is the number of steps, and of the episodes that they belong to.
func (f *File) Size() (steps, episodes int) { return f.layout.steps, f.layout.episodes }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Match says how the spaces of an environment differ from those of the file's. The environment may be
// another one.
func (f *File) Match(spec env.Spec) error {
	for _, x := range []struct {
		c          column
		have, want checkpoint.Space
	}{{observations, f.layout.observation, observationSpace(&spec)}, {actions, f.layout.action, checkpoint.SpaceOf(spec.Action)}} {
		if !x.have.Equal(x.want) {
			return fmt.Errorf("%s: tensor %q is of %s, %v with bounds %v to %v; in %s it is %v with bounds %v to %v",
				f.path, names[x.c], f.Metadata[keyEnv], x.have, x.have.Low, x.have.High, spec.ID, x.want, x.want.Low, x.want.High)
		}
	}
	return nil
}

// Verify opens a file and reads it to its end; the error says what is wrong with it.
func Verify(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.verify(), f.Close())
}

func (f *File) verify() error {
	s := replay.NewStep(f.observation, f.action.Size())
	for range f.layout.steps {
		if err := f.Next(s); err != nil {
			return err
		}
	}
	return nil
}

// Next fills in the next step; after the last it returns [io.EOF]. An error names the tensor and the row, counted
// from 0.
func (f *File) Next(s *replay.Step) error {
	if f.at == f.layout.steps {
		return io.EOF
	}
	if err := f.next(s); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.at++
	return nil
}

func (f *File) next(s *replay.Step) error {
	for _, c := range []column{actions, rewards, terminated, truncated, starts} {
		if err := f.read(c); err != nil {
			return err
		}
	}
	if err := f.values(observations, f.at, s.Observation); err != nil {
		return err
	}
	if err := f.values(actions, f.at, env.Values{F: s.Action}); err != nil {
		return err
	}
	if err := f.action.Check(env.Values{F: s.Action}); err != nil {
		return fmt.Errorf("tensor %q, row %d: %w", names[actions], f.at, err)
	}
	reward := env.Values{F: []float32{0}}
	if err := f.values(rewards, f.at, reward); err != nil {
		return err
	}
	s.Outcome.Reward = reward.F[0]
	if err := f.flags(s); err != nil {
		return err
	}
	if f.ended {
		f.endings++
		return f.follow(finals, f.endings-1, s)
	}
	return f.follow(observations, f.at+1, s)
}

// follow fills in what came of a step, and then reads what the next was taken in.
func (f *File) follow(c column, row int, s *replay.Step) error {
	if err := f.read(c); err != nil {
		return err
	}
	if err := f.values(c, row, s.Next); err != nil {
		return err
	}
	if c == observations || f.at+1 == f.layout.steps {
		return nil
	}
	return f.read(observations)
}

// flags fills in where the step's episode begins and ends, and proves that episodes follow each other.
func (f *File) flags(s *replay.Step) error {
	for i, flag := range []*bool{&s.Outcome.Terminated, &s.Outcome.Truncated, &s.Start} {
		c := terminated + column(i)
		x := f.rows[c][0]
		if x > 1 {
			return fmt.Errorf("tensor %q, row %d: %d is neither 0 nor 1", names[c], f.at, x)
		}
		*flag = x == 1
	}
	if s.Start != f.ended {
		return fmt.Errorf("tensor %q, row %d: a step must begin an episode where the one before ended one, and only there", names[starts], f.at)
	}
	f.ended = s.Outcome.Terminated || s.Outcome.Truncated
	switch last := f.at+1 == f.layout.steps; {
	case last && !f.ended:
		return fmt.Errorf("tensor %q, row %d: the last episode has no end; one that was cut off is truncated", names[truncated], f.at)
	case f.ended && (f.endings == f.layout.episodes || last && f.endings+1 < f.layout.episodes):
		return fmt.Errorf("tensor %q has %d rows, but by row %d of the others %d episodes have ended", names[finals], f.layout.episodes, f.at, f.endings+1)
	}
	return nil
}

// read reads a column's next row.
func (f *File) read(c column) error {
	if _, err := io.ReadFull(f.readers[c], f.rows[c]); err != nil {
		return fmt.Errorf("tensor %q: %w", names[c], err)
	}
	return nil
}

// values copies the latest row of a column, which is row number row, and proves that its numbers are finite.
func (f *File) values(c column, row int, v env.Values) error {
	if v.U != nil {
		copy(v.U, f.rows[c])
		return nil
	}
	for i := range v.F {
		x := math.Float32frombits(binary.LittleEndian.Uint32(f.rows[c][4*i:]))
		if x-x != 0 { // NaN or infinite
			return fmt.Errorf("tensor %q, row %d: element %d is %v", names[c], row, i, x)
		}
		v.F[i] = x
	}
	return nil
}

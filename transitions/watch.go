package transitions

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"covey/env"
)

// track is what was lived through in one environment: records of observation, action, reward, terminated and
// truncated, one for each step, and the final observation after the last of an episode.
type track struct {
	number   int
	file     *os.File
	w        *bufio.Writer
	written  int64
	episodes []episode // those that have ended
}

// episode is where one stands in a track.
type episode struct {
	seed     uint64
	track    int
	from, to int64
	steps    int
}

func newTrack(path string, number int) (*track, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &track{number: number, file: f, w: bufio.NewWriter(f)}, nil
}

func (t *track) write(b []byte) error {
	n, err := t.w.Write(b)
	t.written += int64(n)
	return err
}

func (t *track) flush() error { return t.w.Flush() }

// watched is an environment with its track.
type watched struct {
	env.Environment
	track   *track
	last    env.Values // what to act on next
	current episode    // under way
	record  []byte     // of the latest step, not yet written: it may turn out to be the last
}

// Reset starts an episode.
func (x *watched) Reset(seed uint64, obs env.Values) error {
	if err := x.cut(); err != nil {
		return err
	}
	if err := x.Environment.Reset(seed, obs); err != nil {
		return err
	}
	x.current = episode{seed: seed, track: x.track.number, from: x.track.written}
	return x.show(obs)
}

// Step takes a step and records it.
func (x *watched) Step(action []float32, obs env.Values) (env.Outcome, error) {
	o, err := x.Environment.Step(action, obs)
	if err != nil {
		return o, err
	}
	if err := o.CheckFinite(); err != nil {
		return o, fmt.Errorf("record transitions: %w", err)
	}
	if err := x.track.write(x.record); err != nil {
		return o, err
	}
	b := appendValues(x.record[:0], x.last)
	b = appendValues(b, env.Values{F: action})
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(o.Reward))
	x.record = append(b, flag(o.Terminated), flag(o.Truncated))
	x.current.steps++
	if err := x.show(obs); err != nil {
		return o, err
	}
	if o.Terminated || o.Truncated {
		return o, x.end()
	}
	return o, nil
}

// Close cuts the episode under way.
func (x *watched) Close() error { return errors.Join(x.cut(), x.Environment.Close()) }

// show remembers an observation.
func (x *watched) show(obs env.Values) error {
	if err := obs.CheckFinite(); err != nil {
		return fmt.Errorf("record transitions: %w", err)
	}
	x.last.Copy(obs)
	return nil
}

// cut ends an episode that did not end by itself.
func (x *watched) cut() error {
	if x.current.steps == 0 {
		return nil
	}
	x.record[len(x.record)-1] = 1
	return x.end()
}

// end writes what is left of the episode.
func (x *watched) end() error {
	if err := x.track.write(appendValues(x.record, x.last)); err != nil {
		return err
	}
	x.record = x.record[:0]
	x.current.to = x.track.written
	x.track.episodes = append(x.track.episodes, x.current)
	x.current.steps = 0
	return nil
}

func appendValues(b []byte, v env.Values) []byte {
	for _, x := range v.F {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return append(b, v.U...)
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

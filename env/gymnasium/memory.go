package gymnasium

import (
	"unsafe"

	"covey/env"
)

// What is asked of a row; the child knows the same numbers.
const (
	skip   = iota
	step   // one step of an episode that ends with its last observation
	reset  // begin an episode with the row's seed
	stepOn // one step; where the episode ends, keep the last observation and begin the next with the row's seed
	closeRow
)

// Where a row's flags say how its episode ended.
const (
	terminated = 1 << iota
	truncated
)

// layout says where everything stands: the byte at which a part begins, and the elements of a row, 0 for a
// single one. The parts up to Input are written by covey, those from there by the child.
type layout struct {
	Size         int    `json:"size"`
	Input        int    `json:"input"`
	Seeds        [2]int `json:"seeds"`        // uint64
	Commands     [2]int `json:"commands"`     // uint8
	Actions      [2]int `json:"actions"`      // float32
	Rewards      [2]int `json:"rewards"`      // float32
	Flags        [2]int `json:"flags"`        // uint8
	Observations [2]int `json:"observations"` // float32 or uint8
	Finals       [2]int `json:"finals"`       // the same
}

func newLayout(rows int, observation, action env.Space) layout {
	var l layout
	place := func(width, bytes int) [2]int {
		at := (l.Size + 63) &^ 63 // a cache line each
		l.Size = at + rows*max(width, 1)*bytes
		return [2]int{at, width}
	}
	l.Seeds = place(0, 8)
	l.Commands = place(0, 1)
	l.Actions = place(action.Size(), 4)
	l.Size = (l.Size + 63) &^ 63
	l.Input = l.Size
	l.Rewards = place(0, 4)
	l.Flags = place(0, 1)
	l.Observations = place(observation.Size(), observation.ElementSize())
	l.Finals = place(observation.Size(), observation.ElementSize())
	return l
}

// memory is the parts of a child's memory.
type memory struct {
	bytes                []byte
	seeds                []uint64   // [rows]
	wants                []uint8    // [rows]: commands
	actions              []float32  // [rows, action]
	rewards              []float32  // [rows]
	flags                []uint8    // [rows]
	observations, finals env.Values // [rows, frame]
}

// memory cuts the parts out of b, which begins at a multiple of 8.
func (l *layout) memory(b []byte, rows int, observation env.Space) memory {
	m := memory{
		bytes:   b,
		seeds:   part[uint64](b, l.Seeds, rows),
		wants:   part[uint8](b, l.Commands, rows),
		actions: part[float32](b, l.Actions, rows),
		rewards: part[float32](b, l.Rewards, rows),
		flags:   part[uint8](b, l.Flags, rows),
	}
	if observation.Bytes {
		m.observations.U, m.finals.U = part[uint8](b, l.Observations, rows), part[uint8](b, l.Finals, rows)
	} else {
		m.observations.F, m.finals.F = part[float32](b, l.Observations, rows), part[float32](b, l.Finals, rows)
	}
	return m
}

func part[T uint8 | uint64 | float32](b []byte, place [2]int, rows int) []T {
	n := rows * max(place[1], 1)
	return unsafe.Slice((*T)(unsafe.Pointer(&b[place[0]])), n)
}

// private is memory that nobody shares.
func private(size int) []byte {
	words := make([]uint64, (size+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)
}

package minatar

import "math/bits"

// The grid: cells are counted from the left and from the top.
const (
	size   = 10
	last   = size - 1
	middle = size / 2
)

// board marks cells of the grid: bit x of row y.
type board [size]uint16

// fullRow has every cell marked.
const fullRow = 1<<size - 1

func (b *board) has(x, y int) bool { return b[y]>>x&1 != 0 }
func (b *board) put(x, y int)      { b[y] |= 1 << x }
func (b *board) remove(x, y int)   { b[y] &^= 1 << x }

// up moves everything by a row; what was in the first one is gone.
func (b *board) up() {
	copy(b[:], b[1:])
	b[last] = 0
}

// down moves everything by a row; what was in the last one is gone.
func (b *board) down() {
	copy(b[1:], b[:])
	b[0] = 0
}

// shift moves everything by a column, to the right where dx is 1 and to the left where it is −1.
func (b *board) shift(dx int) {
	for y, row := range b {
		if dx > 0 {
			b[y] = row << 1 & fullRow
		} else {
			b[y] = row >> 1
		}
	}
}

// columns marks those in which a cell is marked.
func (b *board) columns() (set uint16) {
	for _, row := range b {
		set |= row
	}
	return set
}

// count is the number of marked cells.
func (b *board) count() (n int) {
	for _, row := range b {
		n += bits.OnesCount16(row)
	}
	return n
}

// screen is where a game draws its observation.
type screen struct {
	cells  []uint8 // [10, 10, planes]
	planes int
}

// present is the byte of what is there: networks take bytes as shares of 255.
const present = 255

func (s screen) mark(plane, x, y int) { s.cells[(y*size+x)*s.planes+plane] = present }

// inside marks a cell that may lie beside the grid.
func (s screen) inside(plane, x, y int) {
	if 0 <= x && x < size {
		s.mark(plane, x, y)
	}
}

// board marks every cell that b does.
func (s screen) board(plane int, b *board) {
	for y, row := range b {
		for ; row != 0; row &= row - 1 {
			s.mark(plane, bits.TrailingZeros16(row), y)
		}
	}
}

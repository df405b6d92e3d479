package minatar

import (
	"fmt"
	"strconv"

	"covey/state"
)

// walker visits the variables of a game, and leaves one that cannot be true as it was.
type walker struct {
	state.Walker
	err *error // the first
}

// number visits x, which lies between low and high.
func number[N ~int | ~int8 | ~uint8 | ~uint16](w *walker, name string, x *N, low, high N) {
	bits := uint64(int64(*x))
	w.Uint64(name, &bits)
	v := int64(bits)
	if v < int64(low) || v > int64(high) {
		w.fail("%s is %d, not between %d and %d", name, v, low, high)
		return
	}
	*x = N(v)
}

// flag visits b as 0 or 1.
func (w *walker) flag(name string, b *bool) {
	var x uint8
	if *b {
		x = 1
	}
	number(w, name, &x, 0, 1)
	*b = x == 1
}

// direction visits x, which is −1 or 1, as whether it is 1.
func (w *walker) direction(name string, x *int) {
	ahead := *x == 1
	w.flag(name, &ahead)
	if *x = -1; ahead {
		*x = 1
	}
}

// board visits the rows of b, from the top.
func (w *walker) board(name string, b *board) {
	for y := range b {
		number(w, name+"/"+strconv.Itoa(y), &b[y], 0, fullRow)
	}
}

// part is a walker of the i-th of several things.
func (w *walker) part(name string, i int) *walker {
	return &walker{Walker: w.Sub(name).Sub(strconv.Itoa(i)), err: w.err}
}

func (w *walker) fail(format string, args ...any) {
	if *w.err == nil {
		*w.err = fmt.Errorf(format, args...)
	}
}

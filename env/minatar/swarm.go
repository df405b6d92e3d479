package minatar

import "slices"

// swimmer is what moves along a row of Seaquest.
type swimmer struct {
	x, y, dx int
	moveIn   int // steps till it moves
	shootIn  int // steps till it shoots, if it does
}

// newSwimmer comes in from the side that it turns its back on.
func newSwimmer(dx, y, wait int) swimmer {
	m := swimmer{y: y, dx: dx, moveIn: wait}
	if dx < 0 {
		m.x = last
	}
	return m
}

// move says whether it was time to move, which it is once in wait+1 steps.
func (m *swimmer) move(wait int) bool {
	if m.moveIn > 0 {
		m.moveIn--
		return false
	}
	m.moveIn = wait
	m.x += m.dx
	return true
}

func (m *swimmer) outside() bool { return m.x < 0 || m.x > last }

// swarm holds swimmers of one kind in the order in which they came.
type swarm []swimmer

// drop shows every swimmer to gone, those that came last first, and drops those of which it says so.
func (s *swarm) drop(gone func(*swimmer) bool) {
	for i := len(*s) - 1; i >= 0; i-- {
		if gone(&(*s)[i]) {
			*s = slices.Delete(*s, i, i+1)
		}
	}
}

// lose drops the one that came first of the swimmers that are where m is, and says whether there was one.
func (s *swarm) lose(m *swimmer) bool {
	i := slices.IndexFunc(*s, func(other swimmer) bool { return other.x == m.x && other.y == m.y })
	if i >= 0 {
		*s = slices.Delete(*s, i, i+1)
	}
	return i >= 0
}

// oppose says whether one of the swarm swims the other way in m's row.
func (s swarm) oppose(m swimmer) bool {
	for _, other := range s {
		if other.y == m.y && other.dx != m.dx {
			return true
		}
	}
	return false
}

func (s swarm) draw(screen screen, plane int) {
	for _, m := range s {
		screen.mark(plane, m.x, m.y)
	}
}

// trail marks the cells behind.
func (s swarm) trail(screen screen, plane int) {
	for _, m := range s {
		screen.inside(plane, m.x-m.dx, m.y)
	}
}

// swarm visits a swarm as five bytes for each swimmer.
func (w *walker) swarm(name string, s *swarm) {
	const width = 5
	var b []byte
	for _, m := range *s {
		b = append(b, byte(m.x), byte(m.y), byte(m.dx+1), byte(m.moveIn), byte(m.shootIn))
	}
	w.Bytes(name, &b)
	if len(b)%width != 0 {
		w.fail("%s: %d bytes are not %d for each", name, len(b), width)
		return
	}
	*s = (*s)[:0]
	for ; len(b) > 0; b = b[width:] {
		if b[0] > last || b[1] > seabed || b[2]&^2 != 0 || b[3] > slowWait || b[4] > subWait {
			w.fail("%s: %v cannot be", name, b[:width])
			return
		}
		*s = append(*s, swimmer{x: int(b[0]), y: int(b[1]), dx: int(b[2]) - 1, moveIn: int(b[3]), shootIn: int(b[4])})
	}
}

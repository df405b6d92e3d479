package minatar

import "math/bits"

// spaceInvaders: a cannon shoots at a block of aliens, each worth 1, that go from side to side and come down at the
// edges, and of which the nearest one shoots back. The fewer there are, the faster they go; the block after the last
// one of them is faster from the start. A bomb that hits the cannon ends the episode, and so does an alien that is
// where the cannon is, or has no row left to come down to.
type spaceInvaders struct {
	ramping      bool
	x            int // the cannon, in the bottom row
	loadIn       int // steps till it can shoot
	aliens       board
	dx           int // where they go
	moveIn       int // steps till they move
	moveEvery    int // steps from one move of a whole block to the next
	bombIn       int // steps till one of them shoots
	shots, bombs board
}

const (
	loadTime  = 5
	bombTime  = 10
	slowBlock = 12
	fastBlock = 6
)

var spaceInvadersPlanes = []plane{
	{"cannon", white}, {"alien", green}, {"alien_left", blue}, {"alien_right", sky}, {"friendly_bullet", yellow}, {"enemy_bullet", vermilion},
}

func newSpaceInvaders(ramping bool) game { return &spaceInvaders{ramping: ramping} }

func block() board {
	const row = 0b0011111100
	return board{row, row, row, row}
}

func (g *spaceInvaders) reset(*dice) {
	*g = spaceInvaders{
		ramping: g.ramping, x: middle, aliens: block(), dx: -1,
		moveIn: slowBlock, moveEvery: slowBlock, bombIn: bombTime,
	}
}

func (g *spaceInvaders) step(a action, _ *dice) (reward float32, terminated bool) {
	g.steer(a)
	g.shots.up()
	g.bombs.down()
	terminated = g.bombs.has(g.x, last) || g.aliens.has(g.x, last)
	if g.moveIn == 0 {
		landed := g.march()
		terminated = terminated || landed || g.aliens.has(g.x, last)
	}
	if g.bombIn == 0 {
		g.bombIn = bombTime
		g.shoot()
	}
	reward = float32(g.hit())
	g.moveIn--
	g.bombIn--
	if g.aliens == (board{}) {
		g.aliens = block()
		if g.ramping {
			g.moveEvery = max(fastBlock, g.moveEvery-1)
		}
	}
	return reward, terminated
}

func (g *spaceInvaders) steer(a action) {
	switch a {
	case left:
		g.x = max(0, g.x-1)
	case right:
		g.x = min(last, g.x+1)
	case fire:
		if g.loadIn == 0 {
			g.loadIn = loadTime
			g.shots.put(g.x, last)
		}
	}
	g.loadIn = max(0, g.loadIn-1)
}

// march moves the aliens on, or at the edge down. They have landed when some were in the last row: in the observation
// that ends the episode those stand in the first one.
func (g *spaceInvaders) march() (landed bool) {
	g.moveIn = min(g.moveEvery, g.aliens.count())
	edge := uint16(1)
	if g.dx > 0 {
		edge <<= last
	}
	if g.aliens.columns()&edge == 0 {
		g.aliens.shift(g.dx)
		return false
	}
	g.dx = -g.dx
	lowest := g.aliens[last]
	g.aliens.down()
	g.aliens[0] = lowest
	return lowest != 0
}

// shoot drops a bomb where the lowest alien is in the column nearest to the cannon, the left one of two.
func (g *spaceInvaders) shoot() {
	columns := g.aliens.columns()
	for distance := range size {
		for _, x := range [2]int{g.x - distance, g.x + distance} {
			if x < 0 || x > last || columns>>x&1 == 0 {
				continue
			}
			y := last
			for !g.aliens.has(x, y) {
				y--
			}
			g.bombs.put(x, y)
			return
		}
	}
}

// hit removes shots and aliens that are in the same cells, and returns how many.
func (g *spaceInvaders) hit() (n int) {
	for y := range g.aliens {
		both := g.aliens[y] & g.shots[y]
		n += bits.OnesCount16(both)
		g.aliens[y] &^= both
		g.shots[y] &^= both
	}
	return n
}

func (g *spaceInvaders) draw(s screen) {
	s.mark(0, g.x, last)
	s.board(1, &g.aliens)
	direction := 2
	if g.dx > 0 {
		direction = 3
	}
	s.board(direction, &g.aliens)
	s.board(4, &g.shots)
	s.board(5, &g.bombs)
}

func (g *spaceInvaders) state(w *walker) {
	number(w, "x", &g.x, 0, last)
	number(w, "load_in", &g.loadIn, 0, loadTime)
	w.board("aliens", &g.aliens)
	w.direction("dx", &g.dx)
	number(w, "move_in", &g.moveIn, 0, slowBlock)
	number(w, "move_every", &g.moveEvery, fastBlock, slowBlock)
	number(w, "bomb_in", &g.bombIn, 0, bombTime)
	w.board("shots", &g.shots)
	w.board("bombs", &g.bombs)
}

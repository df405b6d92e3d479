package minatar

// breakout: a paddle keeps a ball from the floor that breaks bricks, of which each is worth 1. The ball flies
// diagonally, a cell a step, and the episode ends where the paddle misses it. When the last of three rows of bricks is
// broken, the next three stand there as soon as the ball is back at the floor.
type breakout struct {
	paddle       int // in the bottom row
	x, y         int // the ball
	dx, dy       int // where it flies, −1 or 1
	lastX, lastY int // where it was a step before
	bricks       board
	within       bool // the ball flies among bricks: it has broken one, and breaks no other until it is out
}

var breakoutPlanes = []plane{{"paddle", white}, {"ball", yellow}, {"trail", grey}, {"brick", vermilion}}

func newBreakout(bool) game { return new(breakout) }

func wall() board { return board{1: fullRow, 2: fullRow, 3: fullRow} }

func (g *breakout) reset(d *dice) {
	*g = breakout{paddle: middle - 1, y: 3, dx: 1, dy: 1, lastY: 3, bricks: wall()}
	if d.below(2) == 1 {
		g.x, g.lastX, g.dx = last, last, -1
	}
}

func (g *breakout) step(a action, _ *dice) (reward float32, terminated bool) {
	switch a {
	case left:
		g.paddle = max(0, g.paddle-1)
	case right:
		g.paddle = min(last, g.paddle+1)
	}
	g.lastX, g.lastY = g.x, g.y
	x, y := g.x+g.dx, g.y+g.dy
	if x < 0 || x > last {
		x, g.dx = g.x, -g.dx
	}
	among := false
	switch {
	case y < 0:
		y, g.dy = g.y, -g.dy
	case g.bricks.has(x, y):
		among = true
		if !g.within {
			g.bricks.remove(x, y)
			reward = 1
			y, g.dy = g.y, -g.dy
		}
	case y == last:
		y, terminated = g.floor(x)
	}
	g.x, g.y, g.within = x, y, among
	return reward, terminated
}

// floor is what happens to a ball that comes down in column x: a paddle that it was above sends it on to the same
// side, one that it falls on from the side sends it back.
func (g *breakout) floor(x int) (y int, terminated bool) {
	if g.bricks == (board{}) {
		g.bricks = wall()
	}
	switch g.paddle {
	case x:
		if x != g.x {
			g.dx = -g.dx
		}
	case g.x:
	default:
		return last, true
	}
	g.dy = -g.dy
	return g.y, false
}

func (g *breakout) draw(s screen) {
	s.mark(0, g.paddle, last)
	s.mark(1, g.x, g.y)
	s.mark(2, g.lastX, g.lastY)
	s.board(3, &g.bricks)
}

func (g *breakout) state(w *walker) {
	number(w, "paddle", &g.paddle, 0, last)
	number(w, "x", &g.x, 0, last)
	number(w, "y", &g.y, 0, last)
	w.direction("dx", &g.dx)
	w.direction("dy", &g.dy)
	number(w, "last_x", &g.lastX, 0, last)
	number(w, "last_y", &g.lastY, 0, last)
	w.board("bricks", &g.bricks)
	w.flag("within", &g.within)
}

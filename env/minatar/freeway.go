package minatar

// freeway: a chicken crosses eight lanes of cars, of which each comes back on the other side. To reach the top is
// worth 1, sends the chicken back to the bottom and draws new cars; a car sends it back too. An episode takes the
// same time whatever happens.
type freeway struct {
	y      int // the chicken
	moveIn int // steps till it can move
	steps  int // steps that are left, but for one
	cars   [8]car
}

// car is the car of a lane.
type car struct {
	x, dx  int
	wait   int // steps between its moves, 1 to 5
	moveIn int // steps till it moves
}

const (
	chickenX    = 4
	chickenWait = 3 // steps from one move to the next
	freewayTime = 2500
)

var freewayPlanes = []plane{
	{"chicken", white},
	{"car", vermilion},
	{"speed1", grey}, {"speed2", grey}, {"speed3", grey}, {"speed4", grey}, {"speed5", grey}, // by the car's wait
}

func newFreeway(bool) game { return new(freeway) }

func (g *freeway) reset(d *dice) {
	*g = freeway{y: last, moveIn: chickenWait, steps: freewayTime}
	g.newCars(d)
}

// newCars draws how fast and where the cars go; they stay where they are.
func (g *freeway) newCars(d *dice) {
	for i := range g.cars {
		c := &g.cars[i]
		c.wait = 1 + d.below(5)
		c.moveIn = c.wait
	}
	for i := range g.cars {
		g.cars[i].dx = -d.direction()
	}
}

func (g *freeway) step(a action, d *dice) (reward float32, terminated bool) {
	switch {
	case g.moveIn > 0:
		g.moveIn--
	case a == up:
		g.y, g.moveIn = g.y-1, chickenWait-1
	case a == down:
		g.y, g.moveIn = min(last, g.y+1), chickenWait-1
	}
	if g.y == 0 {
		reward = 1
		g.newCars(d)
		g.y = last
	}
	for i := range g.cars {
		g.drive(&g.cars[i], i+1)
	}
	g.steps--
	return reward, g.steps < 0
}

// drive moves a car when its time has come. It hits the chicken before it moves, and after.
func (g *freeway) drive(c *car, lane int) {
	if c.x == chickenX && lane == g.y {
		g.y = last
	}
	if c.moveIn > 0 {
		c.moveIn--
		return
	}
	c.moveIn = c.wait
	c.x = around(c.x + c.dx)
	if c.x == chickenX && lane == g.y {
		g.y = last
	}
}

// around is x on a line that goes on at its other end.
func around(x int) int { return (x + size) % size }

func (g *freeway) draw(s screen) {
	s.mark(0, chickenX, g.y)
	for i, c := range g.cars {
		s.mark(1, c.x, i+1)
		s.mark(1+c.wait, around(c.x-c.dx), i+1)
	}
}

func (g *freeway) state(w *walker) {
	number(w, "y", &g.y, 0, last)
	number(w, "move_in", &g.moveIn, 0, chickenWait)
	number(w, "steps", &g.steps, -1, freewayTime)
	for i := range g.cars {
		c := &g.cars[i]
		lane := w.part("car", i)
		number(lane, "x", &c.x, 0, last)
		lane.direction("dx", &c.dx)
		number(lane, "wait", &c.wait, 1, 5)
		number(lane, "move_in", &c.moveIn, 0, 5)
	}
}

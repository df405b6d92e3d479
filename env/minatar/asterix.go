package minatar

// asterix: the player walks in eight lanes, along which treasure and enemies come from either side. Treasure is
// worth 1, to meet an enemy is the end. All move at the same time.
type asterix struct {
	ramping    bool
	x, y       int // the player; y is the lane's row, 1 to 8
	lanes      [8]traveller
	spawnIn    int // steps till the next traveller
	spawnEvery int // steps from one traveller to the next
	moveIn     int // steps till the travellers move
	moveEvery  int // steps from one move to the next
	rampIn     int // steps till the game becomes more difficult
	ramps      int // how often it has
}

// traveller is what is under way in a lane.
type traveller struct {
	kind  cargo
	x, dx int
}

// cargo is the kind of a traveller, and what the player finds where it is.
type cargo uint8

const (
	nobody cargo = iota
	enemy
	treasure
)

const (
	slowSpawn = 10
	slowMove  = 5
	rampTime  = 100
)

var asterixPlanes = []plane{{"player", white}, {"enemy", vermilion}, {"trail", grey}, {"gold", yellow}}

func newAsterix(ramping bool) game { return &asterix{ramping: ramping} }

func (g *asterix) reset(*dice) {
	*g = asterix{
		ramping: g.ramping, x: middle, y: middle,
		spawnIn: slowSpawn, spawnEvery: slowSpawn, moveIn: slowMove, moveEvery: slowMove, rampIn: rampTime,
	}
}

func (g *asterix) step(a action, d *dice) (reward float32, terminated bool) {
	if g.spawnIn == 0 {
		g.spawn(d)
		g.spawnIn = g.spawnEvery
	}
	switch a {
	case left:
		g.x = max(0, g.x-1)
	case right:
		g.x = min(last, g.x+1)
	case up:
		g.y = max(1, g.y-1)
	case down:
		g.y = min(len(g.lanes), g.y+1)
	}
	met := g.meet()
	if g.moveIn == 0 {
		g.moveIn = g.moveEvery
		g.move()
		met = max(met, g.meet())
	}
	g.spawnIn--
	g.moveIn--
	g.ramp()
	if met == treasure {
		reward = 1
	}
	return reward, met == enemy
}

// spawn sends a traveller down one of the lanes in which nobody is, if there is one.
func (g *asterix) spawn(d *dice) {
	t := traveller{kind: enemy, dx: d.direction()}
	if t.dx < 0 {
		t.x = last
	}
	if d.uniform() < 1.0/3 {
		t.kind = treasure
	}
	var free [len(g.lanes)]int
	n := 0
	for i := range g.lanes {
		if g.lanes[i].kind == nobody {
			free[n] = i
			n++
		}
	}
	if n > 0 {
		g.lanes[free[d.below(n)]] = t
	}
}

// meet says who is where the player is. Treasure is taken.
func (g *asterix) meet() cargo {
	t := &g.lanes[g.y-1]
	if t.x != g.x {
		return nobody
	}
	met := t.kind
	if met == treasure {
		*t = traveller{}
	}
	return met
}

func (g *asterix) move() {
	for i := range g.lanes {
		t := &g.lanes[i]
		if t.x += t.dx; t.x < 0 || t.x > last {
			*t = traveller{}
		}
	}
}

// ramp makes travellers more frequent from time to time, and faster every other time.
func (g *asterix) ramp() {
	if !g.ramping || g.spawnEvery == 1 && g.moveEvery == 1 {
		return
	}
	if g.rampIn >= 0 {
		g.rampIn--
		return
	}
	if g.ramps%2 == 1 {
		g.moveEvery = max(1, g.moveEvery-1)
	}
	g.spawnEvery = max(1, g.spawnEvery-1)
	g.ramps++
	g.rampIn = rampTime
}

func (g *asterix) draw(s screen) {
	s.mark(0, g.x, g.y)
	for i, t := range g.lanes {
		switch t.kind {
		case nobody:
			continue
		case enemy:
			s.mark(1, t.x, i+1)
		case treasure:
			s.mark(3, t.x, i+1)
		}
		s.inside(2, t.x-t.dx, i+1)
	}
}

func (g *asterix) state(w *walker) {
	number(w, "x", &g.x, 0, last)
	number(w, "y", &g.y, 1, len(g.lanes))
	number(w, "spawn_in", &g.spawnIn, 0, slowSpawn)
	number(w, "spawn_every", &g.spawnEvery, 1, slowSpawn)
	number(w, "move_in", &g.moveIn, 0, slowMove)
	number(w, "move_every", &g.moveEvery, 1, slowMove)
	number(w, "ramp_in", &g.rampIn, -1, rampTime)
	number(w, "ramps", &g.ramps, 0, slowSpawn+slowMove)
	for i := range g.lanes {
		t := &g.lanes[i]
		lane := w.part("lane", i)
		number(lane, "kind", &t.kind, nobody, treasure)
		number(lane, "x", &t.x, 0, last)
		number(lane, "dx", &t.dx, -1, 1)
	}
}

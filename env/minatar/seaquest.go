package minatar

import "math"

// seaquest: a submarine shoots fish and enemy submarines, each worth 1, which kill it where they touch it, as the
// torpedoes of the submarines do. Below the surface its air lasts for 200 steps; to get new air it must bring a diver
// up, and six at once are worth up to 10, by the air that is left. Every breath makes the enemies more frequent, and
// every other one faster.
type seaquest struct {
	ramping    bool
	x, y, dx   int // the submarine's front, and where it looks
	loadIn     int // steps till it can shoot
	air        int // steps for which it lasts
	divers     int // on board; −1 after six were brought up, see surface
	surfaced   bool
	enemyIn    int // steps till the next enemy
	enemyEvery int // steps from one enemy to the next
	diverIn    int // steps till the next diver
	moveWait   int // steps between an enemy's moves
	ramps      int // how often the game has become more difficult

	shots, torpedoes     swarm // the player's, the enemies'
	fish, subs, inTheSea swarm // inTheSea: divers
}

const (
	crew       = 6 // divers that have room on board
	fullAir    = 200
	seabed     = last - 1 // the row; the gauges are below it
	slowEnemy  = 20
	diverEvery = 30
	slowWait   = 5 // of the divers always
	fastWait   = 2
	shotWait   = 5  // steps from one of the player's shots to the next
	subWait    = 10 // steps between an enemy's
)

var seaquestPlanes = []plane{
	{"sub_front", white}, {"sub_back", grey}, {"friendly_bullet", yellow}, {"trail", grey}, {"enemy_bullet", orange},
	{"enemy_fish", green}, {"enemy_sub", vermilion}, {"oxygen_gauge", sky}, {"diver_gauge", blue}, {"diver", blue},
}

func newSeaquest(ramping bool) game {
	const room = 64
	return &seaquest{
		ramping: ramping,
		shots:   make(swarm, 0, room), torpedoes: make(swarm, 0, room),
		fish: make(swarm, 0, room), subs: make(swarm, 0, room), inTheSea: make(swarm, 0, room),
	}
}

func (g *seaquest) reset(*dice) {
	*g = seaquest{
		ramping: g.ramping, x: middle, dx: -1, air: fullAir, surfaced: true,
		enemyIn: slowEnemy, enemyEvery: slowEnemy, diverIn: diverEvery, moveWait: slowWait,
		shots: g.shots[:0], torpedoes: g.torpedoes[:0], fish: g.fish[:0], subs: g.subs[:0], inTheSea: g.inTheSea[:0],
	}
}

func (g *seaquest) step(a action, d *dice) (reward float32, terminated bool) {
	g.arrive(d)
	g.steer(a)
	hits := g.fly()
	g.rescue()
	sunk, rammed := g.swim(&g.subs)
	eaten, bitten := g.swim(&g.fish)
	torpedoed := g.torpedo()
	bonus, choked := g.breathe()
	return float32(hits + sunk + eaten + bonus), rammed || bitten || torpedoed || choked
}

// arrive brings enemies and divers when it is time. No enemy comes into a row in which another one is on its way to
// that side.
func (g *seaquest) arrive(d *dice) {
	if g.enemyIn == 0 {
		g.enemyIn = g.enemyEvery
		swimmers := &g.fish
		dx := d.direction()
		if d.uniform() < 1.0/3 {
			swimmers = &g.subs
		}
		e := newSwimmer(dx, 1+d.below(seabed), g.moveWait)
		e.shootIn = subWait
		if !g.fish.oppose(e) && !g.subs.oppose(e) {
			*swimmers = append(*swimmers, e)
		}
	}
	if g.diverIn == 0 {
		g.diverIn = diverEvery
		dx := d.direction()
		g.inTheSea = append(g.inTheSea, newSwimmer(dx, 1+d.below(seabed), slowWait))
	}
	g.enemyIn--
	g.diverIn--
}

func (g *seaquest) steer(a action) {
	switch a {
	case fire:
		if g.loadIn == 0 {
			g.loadIn = shotWait
			g.shots = append(g.shots, swimmer{x: g.x, y: g.y, dx: g.dx})
		}
	case left:
		g.x, g.dx = max(0, g.x-1), -1
	case right:
		g.x, g.dx = min(last, g.x+1), 1
	case up:
		g.y = max(0, g.y-1)
	case down:
		g.y = min(seabed, g.y+1)
	}
	g.loadIn = max(0, g.loadIn-1)
}

// fly moves the player's shots and returns how many enemies they hit.
func (g *seaquest) fly() (hits int) {
	g.shots.drop(func(m *swimmer) bool {
		if m.x += m.dx; m.outside() {
			return true
		}
		if g.fish.lose(m) || g.subs.lose(m) {
			hits++
			return true
		}
		return false
	})
	return hits
}

// rescue moves the divers and takes those on board that the player meets, if there is room.
func (g *seaquest) rescue() {
	g.inTheSea.drop(func(m *swimmer) bool {
		if g.divers < crew && g.meets(m) {
			g.divers++
			return true
		}
		if !m.move(slowWait) {
			return false
		}
		if m.outside() {
			return true
		}
		if g.divers < crew && g.meets(m) {
			g.divers++
			return true
		}
		return false
	})
}

// swim moves fish or submarines. It returns how many swam into a shot, and whether one met the player, before its move
// or after. A submarine that is hit in the step in which it shoots has shot.
func (g *seaquest) swim(enemies *swarm) (hits int, met bool) {
	armed := enemies == &g.subs
	enemies.drop(func(m *swimmer) (hit bool) {
		met = met || g.meets(m)
		if m.move(g.moveWait) {
			if m.outside() {
				return true
			}
			met = met || g.meets(m)
			if hit = g.shots.lose(m); hit {
				hits++
			}
		}
		if armed {
			if m.shootIn > 0 {
				m.shootIn--
			} else {
				m.shootIn = subWait
				g.torpedoes = append(g.torpedoes, swimmer{x: m.x, y: m.y, dx: m.dx})
			}
		}
		return hit
	})
	return hits, met
}

// torpedo moves the enemies' torpedoes and says whether one met the player, before its move or after.
func (g *seaquest) torpedo() (met bool) {
	g.torpedoes.drop(func(m *swimmer) bool {
		met = met || g.meets(m)
		if m.x += m.dx; m.outside() {
			return true
		}
		met = met || g.meets(m)
		return false
	})
	return met
}

func (g *seaquest) meets(m *swimmer) bool { return m.x == g.x && m.y == g.y }

// breathe uses air below the surface, and gets new air at it. To come up without a diver is as bad as to have no air.
func (g *seaquest) breathe() (bonus int, choked bool) {
	choked = g.air <= 0
	switch {
	case g.y > 0:
		g.air--
		g.surfaced = false
	case g.surfaced:
	case g.divers == 0:
		choked = true
	default:
		bonus = g.surface()
	}
	return bonus, choked
}

// surface lets a diver go, after six went at once: then their number is −1, and the player comes up as it pleases till
// it has taken one on board. So it is in the authors' package.
func (g *seaquest) surface() (bonus int) {
	g.surfaced = true
	if g.divers == crew {
		g.divers = 0
		bonus = g.air * size / fullAir
	}
	g.divers--
	g.air = fullAir
	if g.ramping && (g.enemyEvery > 1 || g.moveWait > fastWait) {
		if g.ramps%2 == 1 {
			g.moveWait = max(fastWait, g.moveWait-1)
		}
		g.enemyEvery = max(1, g.enemyEvery-1)
		g.ramps++
	}
	return bonus
}

func (g *seaquest) draw(s screen) {
	s.mark(0, g.x, g.y)
	s.inside(1, g.x-g.dx, g.y)
	g.shots.draw(s, 2)
	g.torpedoes.draw(s, 4)
	for x := range g.air * size / fullAir {
		s.mark(7, x, last)
	}
	for i := range g.divers {
		s.mark(8, last-1-i, last)
	}
	g.fish.draw(s, 5)
	g.subs.draw(s, 6)
	g.inTheSea.draw(s, 9)
	g.fish.trail(s, 3)
	g.subs.trail(s, 3)
	g.inTheSea.trail(s, 3)
}

func (g *seaquest) state(w *walker) {
	number(w, "x", &g.x, 0, last)
	number(w, "y", &g.y, 0, seabed)
	w.direction("dx", &g.dx)
	number(w, "load_in", &g.loadIn, 0, shotWait)
	number(w, "air", &g.air, -1, fullAir)
	number(w, "divers", &g.divers, math.MinInt32, crew)
	w.flag("surfaced", &g.surfaced)
	number(w, "enemy_in", &g.enemyIn, 0, slowEnemy)
	number(w, "enemy_every", &g.enemyEvery, 1, slowEnemy)
	number(w, "diver_in", &g.diverIn, 0, diverEvery)
	number(w, "move_wait", &g.moveWait, fastWait, slowWait)
	number(w, "ramps", &g.ramps, 0, slowEnemy+slowWait)
	w.swarm("shots", &g.shots)
	w.swarm("torpedoes", &g.torpedoes)
	w.swarm("fish", &g.fish)
	w.swarm("subs", &g.subs)
	w.swarm("divers_in_the_sea", &g.inTheSea)
}

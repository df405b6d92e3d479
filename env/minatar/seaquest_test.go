package minatar

import (
	"slices"
	"testing"
)

// TestSeaquestMeetings are of what hardly ever meets: what the authors' package, version 1.0.15, makes of the same cells, in which
// it was asked.
func TestSeaquestMeetings(t *testing.T) {
	for name, c := range map[string]struct {
		x, y          int // the player
		before, after seaquest
	}{
		"a submarine swims into a shot as it shoots": {
			0, 8,
			seaquest{subs: swarm{{x: 6, y: 5, dx: -1}}, shots: swarm{{x: 4, y: 5, dx: 1}}},
			seaquest{torpedoes: swarm{{x: 4, y: 5, dx: -1}}},
		},
		"two divers want the last place on board": {
			5, 5,
			seaquest{divers: 5, inTheSea: swarm{{x: 4, y: 5, dx: 1}, {x: 6, y: 5, dx: -1}}},
			seaquest{divers: 6, inTheSea: swarm{{x: 5, y: 5, dx: 1, moveIn: 5}}},
		},
		"two fish swim into one shot": {
			0, 8,
			seaquest{fish: swarm{{x: 5, y: 5, dx: -1}, {x: 3, y: 5, dx: 1}}, shots: swarm{{x: 3, y: 5, dx: 1}}},
			seaquest{fish: swarm{{x: 4, y: 5, dx: -1, moveIn: 5}}},
		},
		"a shot flies into two fish": {
			0, 8,
			seaquest{fish: swarm{{x: 4, y: 5, dx: 1, moveIn: 3}, {x: 4, y: 5, dx: -1, moveIn: 3}}, shots: swarm{{x: 3, y: 5, dx: 1}}},
			seaquest{fish: swarm{{x: 4, y: 5, dx: -1, moveIn: 2}}},
		},
		"two shots fly into one fish": {
			0, 8,
			seaquest{fish: swarm{{x: 4, y: 5, dx: 1, moveIn: 3}}, shots: swarm{{x: 3, y: 5, dx: 1}, {x: 5, y: 5, dx: -1}}},
			seaquest{shots: swarm{{x: 4, y: 5, dx: 1}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newSeaquest(true).(*seaquest)
			g.reset(nil)
			g.x, g.y, g.divers = c.x, c.y, c.before.divers
			g.fish, g.subs, g.inTheSea, g.shots = c.before.fish, c.before.subs, c.before.inTheSea, c.before.shots
			if _, ended := g.step(stay, nil); ended {
				t.Error("the episode has ended")
			}
			if g.divers != c.after.divers {
				t.Errorf("%d divers on board, want %d", g.divers, c.after.divers)
			}
			for what, pair := range map[string][2]swarm{"fish": {g.fish, c.after.fish}, "submarines": {g.subs, c.after.subs},
				"divers": {g.inTheSea, c.after.inTheSea}, "shots": {g.shots, c.after.shots}, "torpedoes": {g.torpedoes, c.after.torpedoes}} {
				if !slices.Equal(pair[0], pair[1]) {
					t.Errorf("%s: %+v, want %+v", what, pair[0], pair[1])
				}
			}
		})
	}
}

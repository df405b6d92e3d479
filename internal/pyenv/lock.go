package pyenv

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"covey/internal/nearest"
)

// extra is a part of the Gymnasium environment that can be chosen.
type extra struct {
	name     string
	title    string   // what it brings
	packages []string // modules that it brings
	prefixes []string // of the IDs of environments that need it
}

// The file of each, of the same name, lists its packages.
var extras = []extra{
	{"classic-control", "pictures of Gymnasium's own classic control and toy text", []string{"pygame"}, nil},
	{"atari", "Atari games (ale-py, with the ROMs)", []string{"ale_py"}, []string{"ALE/"}},
	{"box2d", "LunarLander, BipedalWalker, CarRacing", []string{"Box2D"}, []string{"LunarLander", "BipedalWalker", "CarRacing"}},
	{"mujoco", "HalfCheetah, Hopper, Ant, Humanoid and their like", []string{"mujoco", "imageio"}, []string{
		"Ant-", "HalfCheetah-", "Hopper-", "Humanoid", "InvertedDoublePendulum-", "InvertedPendulum-", "Pusher-", "Reacher-", "Swimmer-", "Walker2d-",
	}},
	{"robotics", "Fetch, Hand, Adroit, Kitchen, mazes", []string{"gymnasium_robotics"}, []string{
		"Fetch", "Hand", "Adroit", "FrankaKitchen", "PointMaze", "AntMaze",
	}},
	{"doom", "ViZDoom (with Freedoom and its scenarios)", []string{"vizdoom"}, []string{"Vizdoom"}},
}

// gymnasiumLock pins Gymnasium and all extras.
//
//go:embed gymnasium/gymnasium.lock
var gymnasiumLock string

// Extras are the names of the parts that can be chosen.
func Extras() []string {
	names := make([]string, len(extras))
	for i, e := range extras {
		names[i] = e.name
	}
	return names
}

// Describe says what an extra brings.
func Describe(name string) string {
	for _, e := range extras {
		if e.name == name {
			return e.title
		}
	}
	return ""
}

// ExtraOf is the extra that an environment needs, or the one that brings a module where that is named; "":
// none, or none that is known.
func ExtraOf(id, module string) string {
	top, _, _ := strings.Cut(module, ".")
	for _, e := range extras {
		if slices.ContainsFunc(e.prefixes, func(p string) bool { return strings.HasPrefix(id, p) }) {
			return e.name
		}
	}
	for _, e := range extras {
		if slices.Contains(e.packages, top) {
			return e.name
		}
	}
	return ""
}

// GymnasiumLock pins Gymnasium with the given extras; "test" is one more, for tests alone.
func GymnasiumLock(names ...string) ([]byte, error) {
	sources := []string{"base"}
	for _, name := range names {
		if name != "test" && !slices.Contains(Extras(), name) {
			return nil, fmt.Errorf("unknown extra %q%s", name, nearest.Hint(name, Extras()))
		}
		sources = append(sources, name)
	}
	return []byte(subset(gymnasiumLock, sources)), nil
}

// pin is a package in a lock.
type pin struct {
	name string
	text string   // its lines
	via  []string // what wants it: packages, and "-r FILE"
}

// subset is the part of a lock that the named files, and whatever they want, come to.
func subset(lock string, files []string) string {
	pins := parse(lock)
	wanted := map[string]bool{}
	for _, f := range files {
		wanted["-r "+f+".in"] = true
	}
	for before := -1; len(wanted) != before; {
		before = len(wanted)
		for _, p := range pins {
			if slices.ContainsFunc(p.via, func(v string) bool { return wanted[v] }) {
				wanted[p.name] = true
			}
		}
	}
	var b strings.Builder
	for _, p := range pins {
		if wanted[p.name] {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// parse reads a lock as uv writes it: a package's line, its hashes, and comments that say what it is wanted by.
func parse(lock string) []pin {
	var pins []pin
	for line := range strings.Lines(lock) {
		if name, _, found := strings.Cut(line, "=="); found && line[0] != ' ' {
			pins = append(pins, pin{name: name})
		}
		if len(pins) == 0 {
			continue
		}
		p := &pins[len(pins)-1]
		p.text += line
		if comment, found := strings.CutPrefix(strings.TrimSpace(line), "#"); found {
			if via := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(comment), "via")); via != "" {
				p.via = append(p.via, via)
			}
		}
	}
	return pins
}

package offpolicytest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"covey/algo/offpolicy"
	"covey/internal/golden"
	"covey/state"
)

// Hashes compares runs with those of earlier revisions, as [golden.Hashes] does.
func Hashes(t *testing.T, algorithms map[string]Algorithm) {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(algorithms)) {
		for _, update := range []string{offpolicy.Ordered, offpolicy.Async} {
			s := suite{algorithms[name], func(c *offpolicy.Config) { c.Update, c.Network.Hidden = update, []int{33, 20} }}
			l := s.learner(t, 11, s.awkward, nil)
			if err := l.Run(context.Background(), until(60)); err != nil {
				t.Fatal(err)
			}
			hash, err := state.Hash(learned(t, l))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&lines, "%s, %s: %x\n", name, update, hash)
		}
	}
	golden.Hashes(t, lines.String())
}

// learned is the part of a learner's state that learns: it depends on all that happened, and not on how the
// rest is laid out.
func learned(t *testing.T, l *offpolicy.Learner) state.Tree {
	t.Helper()
	tree, err := state.Save(l)
	if err != nil {
		t.Fatal(err)
	}
	tree = slices.DeleteFunc(tree, func(e state.Entry) bool { return !strings.HasPrefix(e.Name, "agent/") })
	if len(tree) == 0 {
		t.Fatal("nothing learns")
	}
	return tree
}

package offpolicytest

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"covey/algo/offpolicy"
	"covey/internal/kernel"
	"covey/state"
)

var updateHashes = flag.Bool("update", false, "rewrite testdata/hashes.txt")

// Hashes compares runs with those of earlier revisions, in testdata/hashes.txt: every change must repeat
// them, or say that results change. Each level of the kernels with vectors gives the same bits; plain Go agrees to
// rounding only, and has a file of its own. The levels that COVEY_REQUIRE lists are tested in processes of their own.
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
	compare(t, lines.String())
	for _, level := range strings.FieldsFunc(os.Getenv("COVEY_REQUIRE"), func(r rune) bool { return r == ',' }) {
		if level == kernel.Level() {
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.count=1")
		cmd.Env = append(os.Environ(), "COVEY_KERNEL="+level, "COVEY_REQUIRE=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", level, err, out)
		}
	}
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

func compare(t *testing.T, got string) {
	t.Helper()
	file := "testdata/hashes.txt"
	if kernel.Level() == "generic" {
		file = "testdata/hashes-generic.txt"
	}
	if *updateHashes {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("runs have other bits than %s:\n%swant\n%s(results change? say so, and run with -update)", file, got, want)
	}
}

package golden

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"covey/internal/kernel"
)

var update = flag.Bool("update", false, "rewrite testdata/hashes.txt")

// Hashes compares the hashes of runs, a line for each, with those of earlier revisions, in testdata/hashes.txt: every change
// must repeat them, or say that results change. Each level of the kernels with vectors gives the same bits; plain Go agrees to
// rounding only, and has a file of its own. The levels that COVEY_REQUIRE lists run the test in processes of their own.
func Hashes(t *testing.T, got string) {
	t.Helper()
	file := "testdata/hashes.txt"
	if kernel.Level() == "generic" {
		file = "testdata/hashes-generic.txt"
	}
	if *update {
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

package a3c

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"covey/internal/kernel"
)

var updateHashes = flag.Bool("update", false, "rewrite testdata/hashes.txt")

// hashes are those of runs that every change must repeat, or say that results change: one line per
// configuration. They are of the master, so that another layout of the workers' state leaves them as they are.
func hashes(t *testing.T) string {
	var lines strings.Builder
	for _, order := range []string{Ordered, Sync} {
		for _, workers := range []int{1, 2, 4} {
			cfg := small()
			cfg.Update, cfg.Workers = order, workers
			cfg.Network.Hidden = []int{33, 20}
			cfg.NormalizeObservations, cfg.NormalizeRewards, cfg.EntropyWeight = true, true, 0.01
			fmt.Fprintf(&lines, "%s %d %x\n", order, workers, hash(t, trained(t, cfg, 11, 50).global))
		}
	}
	return lines.String()
}

// TestHashes compares runs with those of earlier revisions. Every level of the kernels with vectors gives
// the same bits; plain Go agrees to rounding only, and has a file of its own.
func TestHashes(t *testing.T) {
	file := "testdata/hashes.txt"
	if kernel.Level() == "generic" {
		file = "testdata/hashes-generic.txt"
	}
	got := hashes(t)
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

// TestLevelsAgree runs the same in processes of their own, one for each level that COVEY_REQUIRE lists.
func TestLevelsAgree(t *testing.T) {
	for _, level := range strings.FieldsFunc(os.Getenv("COVEY_REQUIRE"), func(r rune) bool { return r == ',' }) {
		cmd := exec.Command(os.Args[0], "-test.run=^"+regexp.QuoteMeta("TestHashes")+"$", "-test.count=1")
		cmd.Env = append(os.Environ(), "COVEY_KERNEL="+level)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", level, err, out)
		}
	}
}

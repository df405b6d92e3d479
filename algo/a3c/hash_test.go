package a3c

import (
	"fmt"
	"strings"
	"testing"

	"covey/internal/golden"
)

// TestHashes compares runs with those of earlier revisions. The hashes are of the master, so that another layout of the workers'
// state leaves them as they are.
func TestHashes(t *testing.T) {
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
	golden.Hashes(t, lines.String())
}

package kernel

import (
	"fmt"
	"os"
)

// A simdLevel is a set of instructions that the kernels exist for.
type simdLevel uint8

const (
	generic simdLevel = iota // plain Go
	avx2                     // AVX2, FMA and BMI2: 8 lanes
	avx512                   // AVX-512 F, VL, DQ and BW: 16 lanes
)

var levelNames = [...]string{generic: "generic", avx2: "avx2", avx512: "avx512"}

func (l simdLevel) String() string { return levelNames[l] }

// level is what every kernel branches on. It is set once, here; only this package's tests change it.
var level = startLevel()

// Level names the level in use: generic, avx2 or avx512.
func Level() string { return level.String() }

// startLevel reads COVEY_KERNEL once. A level that this build or CPU lacks ends the program: a run
// that was asked for AVX-512 must not quietly become another run.
func startLevel() simdLevel {
	l, err := pickLevel(os.Getenv("COVEY_KERNEL"), bestLevel(), raceBuild)
	if err != nil {
		fmt.Fprintln(os.Stderr, "covey:", err)
		os.Exit(2)
	}
	return l
}

// pickLevel is the level asked for by name; the best one where there is no name, except that a race
// build, whose detector cannot see into assembly, defaults to generic.
func pickLevel(name string, best simdLevel, race bool) (simdLevel, error) {
	if name == "" {
		if race {
			return generic, nil
		}
		return best, nil
	}
	for l, n := range levelNames {
		if n != name {
			continue
		}
		if simdLevel(l) > best {
			return 0, fmt.Errorf("COVEY_KERNEL=%s: this build or CPU goes up to %s", name, best)
		}
		return simdLevel(l), nil
	}
	return 0, fmt.Errorf("COVEY_KERNEL=%s: want generic, avx2 or avx512", name)
}

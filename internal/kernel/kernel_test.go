package kernel

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// everyLevel runs a test at each assembly level that the CPU has; those it lacks are named in the log.
// COVEY_REQUIRE, a comma-separated list of levels, makes a lack a failure: TestRequiredLevels.
func everyLevel(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for l := avx2; l <= avx512; l++ {
		if l > bestLevel() {
			t.Logf("SKIPPED level %s: this build or CPU lacks it", l)
			continue
		}
		t.Run(l.String(), func(t *testing.T) {
			useLevel(t, l)
			test(t)
		})
	}
}

// useLevel sets the level until the test's end.
func useLevel(t testing.TB, l simdLevel) {
	before := level
	level = l
	t.Cleanup(func() { level = before })
}

func TestRequiredLevels(t *testing.T) {
	for name := range strings.SplitSeq(os.Getenv("COVEY_REQUIRE"), ",") {
		if name == "" {
			continue
		}
		if l := slices.Index(levelNames[:], name); l < 0 || simdLevel(l) > bestLevel() {
			t.Errorf("COVEY_REQUIRE names level %q, but this build or CPU goes up to %s", name, bestLevel())
		}
	}
}

func TestPickLevel(t *testing.T) {
	for _, c := range []struct {
		name string
		best simdLevel
		race bool
		want simdLevel
		err  string
	}{
		{"", avx512, false, avx512, ""},
		{"", generic, false, generic, ""},
		{"", avx512, true, generic, ""},
		{"avx2", avx512, true, avx2, ""},
		{"generic", avx512, false, generic, ""},
		{"avx512", avx512, false, avx512, ""},
		{"avx512", avx2, false, 0, "COVEY_KERNEL=avx512: this build or CPU goes up to avx2"},
		{"avx2", generic, false, 0, "COVEY_KERNEL=avx2: this build or CPU goes up to generic"},
		{"AVX2", avx512, false, 0, "COVEY_KERNEL=AVX2: want generic, avx2 or avx512"},
	} {
		l, err := pickLevel(c.name, c.best, c.race)
		if err != nil && err.Error() != c.err || err == nil && (c.err != "" || l != c.want) {
			t.Errorf("pickLevel(%q, %s, %t) = %s, %v; want %s, %q", c.name, c.best, c.race, l, err, c.want, c.err)
		}
	}
}

// TestUnknownLevelEndsTheProgram runs this test binary once more.
func TestUnknownLevelEndsTheProgram(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^$")
	cmd.Env = append(os.Environ(), "COVEY_KERNEL=mmx")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "COVEY_KERNEL=mmx") {
		t.Errorf("%v, %q; want exit code 2 and a message", err, out)
	}
}

// guard is what stands around every tested destination: a NaN that no operation makes.
const guard = 0x7fabcdef

// A guarded vector lies between guard values, at a chosen offset from them and so from whatever alignment the
// allocation has.
type guarded struct {
	before, x, after []float32
}

func newGuarded(n, offset int) guarded {
	const margin = 32 // two vectors
	all := make([]float32, margin+offset%16+n+margin)
	for i := range all {
		all[i] = math.Float32frombits(guard)
	}
	from := margin + offset%16
	return guarded{all[:from], all[from : from+n : from+n], all[from+n:]}
}

// newGuardedCopy is a guarded vector that holds x.
func newGuardedCopy(x []float32, offset int) guarded {
	g := newGuarded(len(x), offset)
	copy(g.x, x)
	return g
}

// check fails if a guard was overwritten.
func (g guarded) check(t *testing.T, what string) {
	t.Helper()
	for i, v := range g.before {
		if math.Float32bits(v) != guard {
			t.Fatalf("%s: wrote %d elements before its destination", what, len(g.before)-i)
		}
	}
	for i, v := range g.after {
		if math.Float32bits(v) != guard {
			t.Fatalf("%s: wrote %d elements past its destination", what, i)
		}
	}
}

// mustPanic fails unless f panics.
func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	f()
}

func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 0x6b65726e656c))
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32()*2 - 1
	}
	return x
}

// sameBits tells whether two results are equal; every NaN equals every other.
func sameBits(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// fma32 is x·y + z rounded once: the sum in float64, rounded to odd, then to float32.
func fma32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z) // the product is exact
	s := p + c
	if math.IsInf(s, 0) || s != s {
		return float32(s)
	}
	b := s - p
	rest := (p - (s - b)) + (c - b) // Knuth's two-sum: p + c = s + rest
	if rest != 0 && math.Float64bits(s)&1 == 0 {
		s = math.Nextafter(s, math.Copysign(math.Inf(1), rest))
	}
	return float32(s)
}

func TestFMA32(t *testing.T) {
	// 1 + 2^-24 + 2^-60 is above half a unit in the last place of 1; the float64 sum alone rounds to even.
	x, y := float32(1+0x1p-23), float32(0x1p-24)
	if got := fma32(x, y, 1); got != 1+0x1p-23 {
		t.Errorf("got %v", got)
	}
	if got := fma32(0x1p-30, 0x1p-30, -1); got != -1 {
		t.Errorf("got %v", got)
	}
	if got := fma32(0x1p-75, 0x1p-75, 0); got != 0 {
		t.Errorf("got %v", got)
	}
	if got := fma32(float32(math.Inf(1)), 0, 1); got == got {
		t.Errorf("got %v", got)
	}
}

// lengths are every short length, and the neighbours of a chunk's end.
func lengths() []int {
	var n []int
	for i := range 71 {
		n = append(n, i)
	}
	return append(n, 127, 128, 129, 191, 255, 257, chunk-1, chunk, chunk+1, 2*chunk+65)
}

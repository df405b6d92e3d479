package checkpoint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"covey/checkpoint"
	"covey/state"
)

// learner is a component with small state and a memory in chunks.
type learner struct {
	count  uint64
	weight []float32
	rng    []byte
	memory [][]float32 // chunks
	frames [][]byte    // [chunk]
	turn   []uint64    // versions of the chunks
}

func newLearner(chunks int) *learner {
	l := &learner{weight: make([]float32, 5), rng: []byte("0123456789"), turn: make([]uint64, chunks)}
	for range chunks {
		l.memory, l.frames = append(l.memory, make([]float32, 100)), append(l.frames, make([]byte, 33))
	}
	return l
}

// live changes everything small, and one chunk.
func (l *learner) live(x uint64) {
	l.count, l.rng = x, fmt.Appendf(nil, "%08d", x)
	for i := range l.weight {
		l.weight[i] = float32(x) + float32(i)/8
	}
	i := x % uint64(len(l.turn))
	l.turn[i]++
	for j := range l.memory[i] {
		l.memory[i][j] = float32(x) * float32(j)
	}
	for j := range l.frames[i] {
		l.frames[i][j] = byte(x) + byte(j)
	}
}

func (l *learner) State(w state.Walker) error {
	w.Uint64("count", &l.count)
	w.Floats("weight", l.weight)
	w.Bytes("rng", &l.rng)
	for i := range l.memory {
		err := state.Chunk(w.Sub("memory"), fmt.Sprint(i), l.turn[i], func(w state.Walker) error {
			w.Bytes("frames", &l.frames[i])
			w.Floats("rewards", l.memory[i])
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(l.rng) == 0 {
		return fmt.Errorf("no random stream")
	}
	return nil
}

// parts are a learner's and its run's.
func parts(l *learner) []checkpoint.Part {
	return []checkpoint.Part{{Name: "learner", State: l}, {Name: "run", State: state.Tree{{Name: "best", Kind: state.KindFloat64, Float64: float64(l.count)}}}}
}

// after is a learner that lived to the given time.
func after(x uint64) *learner {
	l := newLearner(3)
	for i := range x {
		l.live(i + 1)
	}
	return l
}

// save makes the checkpoint of step x.
func save(s *checkpoint.Store, l *learner, x uint64) error {
	m := manifest()
	m.Counters.EnvSteps = x
	return s.Save(m, saved(float32(x)), shapes, parts(l)...)
}

// mustLoad fails unless the newest checkpoint is whole and of step x, passing over as many as said.
func mustLoad(t *testing.T, dir string, x uint64, skipped int) []string {
	t.Helper()
	c, skips, err := checkpoint.NewestResumable(dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.Manifest.Counters.EnvSteps != x || len(skips) != skipped {
		t.Fatalf("found step %d, skipped %q; want step %d", c.Manifest.Counters.EnvSteps, skips, x)
	}
	l, want := newLearner(3), after(x)
	p := parts(l)
	if err := c.Load(p...); err != nil {
		t.Fatal(err)
	}
	for i, wanted := range parts(want) {
		if lines, err := state.Diff(wanted.State, p[i].State); err != nil || len(lines) > 0 {
			t.Fatalf("not what was saved: %v %v", lines, err)
		}
	}
	if lines, err := state.Diff(saved(float32(x)), c.Policy); err != nil || len(lines) > 0 {
		t.Fatalf("not the policy that was saved: %v %v", lines, err)
	}
	return skips
}

// names are those of a folder's entries.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestStoreKeepsTheNewest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := &checkpoint.Store{Dir: dir, Keep: 2, Protect: func(step uint64) bool { return step%4 == 0 }}
	l := newLearner(3)
	for x := uint64(1); x <= 7; x++ {
		l.live(x)
		if err := save(s, l, x); err != nil {
			t.Fatal(err)
		}
		if x%2 == 0 { // otherwise the next save waits
			if err := s.Wait(); err != nil {
				t.Fatal(err)
			}
			mustLoad(t, dir, x, 0)
		}
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 7, 0)
	if got, want := names(t, dir), []string{"step-000000000004", "step-000000000006", "step-000000000007"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	mustHold(t, filepath.Join(dir, "step-000000000004"), 4)
}

// TestUnchangedChunksAreLinked and those of another component are not, though their versions are the same.
func TestUnchangedChunksAreLinked(t *testing.T) {
	dir := t.TempDir()
	s := &checkpoint.Store{Dir: dir, Keep: 9}
	l := after(6)
	linked := func(a, b uint64) (count int) {
		for i := range 3 {
			name := filepath.Join("chunks", fmt.Sprintf("%06d.safetensors", i))
			x, err := os.Stat(filepath.Join(dir, fmt.Sprintf("step-%012d", a), name))
			if err != nil {
				t.Fatal(err)
			}
			y, err := os.Stat(filepath.Join(dir, fmt.Sprintf("step-%012d", b), name))
			if err != nil {
				t.Fatal(err)
			}
			if os.SameFile(x, y) {
				count++
			}
		}
		return count
	}
	for x := uint64(6); x <= 8; x++ {
		if x > 6 {
			l.live(x)
		}
		if err := save(s, l, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 8, 0)
	if linked(6, 7) != 2 || linked(7, 8) != 2 || linked(6, 8) != 1 {
		t.Errorf("%d, %d and %d chunks are links, want 2, 2 and 1", linked(6, 7), linked(7, 8), linked(6, 8))
	}
	other := after(9)
	for i := range other.turn {
		other.turn[i] = l.turn[i]
	}
	if err := save(s, other, 9); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 9, 0)
	if linked(8, 9) != 0 {
		t.Error("chunks of another component are links")
	}
}

// TestALostFileIsWrittenAnew where a chunk that could be linked is not there any more, or was cut.
func TestALostFileIsWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	s := &checkpoint.Store{Dir: dir, Keep: 2}
	l := after(6)
	if err := save(s, l, 6); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	chunks := filepath.Join(dir, "step-000000000006", "chunks")
	if err := os.Remove(filepath.Join(chunks, "000000.safetensors")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(chunks, "000002.safetensors"), 40); err != nil {
		t.Fatal(err)
	}
	l.live(7)
	if err := save(s, l, 7); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 7, 0)
}

// TestGivenUpFuture: after an earlier checkpoint was loaded, the later ones make room for the new ones, and
// one of the same step is replaced.
func TestGivenUpFuture(t *testing.T) {
	dir := t.TempDir()
	s := &checkpoint.Store{Dir: dir, Keep: 3}
	for _, x := range []uint64{2, 4, 6} {
		if err := save(s, after(x), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []uint64{4, 5} {
		if err := save(s, after(x), x); err != nil {
			t.Fatal(err)
		}
		if err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		mustLoad(t, dir, x, 0)
	}
	if got, want := names(t, dir), []string{"step-000000000002", "step-000000000004", "step-000000000005"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}

func TestAPolicyAloneCannotBeResumed(t *testing.T) {
	dir := t.TempDir()
	s := &checkpoint.Store{Dir: dir, Keep: 1}
	for x := uint64(2); x <= 3; x++ {
		if err := save(s, after(x), x); err != nil {
			t.Fatal(err)
		}
	}
	for x := uint64(4); x <= 5; x++ {
		m := manifest()
		m.Counters.EnvSteps = x
		if err := s.Save(m, saved(float32(x)), shapes); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, 3, 0)
	if got, want := names(t, dir), []string{"step-000000000003", "step-000000000005"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	c, _, err := checkpoint.Newest(dir)
	if err != nil || c.Manifest.Counters.EnvSteps != 5 || c.Manifest.Resumable {
		t.Fatalf("newest %+v, %v", c, err)
	}
	if err := c.Load(parts(newLearner(3))...); err == nil || !strings.Contains(err.Error(), "holds only a policy") {
		t.Errorf("error %v", err)
	}
}

// TestGivenUpCheckpointsGo: those of later steps than the one that a run goes on from, whatever step is saved next.
func TestGivenUpCheckpointsGo(t *testing.T) {
	for _, next := range []uint64{15, 30, 50} {
		dir := t.TempDir()
		s := &checkpoint.Store{Dir: dir, Keep: 2}
		for _, step := range []uint64{10, 20, 30, 40} {
			s.Protect = func(uint64) bool { return true }
			mustSave(t, s, step)
		}
		s = &checkpoint.Store{Dir: dir, Keep: 2}
		if err := s.GoOn(20); err != nil {
			t.Fatal(err)
		}
		mustSave(t, s, next)
		want := []uint64{next, 20}
		if next < 20 {
			want = []uint64{next, 10}
		}
		mustHoldSteps(t, dir, want)
		mustSave(t, s, 60) // by now one of step 30 is the run's own
		mustHoldSteps(t, dir, []uint64{60, next})
	}
}

func mustSave(t *testing.T, s *checkpoint.Store, step uint64) {
	t.Helper()
	if err := save(s, after(step), step); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
}

// mustHoldSteps fails unless the folder holds the checkpoints of these steps and no others.
func mustHoldSteps(t *testing.T, dir string, steps []uint64) {
	t.Helper()
	var want []string
	for _, s := range steps {
		want = append(want, fmt.Sprintf("step-%012d", s))
	}
	slices.Sort(want)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s holds %v, want %v", dir, names, want)
	}
}

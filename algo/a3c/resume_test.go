package a3c

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"covey/algo"
	"covey/env"
	"covey/env/supervise"
	"covey/internal/corridor"
	"covey/rollout"
	"covey/state"
)

// saved runs l for updates updates in all, and returns its state at each boundary.
func saved(t *testing.T, l *Learner, updates uint64) (trees []state.Tree) {
	t.Helper()
	err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
		tree, err := state.Save(l)
		trees = append(trees, tree)
		return algo.Decision{Stop: p.Updates >= updates}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return trees
}

// TestNoiseResumes: noise that remembers is part of what goes on.
func TestNoiseResumes(t *testing.T) {
	cfg := awkward(Ordered, 2, 3)
	cfg.NoiseMemory = 0.9
	learner := func(seed uint64) *Learner { return newLearner(t, cfg, seed, corridors(cfg.Envs, true, nil)) }
	whole := learner(11)
	for _, tree := range saved(t, whole, 9)[:8] {
		l := learner(99)
		if err := state.Load(l, tree); err != nil {
			t.Fatal(err)
		}
		if err := l.Run(context.Background(), until(9)); err != nil {
			t.Fatal(err)
		}
		same(t, whole, l)
	}
	white := cfg
	white.NoiseMemory = 0
	l := newLearner(t, white, 11, corridors(cfg.Envs, true, nil))
	if err := l.Run(context.Background(), until(9)); err != nil {
		t.Fatal(err)
	}
	if hash(t, l.Policy()) == hash(t, whole.Policy()) {
		t.Error("with white noise, the run is the same")
	}
}

// resumed is a learner of another seed that was loaded from tree and went on.
func resumed(t *testing.T, cfg Config, tree state.Tree, updates uint64) *Learner {
	t.Helper()
	l := newLearner(t, cfg, 99, corridors(cfg.Envs, false, nil))
	if err := state.Load(l, tree); err != nil {
		t.Fatal(err)
	}
	if diff, err := state.Diff(tree, l); err != nil || len(diff) > 0 {
		t.Fatalf("loaded is not what was saved: %v %v", diff, err)
	}
	if err := l.Run(context.Background(), until(updates)); err != nil {
		t.Fatal(err)
	}
	return l
}

// stride is between the boundaries that are looked at: each of them, but under the race detector.
func stride() int {
	if testing.Short() {
		return 5
	}
	return 1
}

func same(t *testing.T, a, b state.Stateful) {
	t.Helper()
	if diff, err := state.Diff(a, b); err != nil || len(diff) > 0 {
		t.Errorf("%d parts differ: %v ... %v", len(diff), diff[:min(len(diff), 3)], err)
	}
}

// awkward is a configuration in which much is carried over from one segment to the next.
func awkward(update string, workers, envs int) Config {
	cfg := small()
	cfg.Update, cfg.Workers, cfg.Envs, cfg.SegmentLength = update, workers, envs, 5
	cfg.Network.Hidden = []int{9, 5}
	cfg.NormalizeObservations, cfg.NormalizeRewards, cfg.EntropyWeight = true, true, 0.01
	return cfg
}

// TestResumesWithTheSameBits: saved at any boundary and loaded into a fresh learner, a run goes on as if nothing
// had been between, on any number of processors; and saving it changed nothing.
func TestResumesWithTheSameBits(t *testing.T) {
	const updates = 17
	for _, update := range []string{Ordered, Sync, Async} {
		for _, workers := range []int{1, 2, 4} {
			for _, envs := range []int{1, 3} {
				for _, extent := range []rollout.Extent{rollout.Fixed, rollout.UntilEnd, rollout.WholeEpisode} {
					if extent != rollout.Fixed && envs != 1 || update == Async && workers > 1 {
						continue
					}
					t.Run(fmt.Sprintf("%s/W=%d/B=%d/%s", update, workers, envs, extent), func(t *testing.T) {
						cfg := awkward(update, workers, envs)
						cfg.Segment = extent
						undisturbed := trained(t, cfg, 11, updates)
						whole := newLearner(t, cfg, 11, corridors(cfg.Envs, false, nil))
						trees := saved(t, whole, updates)
						same(t, undisturbed, whole)
						same(t, trees[updates-1], whole) // after Run, it is the state of the last boundary
						for k := 0; k < updates-1; k += stride() {
							same(t, whole, resumed(t, cfg, trees[k], updates))
						}
						fresh, err := state.Save(newLearner(t, cfg, 11, corridors(cfg.Envs, false, nil)))
						if err != nil {
							t.Fatal(err)
						}
						same(t, whole, resumed(t, cfg, fresh, updates)) // before the first boundary
					})
				}
			}
		}
	}
}

// TestMemoriesResume: older frames and recurrent states are part of what goes on.
func TestMemoriesResume(t *testing.T) {
	cfg := awkward(Ordered, 2, 3)
	cfg.Network.LSTM = 4
	learner := func(seed uint64) *Learner {
		return newLearner(t, cfg, seed, func(worker int) (env.Vector, error) {
			v, err := corridors(cfg.Envs, false, nil)(worker)
			return env.StackVector(v, 3), err
		})
	}
	whole := learner(11)
	for _, tree := range saved(t, whole, 9)[:8] {
		l := learner(99)
		if err := state.Load(l, tree); err != nil {
			t.Fatal(err)
		}
		if err := l.Run(context.Background(), until(9)); err != nil {
			t.Fatal(err)
		}
		same(t, whole, l)
	}
}

// TestResumesAgainAndAgain: a run that is interrupted at every few boundaries, each time in the midst of other
// workers' segments, ends as if it had not been.
func TestResumesAgainAndAgain(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	cfg := awkward(Ordered, 4, 2)
	whole := trained(t, cfg, 5, 60)
	l := newLearner(t, cfg, 5, corridors(cfg.Envs, false, nil))
	for at := uint64(1); ; at += at%5 + 1 {
		runtime.GOMAXPROCS(1 + int(at)%4)
		if err := l.Run(context.Background(), until(min(at, 60))); err != nil {
			t.Fatal(err)
		}
		if at >= 60 {
			break
		}
		tree, err := state.Save(l)
		if err != nil {
			t.Fatal(err)
		}
		l = newLearner(t, cfg, 99, corridors(cfg.Envs, false, nil))
		if err := state.Load(l, tree); err != nil {
			t.Fatal(err)
		}
	}
	same(t, whole, l)
}

// TestResumesAfterAnInterruption: the state after the end of the context, or after an error of the boundary, is
// that of some boundary too.
func TestResumesAfterAnInterruption(t *testing.T) {
	broken := errors.New("boundary broke")
	for _, update := range []string{Ordered, Sync} {
		for _, breaks := range []bool{false, true} {
			cfg := awkward(update, 3, 2)
			whole := trained(t, cfg, 5, 40)
			for at := uint64(1); at < 12; at += uint64(stride()) {
				ctx, cancel := context.WithCancel(context.Background())
				l := newLearner(t, cfg, 5, corridors(cfg.Envs, false, nil))
				err := l.Run(ctx, func(p algo.Progress) (algo.Decision, error) {
					if p.Updates == at && breaks {
						return algo.Decision{}, broken
					}
					if p.Updates == at {
						cancel()
					}
					return algo.Decision{}, nil
				})
				if !errors.Is(err, broken) && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				cancel()
				tree, err := state.Save(l)
				if err != nil {
					t.Fatal(err)
				}
				same(t, whole, resumed(t, cfg, tree, 40))
			}
		}
	}
}

// TestAsyncResumes: what was saved of an asynchronous run is a state that it had, and it goes on from there.
func TestAsyncResumes(t *testing.T) {
	for _, workers := range []int{2, 4} {
		cfg := awkward(Async, workers, 2)
		trees := saved(t, newLearner(t, cfg, 3, corridors(cfg.Envs, false, nil)), 30)
		for i, tree := range trees {
			if l := resumed(t, cfg, tree, 31); l.global.updates < uint64(i) || l.global.faults != 0 {
				t.Errorf("%d updates and %d faults after going on from %d", l.global.updates, l.global.faults, i+1)
			}
		}
	}
}

// TestEpisodesThatCannotBeSaved begin anew, and the learner says so.
func TestEpisodesThatCannotBeSaved(t *testing.T) {
	cfg := awkward(Ordered, 2, 2)
	bridged := func(worker int) (env.Vector, error) {
		v, err := corridors(cfg.Envs, false, nil)(worker)
		return &corridor.Restarting{Vector: v}, err
	}
	l := newLearner(t, cfg, 1, bridged)
	tree := saved(t, l, 9)[8]
	for i := range tree {
		if strings.Contains(tree[i].Name, "environments") || strings.Contains(tree[i].Name, "stream") {
			t.Errorf("%s was saved", tree[i].Name)
		}
	}
	again := newLearner(t, cfg, 2, bridged)
	if err := state.Load(again, tree); err != nil {
		t.Fatal(err)
	}
	var last algo.Progress
	if err := again.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
		last = p
		return algo.Decision{Stop: p.Updates >= 20}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if last.Updates != 20 || last.Faults != 2 {
		t.Errorf("%d updates and %d faults, want 20 and one for each worker", last.Updates, last.Faults)
	}
}

// TestFailuresChangeNothing: workers whose environments panic are supervised, and give the bits of a run without
// failures, also where their recordings are taken between two of supervision's own.
func TestFailuresChangeNothing(t *testing.T) {
	cfg := awkward(Ordered, 2, 2)
	supervised := func(panicAt int) func(int) (env.Vector, error) {
		return func(worker int) (env.Vector, error) {
			made := 0
			return supervise.Vector(func() (env.Vector, error) {
				made++
				return corridor.Batch(cfg.Envs, false, func(i int, w *corridor.World) {
					if i == worker && made < 4 {
						w.PanicAt = made * panicAt
					}
				})
			}, supervise.Options{Budget: 3})
		}
	}
	run := func(vector func(int) (env.Vector, error)) *Learner {
		l := newLearner(t, cfg, 3, vector)
		if err := l.Run(context.Background(), until(300)); err != nil {
			t.Fatal(err)
		}
		return l
	}
	want := run(supervised(0)).global
	for _, at := range []int{1, 100, 300} {
		same(t, want, run(supervised(at)).global)
	}
}

// TestLostSegments: a worker whose environments lost their episodes takes its turn with nothing, and goes on; each loss
// is counted, and in sync the others' gradients make the update.
func TestLostSegments(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		for _, workers := range []int{1, 3} {
			cfg := awkward(update, workers, 2)
			l := newLearner(t, cfg, 1, func(worker int) (env.Vector, error) {
				v, err := corridors(cfg.Envs, false, nil)(worker)
				if worker == 0 {
					return &corridor.Restarting{Vector: v, Every: 7}, err // segments take 5 calls
				}
				return v, err
			})
			var last algo.Progress
			ended := uint64(0)
			err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
				if last = p; p.Updates != l.global.updates || l.global.policy.Moments.Return.Count != float64(p.Steps) {
					t.Fatalf("%d steps, of which the normaliser saw %v", p.Steps, l.global.policy.Moments.Return.Count)
				}
				ended += uint64(len(p.Finished))
				return algo.Decision{Stop: p.Updates >= 400 && p.Faults >= 10}, nil // in async, worker 0 may come late
			})
			if err != nil {
				t.Fatal(err)
			}
			if last.Episodes != ended {
				t.Errorf("%s, %d workers: %+v", update, workers, last)
			}
			perUpdate := uint64(10)
			if update == Sync {
				perUpdate *= uint64(workers)
			}
			switch most := perUpdate * last.Updates; {
			case update != Sync || workers == 1:
				if last.Steps != most {
					t.Errorf("%s, %d workers: %d steps in %d updates, want %d", update, workers, last.Steps, last.Updates, most)
				}
			case last.Steps != most-10*last.Faults:
				t.Errorf("sync: %d steps in %d updates with %d faults", last.Steps, last.Updates, last.Faults)
			}
		}
	}
}

// TestSyncWithoutAnyGradient makes no update.
func TestSyncWithoutAnyGradient(t *testing.T) {
	cfg := small()
	cfg.Update = Sync
	l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil))
	round := masters(l.global)[0].(*syncHandle).master
	for i := range round.gradients {
		round.gradients[i] = &Gradient{Worker: i, Skip: true, Lost: 1}
	}
	if err := round.update(); err != nil || l.global.updates != 0 || l.global.faults != 2 {
		t.Errorf("%d updates and %d faults (%v)", l.global.updates, l.global.faults, err)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	cfg := awkward(Ordered, 2, 1)
	trees := saved(t, newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil)), 3)
	for want, alter := range map[string]func(map[string]*state.Entry){
		"worker 1 has parameters: true, before turn 1 of 2":         func(e map[string]*state.Entry) { e["turn"].Uint64 = 1 },
		"worker 1: parameters of version 9, after 3 updates":        func(e map[string]*state.Entry) { e["worker.1/version"].Uint64 = 9 },
		"worker 0: pulled is 2, neither 0 nor 1":                    func(e map[string]*state.Entry) { e["worker.0/pulled"].Uint64 = 2 },
		"worker 0: length is 9223372036854775808, more than can be": func(e map[string]*state.Entry) { e["worker.0/world/stream.0/length"].Uint64 = 1 << 63 },
	} {
		entries, tree := map[string]*state.Entry{}, append(state.Tree(nil), trees[2]...)
		for i := range tree {
			entries[tree[i].Name] = &tree[i]
		}
		alter(entries)
		if err := state.Load(newLearner(t, cfg, 1, corridors(cfg.Envs, false, nil)), tree); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestPanicsAreErrors: of an environment in the worker's turn, of the boundary at once.
func TestPanicsAreErrors(t *testing.T) {
	for _, update := range []string{Ordered, Async, Sync} {
		for _, inBoundary := range []bool{false, true} {
			cfg := small()
			cfg.Workers, cfg.Update = 3, update
			l := newLearner(t, cfg, 1, corridors(cfg.Envs, false, func(worker int, w *corridor.World) {
				if worker == 1 && !inBoundary {
					w.PanicAt, w.FailAt = 100, 101 // who went on would not see the panic
				}
			}))
			err := l.Run(context.Background(), func(p algo.Progress) (algo.Decision, error) {
				if inBoundary && p.Updates == 10 {
					panic("boundary fell over")
				}
				return algo.Decision{Stop: p.Updates > 100_000}, nil
			})
			p, ok := errors.AsType[*algo.Panic](err)
			if want := map[bool]any{false: corridor.ErrCaveIn, true: "boundary fell over"}[inBoundary]; !ok || p.Value != want || len(p.Stack) == 0 {
				t.Errorf("%s: error %v", update, err)
			}
		}
	}
}

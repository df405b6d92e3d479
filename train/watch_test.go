package train

import (
	"context"
	"errors"
	"slices"
	"testing"

	"covey/env"
)

// TestWatchShowsEachStep: the first observation and each one after it, of the episodes that an evaluation plays.
func TestWatchShowsEachStep(t *testing.T) {
	ctx, p := context.Background(), newPolicy(t, 1)
	want, err := NewEvaluator(newLane).Evaluate(ctx, p, 12, 9, false)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	e := NewEvaluator(newLane)
	got, err := e.Watch(ctx, p, 12, 9, false, func(x env.Environment) error {
		if _, ok := x.(*lane); !ok {
			t.Errorf("a %T is shown", x)
		}
		shown++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Returns, want.Returns) || got.MeanLength != want.MeanLength {
		t.Errorf("watched returns %v, evaluated %v", got.Returns, want.Returns)
	}
	if steps := int(want.MeanLength*12 + 0.5); shown != steps+12 {
		t.Errorf("shown %d times, want %d steps and 12 resets", shown, steps)
	}
	if len(e.players) != 1 || len(e.players[0].games) != 1 {
		t.Error("more than one environment was made")
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWatchSamplesBySeed(t *testing.T) {
	watch := func(seed uint64) []float64 {
		e := NewEvaluator(newLane)
		got, err := e.Watch(context.Background(), newPolicy(t, 1), 30, seed, true, func(env.Environment) error { return nil })
		if err != nil || got.Mode != Sampled {
			t.Fatalf("%+v, error %v", got, err)
		}
		return got.Returns
	}
	if first := watch(3); !slices.Equal(first, watch(3)) || slices.Equal(first, watch(4)) {
		t.Error("the seed does not decide")
	}
}

func TestWatchEndsWithItsWatcher(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	_, err := NewEvaluator(newLane).Watch(context.Background(), newPolicy(t, 1), 3, 1, false, func(env.Environment) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = NewEvaluator(newLane).Watch(ctx, newPolicy(t, 1), 3, 1, false, func(env.Environment) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

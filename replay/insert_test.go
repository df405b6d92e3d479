package replay

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/state"
)

// TestInsertedIsAdded: steps inserted one by one give the buffer that Add makes of the same life, also where the
// ring comes round.
func TestInsertedIsAdded(t *testing.T) {
	for _, bytes := range []bool{false, true} {
		const steps = 100
		r := newRecorder(2, 60, bytes, 3)
		for range steps {
			r.live()
		}
		b := New(specOf(space(bytes), 1), 2, 60)
		for i, l := range r.lives {
			start := true
			for _, x := range l.steps {
				s := NewStep(space(bytes), 1)
				put(s.Observation, x.obs)
				put(s.Next, x.next)
				s.Start, s.Action[0], s.Outcome = start, x.action, x.outcome
				b.Insert(i, s)
				start = x.outcome.Terminated || x.outcome.Truncated
			}
			if start { // Add has shown what comes after the episode's end
				v := env.MakeValues(space(bytes), 2)
				put(v, l.current)
				b.push(i, v)
			}
		}
		want, err := state.Hash(r.buffer)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := state.Hash(b); err != nil || got != want {
			t.Errorf("bytes %v: the buffers differ (%v)", bytes, err)
		}
	}
}

// put writes the observation that recorder.show makes of a number.
func put(v env.Values, number float32) {
	if v.U != nil {
		v.U[0], v.U[1] = uint8(number), uint8(int(number)>>8)
	} else {
		v.F[0], v.F[1] = number, -number
	}
}

// TestBeginAfterInsert: an episode that begins after inserted steps follows none of them.
func TestBeginAfterInsert(t *testing.T) {
	b := New(specOf(space(false), 1), 1, 10)
	s := NewStep(space(false), 1)
	put(s.Observation, 1)
	put(s.Next, 2)
	s.Start = true
	b.Insert(0, s)
	fresh := env.Values{F: []float32{3, -3}}
	b.Begin(fresh)
	b.Add([]float32{0}, []env.Outcome{{Reward: 1}}, env.Values{F: []float32{4, -4}}, env.Values{F: []float32{0, 0}})
	batch := NewBatch(specOf(space(false), 1), 20)
	b.Sample(batch, Sum{Steps: 2, Gamma: 1}, rand.New(rand.NewPCG(1, 1)))
	for i := range batch.Rewards {
		pair := []float32{batch.Observations.F[2*i], batch.Next.F[2*i]}
		if !slices.Equal(pair, []float32{1, 2}) && !slices.Equal(pair, []float32{3, 4}) {
			t.Fatalf("a row goes from %v to %v", pair[0], pair[1])
		}
	}
	if b.Len() != 2 {
		t.Errorf("%d transitions, want 2", b.Len())
	}
}

func TestInsertOfWrongShapesPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(specOf(space(false), 1), 1, 10).Insert(0, NewStep(space(false), 2))
}

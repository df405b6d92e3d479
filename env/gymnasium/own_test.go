package gymnasium

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
)

// TestOwnVectors are those that packages bring: CartPole's, which Gymnasium restarts a step late, equals single
// CartPoles; Atari's ends episodes with their last frame.
func TestOwnVectors(t *testing.T) {
	o := options(t, "CartPole-v1", nil)
	plain := newWorld(t, o, 6, 1)
	o.Vector = true
	own := newWorld(t, o, 6, 2)
	if err := errors.Join(plain.reset(1), own.reset(1)); err != nil {
		t.Fatal(err)
	}
	ended := 0
	rng := rand.New(rand.NewPCG(1, 2))
	for step := range 200 {
		for i := range own.actions {
			own.actions[i] = float32(rng.IntN(2))
		}
		copy(plain.actions, own.actions)
		if err := errors.Join(plain.step(), own.step()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(plain.out, own.out) {
			t.Fatalf("step %d: %+v, alone %+v", step, own.out, plain.out)
		}
		for i, o := range own.out {
			if o.Terminated {
				ended++
				mustBeNear(t, own.final.F[4*i:4*i+4], plain.final.F[4*i:4*i+4], 1e-6)
			}
		}
		mustBeNear(t, own.obs.F, plain.obs.F, 1e-6)
	}
	if ended < 20 {
		t.Errorf("only %d episodes ended", ended)
	}
}

// TestOwnVectorAlone ends its episodes with their last observation, as any environment.
func TestOwnVectorAlone(t *testing.T) {
	o := options(t, "CartPole-v1", nil)
	var obs [2]env.Values
	var steps [2]int
	for i := range obs {
		o.Vector = i == 1
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		s := newSingle(e, 5)
		if err := e.Reset(5, s.obs); err != nil {
			t.Fatal(err)
		}
		for ; !s.out.Terminated && steps[i] < 500; steps[i]++ {
			if s.out, err = e.Step([]float32{1}, s.obs); err != nil {
				t.Fatal(err)
			}
		}
		obs[i] = s.obs
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if steps[0] != steps[1] {
		t.Errorf("the episode takes %v steps", steps)
	}
	mustBeNear(t, obs[1].F, obs[0].F, 1e-6)
}

// TestOwnVectorWithOneSeed for all rows, as Gymnasium's interface has it: the first row's.
func TestOwnVectorWithOneSeed(t *testing.T) {
	o := options(t, "made:Made/Echo-v0", nil)
	o.Vector = true
	w := newWorld(t, o, 3, 1)
	var shown [3][]float32
	for i, seed := range []uint64{1, 1, 2} {
		if err := w.reset(seed); err != nil {
			t.Fatal(err)
		}
		shown[i] = slices.Clone(w.obs.F)
	}
	if !slices.Equal(shown[0], shown[1]) || slices.Equal(shown[0], shown[2]) {
		t.Errorf("seeds 1, 1 and 2 begin with %v", shown)
	}
}

// TestOwnVectorTakesTheSameActions as single environments: whole numbers are rounded, and all are cut to the bounds.
func TestOwnVectorTakesTheSameActions(t *testing.T) {
	for _, c := range []struct {
		id            string
		actions, want []float32
	}{
		{"made:Made/Echo-v0", []float32{1.9, -0.6, 2.9, -1.7, 5, -5}, []float32{2, -1, 3, -2, 3, -2}},
		{"made:Made/EchoFloats-v0", []float32{0.05, -0.1, 0.1, -0.2, 0.3, -0.3}, []float32{0.05, -0.1, 0.1, -0.2, 0.1, -0.2}},
	} {
		for _, own := range []bool{false, true} {
			o := options(t, c.id, nil)
			o.Vector = own
			w := newWorld(t, o, 3, 1)
			copy(w.actions, c.actions)
			if err := errors.Join(w.reset(1), w.step()); err != nil {
				t.Fatalf("%s, own vector %v: %v", c.id, own, err)
			}
			if !slices.Equal(w.obs.F, c.want) {
				t.Errorf("%s, own vector %v: %v are taken as %v, want %v", c.id, own, c.actions, w.obs.F, c.want)
			}
		}
	}
}

// TestAtariRepeatsItself though only the first of its episodes is seeded.
func TestAtariRepeatsItself(t *testing.T) {
	o := options(t, "ALE/Pong-v5", map[string]any{"obs_type": "ram", "max_num_frames_per_episode": 120})
	var runs [2][]uint8
	for i := range runs {
		w := newWorld(t, o, 2, 1)
		if err := w.reset(4); err != nil {
			t.Fatal(err)
		}
		ended := false
		for step := range 150 {
			w.actions[0], w.actions[1] = float32(step%6), float32(step%5)
			if err := w.step(); err != nil {
				t.Fatal(err)
			}
			ended = ended || w.out[1].Truncated
			runs[i] = append(runs[i], w.obs.U...)
		}
		if !ended {
			t.Error("no episode ended")
		}
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Error("the same seeds give other games the second time")
	}
}

func TestAtariVector(t *testing.T) {
	o := options(t, "ALE/Breakout-v5", map[string]any{"stack_num": 1, "num_threads": 1, "noop_max": 5})
	o.Vector = true
	w := newWorld(t, o, 3, 2)
	if s := w.Spec().Observation; !slices.Equal(s.Shape, []int{1, 84, 84}) || !s.Bytes {
		t.Fatalf("%+v", s)
	}
	if err := w.reset(1); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		for i := range w.actions {
			w.actions[i] = float32(rng.IntN(4))
		}
		clear(w.final.U)
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
		for i, o := range w.out {
			if o.Terminated {
				obs, final := w.obs.U[i*w.frame:(i+1)*w.frame], w.final.U[i*w.frame:(i+1)*w.frame]
				if slices.Max(final) == 0 || slices.Equal(obs, final) {
					t.Error("the last frame is missing, or is the next episode's first")
				}
				return
			}
		}
	}
	t.Error("no episode ended")
}

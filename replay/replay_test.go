package replay

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/state"
)

// life is the model: everything that a stream lived through, kept in order and for ever.
type life struct {
	steps   []step
	current float32 // the latest observation's number
}

type step struct {
	obs, action, reward, next float32
	outcome                   env.Outcome
	cut                       bool // Begin stopped the episode here
}

// recorder lives at random in a few streams and tells both a Buffer and the model. An observation is a
// number that was never seen before, and its negative.
type recorder struct {
	buffer   *Buffer
	lives    []life
	rng      *rand.Rand
	number   float32
	bytes    bool
	ending   float64 // probability that a step ends its episode
	obs, end env.Values
}

func space(bytes bool) env.Space {
	s := env.NewBox([]float32{0, 0}, []float32{255, 255})
	s.Bytes = bytes
	return s
}

// specOf is the spec of environments that show x and take so many numbers.
func specOf(x env.Space, action int) env.Spec {
	low, high := make([]float32, action), make([]float32, action)
	return env.Spec{Observation: x, Action: env.NewBox(low, high)}
}

func newRecorder(streams, capacity int, bytes bool, seed uint64) *recorder {
	r := &recorder{buffer: New(specOf(space(bytes), 1), streams, capacity), lives: make([]life, streams), bytes: bytes,
		rng: rand.New(rand.NewPCG(seed, 1)), ending: 0.2,
		obs: env.MakeValues(space(bytes), 2*streams), end: env.MakeValues(space(bytes), 2*streams)}
	r.begin()
	return r
}

// show makes a fresh observation row i of v.
func (r *recorder) show(v env.Values, i int) float32 {
	r.number++
	if r.bytes {
		v.U[2*i], v.U[2*i+1] = uint8(r.number), uint8(int(r.number)>>8)
	} else {
		v.F[2*i], v.F[2*i+1] = r.number, -r.number
	}
	return r.number
}

func (r *recorder) begin() {
	for i := range r.lives {
		l := &r.lives[i]
		if n := len(l.steps); n > 0 {
			l.steps[n-1].cut = true
		}
		l.current = r.show(r.obs, i)
	}
	r.buffer.Begin(r.obs)
}

func (r *recorder) live() {
	actions, outcomes := make([]float32, len(r.lives)), make([]env.Outcome, len(r.lives))
	for i := range r.lives {
		l, o := &r.lives[i], &outcomes[i]
		actions[i] = -l.current
		o.Reward = float32(r.rng.NormFloat64())
		if r.rng.Float64() < r.ending {
			o.Terminated = r.rng.Float64() < 0.5
			o.Truncated = !o.Terminated || r.rng.Float64() < 0.2
		}
		s := step{obs: l.current, action: -l.current, reward: o.Reward, outcome: *o}
		if o.Terminated || o.Truncated {
			s.next = r.show(r.end, i)
			l.current = r.show(r.obs, i)
		} else {
			l.current = r.show(r.obs, i)
			s.next = l.current
		}
		l.steps = append(l.steps, s)
	}
	r.buffer.Add(actions, outcomes, r.obs, r.end)
}

// unrolled is what a row from the model's step t on must hold, as the definition says.
func (l *life) unrolled(t int, sum Sum) (next float32, reward, discount float64) {
	gamma := float64(sum.Gamma)
	for k := 0; ; k++ {
		s := l.steps[t+k]
		r := float64(s.reward)
		if clip := float64(sum.Clip); clip > 0 && math.Abs(r) > clip {
			r = math.Copysign(clip, r)
		}
		reward += math.Pow(gamma, float64(k)) * r
		switch {
		case s.outcome.Terminated:
			return s.next, reward, 0
		case s.outcome.Truncated, s.cut, k == sum.Steps-1, t+k == len(l.steps)-1:
			return s.next, reward, math.Pow(gamma, float64(k+1))
		}
	}
}

func number(v env.Values, i int) float32 {
	if v.U != nil {
		return float32(v.U[2*i]) + 256*float32(v.U[2*i+1])
	}
	if v.F[2*i+1] != -v.F[2*i] {
		return float32(math.NaN())
	}
	return v.F[2*i]
}

// TestSamplesAreTransitions holds every sampled row against the model, while the rings fill and turn over,
// with one and with several steps a row, and rewards cut.
func TestSamplesAreTransitions(t *testing.T) {
	const rows = 64
	for _, streams := range []int{1, 3} {
		for _, bytes := range []bool{false, true} {
			for _, sum := range []Sum{{Steps: 1, Gamma: 0.9}, {Steps: 4, Gamma: 0.9}, {Steps: 4, Gamma: 0.9, Clip: 0.5}} {
				t.Run(fmt.Sprintf("streams=%d/bytes=%v/n=%d/clip=%v", streams, bytes, sum.Steps, sum.Clip), func(t *testing.T) {
					r := newRecorder(streams, 40, bytes, 7)
					batch := NewBatch(specOf(space(bytes), 1), rows)
					for turn := range 300 {
						r.live()
						if turn%97 == 96 {
							r.begin()
						}
						r.buffer.Sample(batch, sum, r.rng)
						for i := range rows {
							checkRow(t, r, batch, i, sum)
						}
					}
				})
			}
		}
	}
}

func checkRow(t *testing.T, r *recorder, batch *Batch, i int, sum Sum) {
	t.Helper()
	obs := number(batch.Observations, i)
	for stream := range r.lives {
		l := &r.lives[stream]
		at := slices.IndexFunc(l.steps, func(s step) bool { return s.obs == obs })
		if at < 0 {
			continue
		}
		if s := l.steps[at]; batch.Actions[i] != s.action {
			t.Fatalf("row %d: action %v in observation %v, was %v", i, batch.Actions[i], obs, s.action)
		}
		next, reward, discount := l.unrolled(at, sum)
		if number(batch.Next, i) != next || math.Abs(float64(batch.Rewards[i])-reward) > 1e-5 || math.Abs(float64(batch.Discounts[i])-discount) > 1e-6 {
			t.Fatalf("row %d from observation %v: reward %v, discount %v, next %v; want %v, %v, %v",
				i, obs, batch.Rewards[i], batch.Discounts[i], number(batch.Next, i), reward, discount, next)
		}
		return
	}
	t.Fatalf("row %d: nobody acted in observation %v", i, obs)
}

// TestSamplesAreUniform: each transition held is drawn equally often, though the streams hold different
// numbers of them, and nothing else is.
func TestSamplesAreUniform(t *testing.T) {
	for _, steps := range []int{9, 200} { // before the rings are full, and after
		r := newRecorder(3, 60, false, 5)
		for range steps {
			r.live()
		}
		held := map[float32]int{} // observation → times drawn
		for i := range r.lives {
			for slot, flags := range r.buffer.flags[i*r.buffer.slots : (i+1)*r.buffer.slots] {
				if flags&acted != 0 {
					held[r.buffer.observations.F[2*(i*r.buffer.slots+slot)]] = 0
				}
			}
		}
		if len(held) != r.buffer.Len() {
			t.Fatalf("after %d steps: Len is %d, %d transitions are held", steps, r.buffer.Len(), len(held))
		}
		const draws = 100_000
		batch := NewBatch(specOf(space(false), 1), draws)
		r.buffer.Sample(batch, Sum{Steps: 1, Gamma: 1}, r.rng)
		for i := range draws {
			held[number(batch.Observations, i)]++
		}
		want := float64(draws) / float64(r.buffer.Len())
		for obs, times := range held {
			if math.Abs(float64(times)-want) > 5*math.Sqrt(want) {
				t.Errorf("after %d steps: transition from %v drawn %d times, want about %.0f", steps, obs, times, want)
			}
		}
		if len(held) != r.buffer.Len() {
			t.Errorf("after %d steps: %d different transitions drawn, %d are held", steps, len(held), r.buffer.Len())
		}
	}
}

// TestCapacity: without ends, exactly the latest transitions are held; an end takes the place of one.
func TestCapacity(t *testing.T) {
	r := newRecorder(2, 40, false, 3)
	r.ending = 0
	for n := range 100 {
		r.live()
		if want := min(2*(n+1), 40); r.buffer.Len() != want {
			t.Fatalf("%d transitions held after %d steps of 2 streams, want %d", r.buffer.Len(), n+1, want)
		}
	}
	batch := NewBatch(specOf(space(false), 1), 2000)
	r.buffer.Sample(batch, Sum{Steps: 1, Gamma: 1}, r.rng)
	oldest := r.number - 2*20 - 1
	if got := slices.Min(batch.Actions); -slices.Max(batch.Actions) != oldest || -got != r.number-2 {
		t.Errorf("drawn from observations %v to %v, want %v to %v", -slices.Max(batch.Actions), -got, oldest, r.number-2)
	}
	r.ending = 1
	for range 60 {
		r.live()
	}
	if r.buffer.Len() != 20 {
		t.Errorf("%d transitions held of episodes of one step, want 20", r.buffer.Len())
	}
}

// TestStateContinues: a buffer that was saved and loaded goes on like the one it was saved from.
func TestStateContinues(t *testing.T) {
	for _, bytes := range []bool{false, true} {
		r := newRecorder(2, 30, bytes, 9)
		r.buffer.chunk = 7 // slots, of 16
		for range 50 {
			r.live()
		}
		tree, err := state.Save(r.buffer)
		if err != nil {
			t.Fatal(err)
		}
		loaded := New(specOf(space(bytes), 1), 2, 30)
		loaded.chunk = r.buffer.chunk
		if err := state.Load(loaded, tree); err != nil {
			t.Fatal(err)
		}
		original := r.buffer
		for range 40 {
			r.live()
			actions, outcomes := make([]float32, 2), make([]env.Outcome, 2)
			for i := range r.lives {
				s := r.lives[i].steps[len(r.lives[i].steps)-1]
				actions[i], outcomes[i] = s.action, s.outcome
			}
			loaded.Add(actions, outcomes, r.obs, r.end)
		}
		if diff, err := state.Diff(original, loaded); err != nil || len(diff) > 0 {
			t.Errorf("bytes=%v: %v %v", bytes, diff, err)
		}
		if loaded.Len() != original.Len() {
			t.Errorf("bytes=%v: %d transitions after loading, want %d", bytes, loaded.Len(), original.Len())
		}
	}
}

func TestImpossibleStateIsRefused(t *testing.T) {
	r := newRecorder(1, 10, false, 1)
	r.live()
	for name, alter := range map[string]func(*state.Entry){
		"stream.0/written":       func(e *state.Entry) { e.Uint64 = 1 },
		"stream.0/chunk.0/flags": func(e *state.Entry) { e.Bytes[8] = acted },
	} {
		tree, err := state.Save(r.buffer)
		if err != nil {
			t.Fatal(err)
		}
		altered := false
		for i := range tree {
			if tree[i].Name == name {
				altered = true
				alter(&tree[i])
			}
		}
		if err := state.Load(New(specOf(space(false), 1), 1, 10), tree); err == nil || !altered {
			t.Errorf("a wrong %s was loaded", name)
		}
	}
}

// TestSize: a million transitions of Pendulum take what their arrays need, and hardly more.
func TestSize(t *testing.T) {
	const million = 1_000_000
	pendulum := env.NewBox([]float32{-1, -1, -8}, []float32{1, 1, 8})
	arrays := million * (3*4 + 4 + 4 + 1) // observation, action, reward, flags
	if got := Size(specOf(pendulum, 1), 4, million); float64(got) > 1.001*float64(arrays) || got < uint64(arrays) {
		t.Errorf("%d bytes, the arrays need %d", got, arrays)
	}
	for _, bytes := range []bool{false, true} {
		b := New(specOf(space(bytes), 3), 2, 101)
		real := 4*len(b.observations.F) + len(b.observations.U) + 4*len(b.actions) + 4*len(b.rewards) + len(b.flags)
		if got := Size(specOf(space(bytes), 3), 2, 101); got != uint64(real) {
			t.Errorf("bytes=%v: Size is %d, New takes %d", bytes, got, real)
		}
	}
}

func TestWrongShapesPanic(t *testing.T) {
	b := New(specOf(space(false), 1), 2, 10)
	obs := env.MakeValues(space(false), 4)
	for name, f := range map[string]func(){
		"too few observations": func() { b.Begin(env.MakeValues(space(false), 3)) },
		"bytes for floats":     func() { b.Begin(env.MakeValues(space(true), 4)) },
		"Add before Begin":     func() { b.Add(make([]float32, 2), make([]env.Outcome, 2), obs, obs) },
		"nothing to sample": func() {
			b.Sample(NewBatch(specOf(space(false), 1), 3), Sum{Steps: 1, Gamma: 1}, rand.New(rand.NewPCG(1, 1)))
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := newRecorder(2, 30, false, 1)
	r.live()
	batch, actions, outcomes := NewBatch(specOf(space(false), 1), 16), make([]float32, 2), make([]env.Outcome, 2)
	if n := testing.AllocsPerRun(100, func() {
		outcomes[1].Truncated = !outcomes[1].Truncated
		r.buffer.Add(actions, outcomes, r.obs, r.end)
		r.buffer.Sample(batch, Sum{Steps: 3, Gamma: 0.9}, r.rng)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSample(b *testing.B) {
	for _, capacity := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("pendulum/%d", capacity), func(b *testing.B) {
			pendulum := env.NewBox([]float32{-1, -1, -8}, []float32{1, 1, 8})
			buffer, obs := New(specOf(pendulum, 1), 1, capacity), env.Values{F: make([]float32, 3)}
			buffer.Begin(obs)
			for range capacity {
				buffer.Add(make([]float32, 1), make([]env.Outcome, 1), obs, obs)
			}
			batch, rng := NewBatch(specOf(pendulum, 1), 256), rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				buffer.Sample(batch, Sum{Steps: 1, Gamma: 0.99}, rng)
			}
		})
	}
}

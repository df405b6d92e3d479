package replay

import (
	"math/rand/v2"
	"slices"
	"testing"

	"covey/env"
	"covey/state"
)

// piles is what a number of streams have shown: each frame is a number, and stacks says what a policy saw when that frame was the
// latest.
type piles struct {
	buffer   *Buffer
	rng      *rand.Rand
	stack    int
	number   float32
	running  [][]float32 // frames of the episode under way in each stream
	stacks   map[float32][]float32
	obs, end env.Values
}

func newPiles(streams, capacity, stack int, bytes bool) *piles {
	spec := specOf(space(bytes), 1)
	spec.Stack = stack
	p := &piles{buffer: New(spec, streams, capacity), rng: rand.New(rand.NewPCG(3, 3)), stack: stack, stacks: map[float32][]float32{},
		running: make([][]float32, streams), obs: env.MakeValues(space(bytes), 2*streams), end: env.MakeValues(space(bytes), 2*streams)}
	p.begin()
	return p
}

// show shows the next frame of stream i's episode.
func (p *piles) show(v env.Values, i int) {
	p.number++
	put(v.Slice(2*i, 2*i+2), p.number)
	p.running[i] = append(p.running[i], p.number)
	var seen []float32
	for j := range p.stack {
		seen = append(seen, p.running[i][max(len(p.running[i])-p.stack+j, 0)])
	}
	p.stacks[p.number] = seen
}

func (p *piles) begin() {
	for i := range p.running {
		p.running[i] = nil
		p.show(p.obs, i)
	}
	p.buffer.Begin(p.obs)
}

func (p *piles) live(ending float64) {
	outcomes := make([]env.Outcome, len(p.running))
	for i := range outcomes {
		if p.rng.Float64() >= ending {
			p.show(p.obs, i)
			continue
		}
		outcomes[i] = env.Outcome{Terminated: p.rng.IntN(2) == 0}
		outcomes[i].Truncated = !outcomes[i].Terminated
		p.show(p.end, i)
		p.running[i] = nil
		p.show(p.obs, i)
	}
	p.buffer.Add(make([]float32, len(outcomes)), outcomes, p.obs, p.end)
}

// check samples, and returns how many observations were drawn.
func (p *piles) check(t *testing.T, n int) int {
	t.Helper()
	spec := env.Spec{Observation: space(p.obs.U != nil), Action: env.NewBox([]float32{0}, []float32{0}), Stack: p.stack}
	batch := NewBatch(spec, 300)
	p.buffer.Sample(batch, Sum{Steps: n, Gamma: 0.9}, p.rng)
	drawn := map[float32]bool{}
	for i := range batch.Rewards {
		for _, v := range []env.Values{batch.Observations, batch.Next} {
			var got []float32
			for j := range p.stack {
				got = append(got, number(v, i*p.stack+j))
			}
			if want := p.stacks[got[p.stack-1]]; !slices.Equal(got, want) {
				t.Fatalf("stack %d, %d steps: a row shows %v, want %v", p.stack, n, got, want)
			}
		}
		drawn[number(batch.Observations, i*p.stack+p.stack-1)] = true
	}
	return len(drawn)
}

// TestStackedFramesAreOfOneEpisode: whatever is drawn is what a policy saw then: not a frame of another episode or
// stream, and none that stands in for one that was written over.
func TestStackedFramesAreOfOneEpisode(t *testing.T) {
	for _, bytes := range []bool{false, true} {
		for _, stack := range []int{1, 2, 4} {
			for _, capacity := range []int{2, 5, 20, 60} {
				for _, ending := range []float64{0, 0.1, 0.6, 1} {
					p := newPiles(2, capacity, stack, bytes)
					for step := range 150 {
						if step == 70 {
							p.begin()
						}
						p.live(ending)
						if (step%10 == 0 || step < 10) && p.buffer.Len() > 0 {
							p.check(t, 1+step%3)
						}
					}
					if stack == 1 && p.buffer.Len() == 0 { // one slot for each stream, and each step ends an episode
						continue
					}
					if got, least := p.check(t, 1), max(1, p.buffer.Len()-2*stack); got < least {
						t.Errorf("bytes %v, stack %d, capacity %d, ending %v: %d of %d transitions are drawn, want %d", bytes, stack, capacity, ending, got, p.buffer.Len(), least)
					}
				}
			}
		}
	}
}

func TestStackedFramesAreStoredOnce(t *testing.T) {
	pixels := env.Space{Kind: env.Box, Shape: []int{84, 84}, Bytes: true}
	spec := specOf(pixels, 1)
	one := Size(spec, 1, 1_000_000)
	spec.Stack = 4
	if four := Size(spec, 1, 1_000_000); four > one+5*(84*84+9) {
		t.Errorf("a stack of four takes %d bytes, single frames %d", four, one)
	}
}

func TestStackedIsLoaded(t *testing.T) {
	p := newPiles(2, 20, 3, true)
	for range 50 {
		p.live(0.2)
	}
	tree, err := state.Save(p.buffer)
	if err != nil {
		t.Fatal(err)
	}
	spec := specOf(space(true), 1)
	spec.Stack = 3
	p.buffer = New(spec, 2, 20)
	if err := state.Load(p.buffer, tree); err != nil {
		t.Fatal(err)
	}
	p.check(t, 2)
}

func TestStackedSampleAllocatesNothing(t *testing.T) {
	p := newPiles(2, 50, 4, true)
	for range 100 {
		p.live(0.1)
	}
	spec := specOf(space(true), 1)
	spec.Stack = 4
	batch := NewBatch(spec, 32)
	if n := testing.AllocsPerRun(50, func() { p.buffer.Sample(batch, Sum{Steps: 2, Gamma: 0.9}, p.rng) }); n > 0 {
		t.Errorf("a batch allocates %v times", n)
	}
}

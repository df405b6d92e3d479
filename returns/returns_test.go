package returns

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// stream is a random segment. next holds what its contract says, and NaN wherever a function has no
// business looking; the flags have both kinds of ending, alone, together and in consecutive rows.
type stream struct {
	t, b                  int
	rewards, values, next []float32 // [T,B]
	terminated, truncated []bool    // [T,B]
}

// newStream draws a segment in which a row ends an episode with probability ending.
func newStream(rng *rand.Rand, t, b int, ending float64) *stream {
	rows := t * b
	s := &stream{
		t: t, b: b,
		rewards: make([]float32, rows), values: make([]float32, rows), next: make([]float32, rows),
		terminated: make([]bool, rows), truncated: make([]bool, rows),
	}
	for row := range rows {
		s.rewards[row] = float32(rng.NormFloat64())
		s.values[row] = float32(10 * rng.NormFloat64())
		if rng.Float64() < ending {
			kind := rng.IntN(5)
			s.terminated[row] = kind < 2 || kind == 4
			s.truncated[row] = kind >= 2
		}
	}
	for row := range rows {
		switch {
		case s.terminated[row]:
			s.next[row] = float32(math.NaN())
		case s.truncated[row] || row+b >= rows:
			s.next[row] = float32(10 * rng.NormFloat64())
		default:
			s.next[row] = s.values[row+b]
		}
	}
	return s
}

// episode lists the rows from row to the end of its episode or of the segment, and says how it ended.
func (s *stream) episode(row int) (rows []int, terminated, truncated bool) {
	for ; row < s.t*s.b; row += s.b {
		rows = append(rows, row)
		if s.terminated[row] || s.truncated[row] {
			return rows, s.terminated[row], !s.terminated[row]
		}
	}
	return rows, false, false
}

// discounted is Σ_i γ^i r_{t+i} + γ^k bootstrap over the k rows.
func (s *stream) discounted(rows []int, gamma, bootstrap float64) float64 {
	var sum float64
	for i, row := range rows {
		sum += math.Pow(gamma, float64(i)) * float64(s.rewards[row])
	}
	return sum + math.Pow(gamma, float64(len(rows)))*bootstrap
}

// nStep is the sum that Mnih et al. 2016 write in section 3: Σ_{i<k} γ^i r_{t+i} + γ^k V(s_{t+k}).
func (s *stream) nStep(row int, gamma float64) float64 {
	rows, terminated, _ := s.episode(row)
	if terminated {
		return s.discounted(rows, gamma, 0)
	}
	return s.discounted(rows, gamma, float64(s.next[rows[len(rows)-1]]))
}

func (s *stream) rewardsToGo(row int, gamma float64) float64 {
	rows, _, truncated := s.episode(row)
	if truncated {
		return s.discounted(rows, gamma, float64(s.next[rows[len(rows)-1]]))
	}
	return s.discounted(rows, gamma, 0)
}

// gae is the sum of Schulman et al. 2015, eq. 16: Σ_l (γλ)^l δ_{t+l}.
func (s *stream) gae(row int, gamma, lambda float64) float64 {
	rows, _, _ := s.episode(row)
	var sum float64
	for l, row := range rows {
		following := float64(s.next[row])
		if s.terminated[row] {
			following = 0
		}
		delta := float64(s.rewards[row]) + gamma*following - float64(s.values[row])
		sum += math.Pow(gamma*lambda, float64(l)) * delta
	}
	return sum
}

// near allows the rounding of the float32 recursion: a few ulps of the largest value that passes
// through it, which is 10 standard normals large and discounted at each step.
func near(got float32, want float64) bool {
	return math.Abs(float64(got)-want) <= 2e-6*(math.Abs(want)+40)
}

// eachStream runs f on random segments of every small size.
func eachStream(t *testing.T, f func(t *testing.T, s *stream)) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, ending := range []float64{0, 0.1, 0.5, 1} {
		t.Run(fmt.Sprintf("ending=%v", ending), func(t *testing.T) {
			for range 200 {
				f(t, newStream(rng, rng.IntN(25), rng.IntN(6), ending))
			}
		})
	}
}

func TestNStep(t *testing.T) {
	eachStream(t, func(t *testing.T, s *stream) {
		for _, gamma := range []float32{0, 0.5, 0.99, 1} {
			targets := make([]float32, s.t*s.b)
			NStep(targets, s.rewards, s.next, s.terminated, s.truncated, gamma, s.t, s.b)
			for row, got := range targets {
				if want := s.nStep(row, float64(gamma)); !near(got, want) {
					t.Fatalf("[%d,%d] γ %v: row %d is %v, the paper's sum %v", s.t, s.b, gamma, row, got, want)
				}
			}
		}
	})
}

func TestRewardsToGo(t *testing.T) {
	eachStream(t, func(t *testing.T, s *stream) {
		for row := range s.next { // at a truncation only may next be read
			if !s.truncated[row] {
				s.next[row] = float32(math.NaN())
			}
		}
		for _, gamma := range []float32{0, 0.5, 0.99, 1} {
			targets := make([]float32, s.t*s.b)
			RewardsToGo(targets, s.rewards, s.next, s.terminated, s.truncated, gamma, s.t, s.b)
			for row, got := range targets {
				if want := s.rewardsToGo(row, float64(gamma)); !near(got, want) {
					t.Fatalf("[%d,%d] γ %v: row %d is %v, the sum %v", s.t, s.b, gamma, row, got, want)
				}
			}
		}
	})
}

func TestGAE(t *testing.T) {
	eachStream(t, func(t *testing.T, s *stream) {
		for _, gamma := range []float32{0, 0.5, 0.99, 1} {
			for _, lambda := range []float32{0, 0.3, 0.95, 1} {
				advantages, targets := make([]float32, s.t*s.b), make([]float32, s.t*s.b)
				GAE(advantages, targets, s.rewards, s.values, s.next, s.terminated, s.truncated, gamma, lambda, s.t, s.b)
				for row, got := range advantages {
					want := s.gae(row, float64(gamma), float64(lambda))
					if !near(got, want) {
						t.Fatalf("[%d,%d] γ %v λ %v: advantage %d is %v, the paper's sum %v", s.t, s.b, gamma, lambda, row, got, want)
					}
					if !near(targets[row], want+float64(s.values[row])) {
						t.Fatalf("[%d,%d] γ %v λ %v: target %d is %v, want %v", s.t, s.b, gamma, lambda, row, targets[row], want+float64(s.values[row]))
					}
				}
			}
		}
	})
}

// With λ = 1 the values in between cancel: the target is the n-step return.
func TestGAEWithLambdaOneIsNStep(t *testing.T) {
	eachStream(t, func(t *testing.T, s *stream) {
		rows := s.t * s.b
		advantages, targets, nStep := make([]float32, rows), make([]float32, rows), make([]float32, rows)
		GAE(advantages, targets, s.rewards, s.values, s.next, s.terminated, s.truncated, 0.97, 1, s.t, s.b)
		NStep(nStep, s.rewards, s.next, s.terminated, s.truncated, 0.97, s.t, s.b)
		for row := range rows {
			if !near(targets[row], float64(nStep[row])) {
				t.Fatalf("[%d,%d]: target %d is %v, n-step return %v", s.t, s.b, row, targets[row], nStep[row])
			}
		}
	})
}

// A row's estimate depends on its own episode and stream alone: replacing everything else leaves every
// bit as it was.
func TestEpisodesDoNotTouch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		s := newStream(rng, 1+rng.IntN(12), 1+rng.IntN(4), 0.3)
		size := s.t * s.b
		row := rng.IntN(size)
		own := make([]bool, size)
		rows, _, _ := s.episode(row)
		for _, r := range rows {
			own[r] = true
		}
		all := func(s *stream) [4]float32 {
			advantages, targets, nStep, toGo := make([]float32, size), make([]float32, size), make([]float32, size), make([]float32, size)
			GAE(advantages, targets, s.rewards, s.values, s.next, s.terminated, s.truncated, 0.99, 0.95, s.t, s.b)
			NStep(nStep, s.rewards, s.next, s.terminated, s.truncated, 0.99, s.t, s.b)
			RewardsToGo(toGo, s.rewards, s.next, s.terminated, s.truncated, 0.99, s.t, s.b)
			return [4]float32{advantages[row], targets[row], nStep[row], toGo[row]}
		}
		before := all(s)
		for r := range size {
			if !own[r] {
				s.rewards[r], s.values[r], s.next[r] = rng.Float32(), rng.Float32(), rng.Float32()
				s.terminated[r], s.truncated[r] = rng.IntN(2) == 0, rng.IntN(2) == 0
			}
		}
		if after := all(s); after != before {
			t.Fatalf("row %d of [%d,%d] became %v, was %v, though only other episodes changed", row, s.t, s.b, after, before)
		}
	}
}

func TestRewardsMayBecomeTargets(t *testing.T) {
	eachStream(t, func(t *testing.T, s *stream) {
		for name, f := range map[string]func(targets, rewards, next []float32, terminated, truncated []bool, gamma float32, t, b int){
			"NStep": NStep, "RewardsToGo": RewardsToGo,
		} {
			apart, inPlace := make([]float32, s.t*s.b), append([]float32(nil), s.rewards...)
			f(apart, s.rewards, s.next, s.terminated, s.truncated, 0.9, s.t, s.b)
			f(inPlace, inPlace, s.next, s.terminated, s.truncated, 0.9, s.t, s.b)
			for row := range apart {
				if apart[row] != inPlace[row] {
					t.Fatalf("%s: row %d in place %v, apart %v", name, row, inPlace[row], apart[row])
				}
			}
		}
	})
}

func TestWrongLengthsPanic(t *testing.T) {
	f := make([]float32, 6)
	flags := make([]bool, 6)
	for name, call := range map[string]func(){
		"GAE advantages":   func() { GAE(f[:5], f, f, f, f, flags, flags, 1, 1, 3, 2) },
		"GAE next":         func() { GAE(f, f, f, f, f[:5], flags, flags, 1, 1, 3, 2) },
		"NStep terminated": func() { NStep(f, f, f, flags[:5], flags, 1, 3, 2) },
		"RewardsToGo sign": func() { RewardsToGo(f, f, f, flags, flags, 1, -3, -2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				message, _ := recover().(string)
				if !strings.HasPrefix(message, "returns."+strings.Fields(name)[0]) || !strings.Contains(message, "3,") {
					t.Errorf("panic %q does not say which function and shape", message)
				}
			}()
			call()
		})
	}
}

func TestNoAllocations(t *testing.T) {
	s := newStream(rand.New(rand.NewPCG(5, 6)), 20, 4, 0.1)
	advantages, targets := make([]float32, 80), make([]float32, 80)
	if n := testing.AllocsPerRun(100, func() {
		GAE(advantages, targets, s.rewards, s.values, s.next, s.terminated, s.truncated, 0.99, 0.95, 20, 4)
		NStep(targets, s.rewards, s.next, s.terminated, s.truncated, 0.99, 20, 4)
		RewardsToGo(targets, s.rewards, s.next, s.terminated, s.truncated, 0.99, 20, 4)
	}); n != 0 {
		t.Errorf("%v allocations per call, want none", n)
	}
}

func BenchmarkGAE(b *testing.B) {
	for _, size := range [][2]int{{20, 1}, {20, 4}, {20, 16}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			s := newStream(rand.New(rand.NewPCG(7, 8)), size[0], size[1], 0.02)
			advantages, targets := make([]float32, len(s.values)), make([]float32, len(s.values))
			b.ReportAllocs()
			for b.Loop() {
				GAE(advantages, targets, s.rewards, s.values, s.next, s.terminated, s.truncated, 0.99, 0.95, s.t, s.b)
			}
		})
	}
}

package offpolicy

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"covey/algo"
)

// TestPairRunsBothHalves: each half of each job runs once, before Run returns, however many processors
// there are and however long the halves take.
func TestPairRunsBothHalves(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(processors)
		var p Pair
		var sums, spent [2]int
		job := func(half int) {
			for i := range 1 + sums[half]%7*1000*half {
				spent[half] ^= i
			}
			sums[half]++
		}
		for round := range 2 { // a pair can be started again
			p.Start()
			for i := range 3000 {
				p.Run(job)
				if want := round*3000 + i + 1; sums != [2]int{want, want} {
					t.Fatalf("%d processors: %v halves run after job %d", processors, sums, want)
				}
				if i%500 == 0 {
					for range 100 {
						runtime.Gosched() // long enough for the helper to park
					}
				}
			}
			p.Stop()
		}
	}
}

func TestPairWithoutStart(t *testing.T) {
	var p Pair
	ran := 0
	p.Run(func(int) { ran++ })
	p.Stop()
	if ran != 2 {
		t.Errorf("%d halves run, want 2", ran)
	}
}

func TestPairAllocatesNothing(t *testing.T) {
	var p Pair
	p.Start()
	defer p.Stop()
	job := func(int) {}
	if n := testing.AllocsPerRun(1000, func() { p.Run(job) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPair(b *testing.B) {
	var p Pair
	p.Start()
	defer p.Stop()
	job := func(int) {}
	for b.Loop() {
		p.Run(job)
	}
}

// TestPairPanics: a panic of either half is one of Run, wherever it ran, and nobody is left at work after Stop.
func TestPairPanics(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(2)
	for _, bad := range []int{0, 1} {
		for n := range 200 {
			var at [2]atomic.Int64
			err := func() (err error) {
				defer algo.Recover(&err)
				var p Pair
				p.Start()
				defer p.Stop()
				for i := range 20 {
					p.Run(func(half int) {
						if i == n%20 && half == bad {
							panic("half broke")
						}
						for range n * 10 {
							at[half].Add(1)
						}
					})
				}
				return nil
			}()
			p, ok := errors.AsType[*algo.Panic](err)
			if !ok || p.Value != "half broke" || !strings.Contains(string(p.Stack), "pair_test.go") {
				t.Fatalf("error %v", err)
			}
			if before := at[1].Load(); before%int64(max(n*10, 1)) != 0 {
				t.Fatal("the other half was still at work")
			}
		}
	}
}

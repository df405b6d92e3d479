package gymnasium

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"covey/dist"
	"covey/env"
	"covey/nn"
	"covey/policy"
	"covey/train"
)

// sleepsOnce are the options of an environment that hangs once, in its step 3, and which no deadline ends.
func sleepsOnce(t *testing.T) Options {
	t.Helper()
	o := options(t, "faulty:Faulty", map[string]any{"fault": "sleeps_once", "mark": filepath.Join(t.TempDir(), "mark")})
	o.Wrappers = []Wrapper{{Name: "gymnasium.wrappers:TimeLimit", Kwargs: map[string]any{"max_episode_steps": 5}}}
	o.Deadline = 0
	return o
}

// crowd is a pool whose processes are killed when the test ends, whatever they do then.
type crowd struct {
	*Pool
	mutex sync.Mutex
	all   []*Environment
}

func newCrowd(t *testing.T, o Options, share int) *crowd {
	t.Helper()
	p, err := NewPool(o, share)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{Pool: p}
	t.Cleanup(func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		for _, e := range c.all {
			e.host.child.kill()
		}
	})
	return c
}

func (c *crowd) New() (*Environment, error) {
	e, err := c.Pool.New()
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.all = append(c.all, e)
	return e, nil
}

// begun is one of them in an episode.
func (c *crowd) begun(t *testing.T) *single {
	t.Helper()
	e, err := c.New()
	if err != nil {
		t.Fatal(err)
	}
	s := newSingle(e, 1)
	if err := errors.Join(s.step([]float32{0}), s.step([]float32{0})); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestNewBesideAHang: who hangs keeps its process, and others get a new one though that has room.
func TestNewBesideAHang(t *testing.T) {
	c := newCrowd(t, sleepsOnce(t), 3)
	c.patience = 100 * time.Millisecond
	hung, beside := c.begun(t), c.begun(t)
	stuck := make(chan error, 2)
	for _, s := range []*single{hung, beside} { // one sleeps, and the other waits for it
		go func() { stuck <- s.step([]float32{0}) }()
	}
	for hung.env.host.child.asked.Load()%2 == 0 {
		time.Sleep(time.Millisecond)
	}
	made := make(chan error)
	go func() {
		_, err := c.New()
		made <- err
	}()
	select {
	case err := <-made:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("there is no other environment")
	}
	fresh, more := c.all[2], c.begun(t)
	if fresh.host == hung.env.host || more.env.host != fresh.host {
		t.Error("those that are made now do not share a new process")
	}
	for range 3 {
		if err := more.step([]float32{0}); err != nil {
			t.Error(err)
		}
	}
	hung.env.host.child.kill()
	for range 2 {
		mustSay(t, <-stuck, "its process was killed")
	}
}

// TestBusyProcessIsShared: who is in the middle of a step soon has an answer, and no other process is started.
func TestBusyProcessIsShared(t *testing.T) {
	c := newCrowd(t, options(t, "faulty:Faulty", map[string]any{"fault": "naps"}), 3)
	s := c.begun(t)
	stepped := make(chan error)
	go func() { stepped <- s.step([]float32{0}) }()
	for s.env.host.child.asked.Load()%2 == 0 {
		time.Sleep(time.Millisecond)
	}
	if other := c.begun(t); other.env.host != s.env.host {
		t.Error("a process was started beside one that has room")
	}
	if err := <-stepped; err != nil {
		t.Error(err)
	}
}

// TestEvaluationOutlivesAHang that nothing ends: all is played again, beside what hangs.
func TestEvaluationOutlivesAHang(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	c := newCrowd(t, sleepsOnce(t), 10)
	c.patience = 100 * time.Millisecond
	spec := c.begun(t).env.Spec()
	net, err := nn.New(spec.Stacked(), nn.DefaultConfig(), nn.Head{Name: "policy", Width: 2, Gain: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{
		Spec: spec, Net: net, NewSampler: func() dist.Sampler { return dist.NewCategorical(2) },
		Params: make([]float32, net.Size), Moments: policy.NewMoments(2, false),
	}
	net.Init(p.Params, rand.New(rand.NewPCG(1, 0)))
	e := train.NewEvaluator(func() (env.Environment, error) {
		x, err := c.New()
		if err != nil {
			return nil, err
		}
		return x, nil
	})
	e.Deadline = 5 * time.Second
	warned := false
	e.Warn = func(err error) {
		warned = true
		mustSay(t, err, "an environment hangs")
	}
	got, err := e.Evaluate(context.Background(), p, 15, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if !warned || !slices.Equal(got.Returns, slices.Repeat([]float64{5}, 15)) {
		t.Errorf("returns %v, warned: %v", got.Returns, warned)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

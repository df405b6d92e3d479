package main

import (
	"slices"
	"testing"

	"covey/internal/pyenv/pyenvtest"
)

func TestRows(t *testing.T) {
	s := setting{id: cartpole, envs: 8, processes: 1}
	want := []string{cartpole, "1 × 8", "100.0 k", "60 %", "80.0", "6.0", "32.0", "4.00"}
	if got := s.row(1e5, 80e-6, 6e-6); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	s = setting{id: pong, envs: 16, processes: 2, own: true}
	want = []string{"ALE/Pong-v5, own vector", "2 × 8", "5.0 k", "", "1000.0", "", "", ""}
	if got := s.row(5000, 1e-3, 1); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMeasures(t *testing.T) {
	python := pyenvtest.Gymnasium(t)
	plain, err := inPython(t.Context(), python, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{cartpole, cheetah, pong} {
		if plain[id] <= 0 {
			t.Errorf("a step of %s takes %v s", id, plain[id])
		}
	}
	rate, call, err := setting{id: cartpole, envs: 4, processes: 2, own: true}.measure(python, 0.02)
	if err != nil || rate <= 0 || call <= 0 {
		t.Errorf("%v steps/s, %v s a call, %v", rate, call, err)
	}
}

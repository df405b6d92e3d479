package main

import (
	"fmt"
	"strings"
	"testing"

	"covey"
)

func TestPresetsExist(t *testing.T) {
	for _, w := range worlds() {
		if _, err := covey.Preset(w.algo, w.env, w.variant); err != nil {
			t.Error(err)
		}
	}
}

// TestPongPeerWeighsLossesAlike: covey's value loss is ½(R−V)², the peer's is written out.
func TestPongPeerWeighsLossesAlike(t *testing.T) {
	cfg, err := covey.Preset("a3c", "ALE/Pong-v5", "nosticky")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%g * (target - out[:, -1]).square().sum() - %g * entropy", 0.5*cfg.A3C.ValueWeight, cfg.A3C.EntropyWeight)
	if !strings.Contains(pytorch, want) {
		t.Errorf("its loss lacks %s", want)
	}
}

func TestTable(t *testing.T) {
	rows := []*world{
		{env: "A", algo: "sac", rates: []float64{300, 100, 200}, peak: 5e6, peers: []*peer{
			{name: "B", rates: []float64{100, 50, 200}}, {name: "D", rates: []float64{400}},
		}},
		{env: "C", algo: "a3c", rates: []float64{1500}, peak: 1e6},
	}
	text := strings.Join(strings.Fields(table(rows)), " ")
	for _, want := range []string{"| A | sac | | 200 | 5 | B | 100 | 2.00 |", "| | | | | | D | 400 | 0.50 |", "| C | a3c | | 1500 | 1 | – | – | – |"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

func TestRate(t *testing.T) {
	rows := [][]float64{{10, 4}, {20, 5}, {120, 6}, {220, 7}, {221, 9}}
	if r, err := rate(rows, 4.5); err != nil || r != 100 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := rate(rows, 6.5); err == nil {
		t.Error("one row is no rate")
	}
}

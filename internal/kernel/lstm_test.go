package kernel

import (
	"fmt"
	"math"
	"testing"
)

// lstmRow is the operands of a row of n cells; the outputs lie between guards.
type lstmRow struct {
	gates, before, dhidden               []float32
	activated, cell, squashed, hidden    guarded
	dgates, dcell                        guarded
	wantCell, wantSquashed, wantHidden   []float64
	wantActivated, wantDGates, wantDCell []float64
}

func newLSTMRow(n, offset int) *lstmRow {
	r := &lstmRow{gates: random(1, 4*n), before: random(2, n), dhidden: random(3, n)}
	for i := range r.gates {
		r.gates[i] *= 6
	}
	r.activated, r.dcell = newGuardedCopy(r.gates, offset), newGuardedCopy(random(4, n), offset+3)
	r.cell, r.squashed, r.hidden, r.dgates = newGuarded(n, offset+1), newGuarded(n, offset+2), newGuarded(n, offset), newGuarded(4*n, offset+5)
	sigmoid := func(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }
	r.wantActivated, r.wantDGates = make([]float64, 4*n), make([]float64, 4*n)
	for j, before := range r.before {
		c0, dh := float64(before), float64(r.dhidden[j])
		i, f, g, o := sigmoid(r.gates[j]), sigmoid(r.gates[n+j]), math.Tanh(float64(r.gates[2*n+j])), sigmoid(r.gates[3*n+j])
		c := f*c0 + i*g
		t := math.Tanh(c)
		r.wantCell, r.wantSquashed, r.wantHidden = append(r.wantCell, c), append(r.wantSquashed, t), append(r.wantHidden, o*t)
		dc := float64(r.dcell.x[j]) + dh*o*(1-t*t)
		for k, v := range []float64{i, f, g, o} {
			r.wantActivated[k*n+j] = v
		}
		for k, v := range []float64{dc * g * i * (1 - i), dc * c0 * f * (1 - f), dc * i * (1 - g*g), dh * t * o * (1 - o)} {
			r.wantDGates[k*n+j] = v
		}
		r.wantDCell = append(r.wantDCell, dc*f)
	}
	return r
}

func (r *lstmRow) run() {
	LSTMCell(r.activated.x, r.before, r.cell.x, r.squashed.x, r.hidden.x)
	LSTMGrad(r.dgates.x, r.activated.x, r.before, r.squashed.x, r.dhidden, r.dcell.x)
}

// check holds each result against float64.
func (r *lstmRow) check(t *testing.T, what string) {
	t.Helper()
	for _, c := range []struct {
		name string
		got  guarded
		want []float64
	}{
		{"gates", r.activated, r.wantActivated}, {"cell", r.cell, r.wantCell}, {"squashed", r.squashed, r.wantSquashed},
		{"hidden", r.hidden, r.wantHidden}, {"gates' gradient", r.dgates, r.wantDGates}, {"cell's gradient", r.dcell, r.wantDCell},
	} {
		c.got.check(t, what+" "+c.name)
		for i, v := range c.got.x {
			if !(math.Abs(float64(v)-c.want[i]) <= 1e-6) {
				t.Fatalf("%s: %s %d is %v, want %v", what, c.name, i, v, c.want[i])
			}
		}
	}
}

// TestLSTM: every short length at every level is what the equations say, and both assembly levels give the same bits.
func TestLSTM(t *testing.T) {
	sizes := append(upTo(0, 70), 128, 256, 300)
	bits := map[int][]float32{}
	atEveryLevel(t, func(t *testing.T) {
		for _, n := range sizes {
			what := fmt.Sprintf("%d cells", n)
			r := newLSTMRow(n, n)
			r.run()
			r.check(t, what)
			if level == generic {
				continue
			}
			var all []float32
			for _, g := range []guarded{r.activated, r.cell, r.squashed, r.hidden, r.dgates, r.dcell} {
				all = append(all, g.x...)
			}
			if before, other := bits[n]; other {
				sameVectors(t, what+" at another level", all, before)
			}
			bits[n] = all
		}
	})
}

// TestLSTMExtremes: gates that are wide open or shut are 1 and 0, and a NaN stays one.
func TestLSTMExtremes(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		gates := []float32{inf, 1e4, -1e4, nan, -inf, inf, 1e4, 0, 1e4, -inf, inf, 0, -1e4, 1e4, inf, 0} // [4, 4]
		out := make([]float32, 12)
		LSTMCell(gates, []float32{2, 3, 5, 7}, out[:4], out[4:8], out[8:])
		want := []float32{1, 1, 0, nan, 0, 1, 1, 0.5, 1, -1, 1, 0, 0, 1, 1, 0.5}
		sameVectors(t, "gates", gates, want)
		sameVectors(t, "cells", out[:4], []float32{1, 2, 5, nan})
	})
}

func TestLSTMWrongShapes(t *testing.T) {
	v := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"gates":    func() { LSTMCell(v(7), v(2), v(2), v(2), v(2)) },
		"cell":     func() { LSTMCell(v(8), v(2), v(3), v(2), v(2)) },
		"dgates":   func() { LSTMGrad(v(9), v(8), v(2), v(2), v(2), v(2)) },
		"squashed": func() { LSTMGrad(v(8), v(8), v(2), v(1), v(2), v(2)) },
	} {
		mustPanic(t, name, call)
	}
}

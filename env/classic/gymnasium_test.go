package classic

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
	"covey/state"
)

// transition is a step to be taken twice by both packages.
type transition struct {
	state   []float64
	single  bool // MountainCarContinuous: the state is of float32 numbers
	elapsed int  // steps that the episode has taken before
	action  float32
}

// crossChecks say how the states of each environment are drawn, whose variables stand under these
// names in its saved state.
var crossChecks = []struct {
	id        string
	variables []string
	draw      func(*rand.Rand) transition
}{
	{"CartPole-v0", cartPoleVariables, drawCartPole},
	{"CartPole-v1", cartPoleVariables, drawCartPole},
	{"Acrobot-v1", []string{"theta1", "theta2", "theta1_dot", "theta2_dot"}, drawAcrobot},
	{"MountainCar-v0", []string{"position", "velocity"}, drawMountainCar},
	{"MountainCarContinuous-v0", []string{"position", "velocity"}, drawMountainCarContinuous},
	{"Pendulum-v1", []string{"theta", "theta_dot"}, drawPendulum},
}

var cartPoleVariables = []string{"x", "x_dot", "theta", "theta_dot"}

// TestGymnasium takes the same steps from the same states as the real package does: observations may
// differ by one unit in the last place of a float32, all else is equal.
func TestGymnasium(t *testing.T) {
	const rows = 6000
	python := pyenvtest.Interpreter(t)
	if len(crossChecks) != len(IDs()) {
		t.Errorf("%d environments are checked, there are %d", len(crossChecks), len(IDs()))
	}
	for _, c := range crossChecks {
		t.Run(c.id, func(t *testing.T) {
			e := mustNew(t, c.id)
			spec := e.Spec()
			rng := rand.New(rand.NewPCG(1, 4))
			transitions := make([]transition, rows)
			for i := range transitions {
				transitions[i] = c.draw(rng)
				transitions[i].elapsed = rng.IntN(spec.MaxSteps)
				if rng.IntN(4) == 0 {
					transitions[i].elapsed = spec.MaxSteps - 1 - rng.IntN(2)
				}
			}
			want := gymnasiumSteps(t, python, c.id, transitions)
			width := spec.Observation.Size() + 3
			if len(want) != rows*2*width {
				t.Fatalf("Gymnasium returns %d numbers, want %d × 2 × %d", len(want), rows, width)
			}
			var met tally
			for i, tr := range transitions {
				put(t, e, c.variables, tr)
				for k := range 2 {
					row := want[(2*i+k)*width:][:width]
					if !met.compare(t, step(t, e, tr.action), row, tr) {
						break
					}
				}
			}
			t.Logf("%d of %d observed numbers differ, by at most %d ulp; %d steps terminated, %d truncated, %d both",
				met.differing, met.observed, met.ulps, met.terminated, met.truncated, met.both)
			if met.truncated == 0 || met.terminated == 0 != (c.id == "Pendulum-v1") {
				t.Error("the states do not reach every kind of end")
			}
		})
	}
}

// tally is what was seen in the comparison.
type tally struct {
	observed, differing         int // numbers
	ulps                        int64
	terminated, truncated, both int // steps
}

// compare looks at what one step from tr, or the one after, returned, and says whether the episode goes on.
func (s *tally) compare(t *testing.T, got, want []float64, tr transition) bool {
	t.Helper()
	n := len(want) - 3
	for i := range n {
		d := ulps(float32(got[i]), float32(want[i]))
		if d > 1 {
			t.Errorf("%+v: element %d is %v, Gymnasium's %v", tr, i, got[i], want[i])
		}
		if d > 0 {
			s.differing++
		}
		s.ulps = max(s.ulps, d)
	}
	if float32(got[n]) != float32(want[n]) || got[n+1] != want[n+1] || got[n+2] != want[n+2] {
		t.Errorf("%+v: reward, terminated, truncated are %v, Gymnasium's %v", tr, got[n:], want[n:])
	}
	s.terminated += int(want[n+1])
	s.truncated += int(want[n+2])
	s.both += int(want[n+1] * want[n+2])
	s.observed += n
	return want[n+1] == 0 && want[n+2] == 0
}

// ulps is the number of float32 steps between a and b; those of either zero are none.
func ulps(a, b float32) int64 {
	line := func(x float32) int64 { // numbers in order
		if bits := int64(math.Float32bits(x)); bits < 1<<31 {
			return bits
		} else {
			return 1<<31 - bits
		}
	}
	d := line(a) - line(b)
	return max(d, -d)
}

// put puts e into tr's state.
func put(t *testing.T, e env.Environment, variables []string, tr transition) {
	t.Helper()
	tree, err := state.Save(e.(state.Stateful))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for i, name := range variables {
		values["env/"+name] = tr.state[i]
	}
	for i := range tree {
		switch entry := &tree[i]; entry.Name {
		case "elapsed":
			entry.Uint64 = uint64(tr.elapsed)
		case "env/running":
			entry.Uint64 = 1
		case "env/single":
			entry.Uint64 = 0
			if tr.single {
				entry.Uint64 = 1
			}
		default:
			value, ok := values[entry.Name]
			if !ok {
				t.Fatalf("unknown variable %q", entry.Name)
			}
			entry.Float64 = value
		}
	}
	if err := state.Load(e.(state.Stateful), tree); err != nil {
		t.Fatal(err)
	}
}

// step returns what a step gives, in the order of step.py.
func step(t *testing.T, e env.Environment, action float32) []float64 {
	t.Helper()
	spec := e.Spec()
	obs := env.MakeValues(spec.Observation, spec.Observation.Size())
	out, err := e.Step([]float32{action}, obs)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, 0, len(obs.F)+3)
	for _, x := range obs.F {
		row = append(row, float64(x))
	}
	return append(row, float64(out.Reward), float64(number(out.Terminated)), float64(number(out.Truncated)))
}

// gymnasiumSteps returns the rows that step.py writes.
func gymnasiumSteps(t *testing.T, python, id string, transitions []transition) []float64 {
	t.Helper()
	var in, out, complaints bytes.Buffer
	for _, tr := range transitions {
		row := append(append([]float64{}, tr.state...), float64(number(tr.single)), float64(tr.elapsed), float64(tr.action))
		if err := binary.Write(&in, binary.LittleEndian, row); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/step.py", id, strconv.Itoa(len(transitions[0].state)))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("step.py: %v\n%s", err, &complaints)
	}
	rows := make([]float64, out.Len()/8)
	if err := binary.Read(&out, binary.LittleEndian, rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

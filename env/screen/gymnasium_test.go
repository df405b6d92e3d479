package screen

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
)

// TestGymnasium: pictures are within one level of what Gymnasium's wrappers make of them (by OpenCV's INTER_AREA).
func TestGymnasium(t *testing.T) {
	const count = 20
	python := pyenvtest.Gymnasium(t)
	rng := rand.New(rand.NewPCG(1, 7))
	for _, c := range [][5]int{{210, 160, 1, 84, 84}, {210, 160, 1, 42, 42}, {210, 160, 3, 84, 84}, {240, 320, 3, 84, 84}, {120, 160, 3, 60, 80}, {30, 45, 3, 30, 45}} {
		space := env.Space{Kind: env.Box, Shape: []int{c[0], c[1], c[2]}, Bytes: true}
		v, err := New(space, Config{Height: c[3], Width: c[4], Grey: true})
		if err != nil {
			t.Fatal(err)
		}
		pictures := make([]uint8, count*space.Size())
		for i := range pictures {
			switch level := rng.Uint32(); i / space.Size() % 3 {
			case 0: // noise
				pictures[i] = uint8(level)
			case 1: // black and white
				pictures[i] = uint8(level%2) * 255
			default: // slopes
				pictures[i] = uint8(i / 7)
			}
		}
		args := []string{"testdata/show.py"}
		for _, n := range append(c[:], count) {
			args = append(args, strconv.Itoa(n))
		}
		cmd := exec.Command(python, args...)
		var problem strings.Builder
		cmd.Stdin, cmd.Stderr = bytes.NewReader(pictures), &problem
		want, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, problem.String())
		}
		n, m := space.Size(), v.Space().Size()
		if len(want) != count*m {
			t.Fatalf("%v: %d bytes, want %d of %d", c, len(want), count, m)
		}
		got := env.MakeValues(v.Space(), m)
		different := 0
		for i := range count {
			v.Show(got, env.Values{U: pictures[i*n : (i+1)*n]})
			for j, x := range got.U {
				d := int(x) - int(want[i*m+j])
				if d < -1 || d > 1 {
					t.Fatalf("%v: picture %d, pixel %d is %d, Gymnasium's %d", c, i, j, x, want[i*m+j])
				}
				if d != 0 {
					different++
				}
			}
		}
		t.Logf("%v: %d of %d pixels differ by one level", c, different, count*m)
	}
}

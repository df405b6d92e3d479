package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
)

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      []string
	}{
		{0, 250_000, []string{"0", "50k", "100k", "150k", "200k", "250k"}},
		{0, 4e6, []string{"0", "1M", "2M", "3M", "4M"}},
		{0, 1.2e6, []string{"0", "200k", "400k", "600k", "800k", "1M", "1.2M"}},
		{-1500, -160, []string{"-1400", "-1200", "-1000", "-800", "-600", "-400", "-200"}},
		{-201, -199, []string{"-201", "-200.5", "-200", "-199.5", "-199"}},
		{0.1, 0.5, []string{"0.1", "0.2", "0.3", "0.4", "0.5"}},
	} {
		var got []string
		for _, tick := range (ticks{}).Ticks(test.low, test.high) {
			got = append(got, tick.Label)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("from %v to %v: %q, want %q", test.low, test.high, got, test.want)
		}
	}
}

func TestDraw(t *testing.T) {
	middle := plotter.XYs{{X: 0, Y: 1}, {X: 5, Y: 2}}
	band := Outline(plotter.XYs{{X: 0, Y: 0}, {X: 5, Y: 1}}, plotter.XYs{{X: 0, Y: 2}, {X: 5, Y: 3}})
	if want := (plotter.XYs{{X: 0, Y: 2}, {X: 5, Y: 3}, {X: 5, Y: 1}, {X: 0, Y: 0}}); !slices.Equal(band, want) {
		t.Errorf("outline %v, want %v", band, want)
	}
	panel := Panel{Title: "of it", X: "right", Y: "upwards", Lines: []Line{{"one", middle, band}, {Name: "none"}, {Name: "point", Middle: middle[:1]}}}
	dir := t.TempDir()
	var widths []int
	for n := 1; n <= 3; n++ {
		path := filepath.Join(dir, "x.png")
		if err := Draw(path, slices.Repeat([]Panel{panel}, n)...); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		widths = append(widths, picture.Bounds().Dx())
	}
	if want := []int{1200, 1500, 2250}; !slices.Equal(widths, want) {
		t.Errorf("pictures %d wide, want %d", widths, want)
	}

	path := filepath.Join(dir, "x.svg")
	more := Panel{Lines: []Line{{Name: "last", Middle: middle}, panel.Lines[0], {Name: "last", Middle: middle}}}
	if err := Draw(path, panel, panel, more); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{"one": 1, "point": 1, "last": 2, "none": 0, "of it": 2, "right": 2, "upwards": 2} {
		if n := strings.Count(string(text), ">"+what+"<"); n != want {
			t.Errorf("%q stands there %d times, want %d", what, n, want)
		}
	}
	for i, want := range map[int]int{0: 4, 2: 2, 3: 2} { // "one" in three panels and the legend, either "last" in one and the legend
		c := palette[i]
		if shade := fmt.Sprintf("stroke:#%02X%02X%02X", c.R, c.G, c.B); strings.Count(string(text), shade) != want {
			t.Errorf("%s is there %d times, want %d", shade, strings.Count(string(text), shade), want)
		}
	}
	if err := Draw(filepath.Join(dir, "x.bmp"), panel); err == nil || !strings.Contains(err.Error(), `".bmp"`) {
		t.Errorf("a bitmap: %v", err)
	}
}

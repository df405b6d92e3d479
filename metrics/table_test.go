package metrics

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// written is the table of rows as a CSV sink writes it.
func written(t testing.TB, names []string, rows [][]float64) string {
	t.Helper()
	var out bytes.Buffer
	c := NewCSV(nopCloser{&out}, names)
	if err := c.Begin(); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := c.Write(Row{Time: time.Time{}, Values: row}); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// TestReadCSV reads back what the sink has written, whole lines only.
func TestReadCSV(t *testing.T) {
	names := []string{"env_steps", "a, b"}
	text := written(t, names, [][]float64{{1000, 0.5}, {2000, math.NaN()}, {3000, math.Inf(-1)}})
	for cut := range text {
		table, err := ReadCSV(strings.NewReader(text[:cut]))
		if lines := strings.Count(text[:cut], "\n"); lines == 0 {
			if err == nil || !strings.Contains(err.Error(), "no header") {
				t.Fatalf("%q: error %v", text[:cut], err)
			}
		} else if err != nil || len(table.Rows) != lines-1 {
			t.Fatalf("%q: %v, error %v", text[:cut], table, err)
		}
	}
	table, err := ReadCSV(strings.NewReader(text))
	if err != nil || !reflect.DeepEqual(table.Names, names) || len(table.Rows) != 3 {
		t.Fatalf("%v, error %v", table, err)
	}
	if r := table.Rows; r[0][1] != 0.5 || !math.IsNaN(r[1][1]) || r[2][0] != 3000 || !math.IsInf(r[2][1], -1) {
		t.Errorf("rows %v", r)
	}
	if table.Column("a, b") != 1 || table.Column("none") != -1 {
		t.Error("columns are not found by name")
	}
}

func TestReadColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "progress.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("env_steps,updates,wall_s\n1000,50,\n2000,100,0.5\n")
	rows, err := ReadColumns(path, "wall_s", "env_steps")
	if err != nil || len(rows) != 2 || !math.IsNaN(rows[0][0]) || rows[0][1] != 1000 || !slices.Equal(rows[1], []float64{0.5, 2000}) {
		t.Errorf("%v, error %v", rows, err)
	}
	if _, err := ReadColumns(path, "env_steps", "loss"); err == nil || err.Error() != path+": no column loss, but env_steps, updates, wall_s" {
		t.Errorf("error %v", err)
	}
	write("env_steps\nmany\n")
	if _, err := ReadColumns(path, "env_steps"); err == nil || !strings.HasPrefix(err.Error(), path+": line 2") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadColumns(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestReadCSVSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n1,2\n3,four\n": `line 3, column b: "four" is not a number`,
		"a,b\n1\n":           "wrong number of fields",
		"a,\"b\n1,2\n":       `line`,
	} {
		if _, err := ReadCSV(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// FuzzReadCSV: whatever is read as a table can be written, and reads back to the same.
func FuzzReadCSV(f *testing.F) {
	f.Add("env_steps,updates,episodes,wall_s\n1000,50,3,0.25\n2000,100,7,\n")
	f.Add("env_steps,x\n1e3,+Inf\nNaN,0x1p-2\n")
	f.Add("a,a\n\"1\",2\r\n\n3,4")
	f.Add("\"a\nb\",\n1,\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadCSV(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Names) {
				t.Fatalf("%d cells for %d columns", len(row), len(table.Names))
			}
		}
		if len(table.Names) == 1 {
			return // an empty cell alone would be an empty line
		}
		again, err := ReadCSV(strings.NewReader(written(t, table.Names, table.Rows)))
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Rows) != len(table.Rows) || len(again.Names) != len(table.Names) {
			t.Fatalf("%d rows of %d columns became %d of %d", len(table.Rows), len(table.Names), len(again.Rows), len(again.Names))
		}
		for i, row := range table.Rows {
			for j, x := range row {
				if y := again.Rows[i][j]; math.Abs(x-y) > 1e-9*math.Abs(x) || math.IsNaN(x) != math.IsNaN(y) {
					t.Fatalf("%v became %v", x, y)
				}
			}
		}
	})
}

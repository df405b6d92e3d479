package metrics

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Table is what a CSV sink has written.
type Table struct {
	Names []string
	Rows  [][]float64 // [rows][Names]; NaN where the cell is empty
}

// ReadCSV reads a table. A last line without an end is left out: its writer has not come further, or was
// killed there. Errors name the line and column in which no number stands.
func ReadCSV(r io.Reader) (*Table, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(bytes.NewReader(text[:bytes.LastIndexByte(text, '\n')+1]))
	names, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("no header: the table is empty")
	}
	if err != nil {
		return nil, err
	}
	t := &Table{Names: names}
	lines.ReuseRecord = true
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		row := make([]float64, len(cells))
		for i, cell := range cells {
			if row[i], err = parseCell(cell); err != nil {
				line, _ := lines.FieldPos(i)
				return nil, fmt.Errorf("line %d, column %s: %q is not a number", line, names[i], cell)
			}
		}
		t.Rows = append(t.Rows, row)
	}
}

func parseCell(cell string) (float64, error) {
	if cell == "" {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(cell, 64)
}

// Column is the index of the column of that name; −1: there is none.
func (t *Table) Column(name string) int { return slices.Index(t.Names, name) }

// ReadColumns reads the columns of those names from a file that a CSV sink has written: [rows][names], NaN where the
// cell is empty.
func ReadColumns(path string, names ...string) ([][]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t, err := ReadCSV(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rows := make([][]float64, len(t.Rows))
	for _, name := range names {
		column := t.Column(name)
		if column < 0 {
			return nil, fmt.Errorf("%s: no column %s, but %s", path, name, strings.Join(t.Names, ", "))
		}
		for i, row := range t.Rows {
			rows[i] = append(rows[i], row[column])
		}
	}
	return rows, nil
}

package metrics

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
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

package metrics

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
)

// CSV is a sink that writes a table with a header. Every row is handed to the file at once, so that
// the run can be watched, and nothing is lost with the process. Unknown values are empty cells.
type CSV struct {
	file  io.WriteCloser
	w     *csv.Writer
	cells []string
	names []string
}

// NewCSV returns a sink that writes to file, and closes it.
func NewCSV(file io.WriteCloser, names []string) *CSV {
	return &CSV{file: file, w: csv.NewWriter(file), cells: make([]string, len(names)), names: names}
}

// Begin writes the header; it is not called for a file that has one already.
func (c *CSV) Begin() error {
	copy(c.cells, c.names)
	return c.flush()
}

// Write appends a row.
func (c *CSV) Write(r Row) error {
	for i, v := range r.Values {
		if math.IsNaN(v) {
			c.cells[i] = ""
			continue
		}
		c.cells[i] = strconv.FormatFloat(v, 'g', 10, 64)
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			c.cells[i] = strconv.FormatInt(int64(v), 10)
		}
	}
	return c.flush()
}

func (c *CSV) flush() error {
	if err := c.w.Write(c.cells); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// Close closes the file.
func (c *CSV) Close() error { return errors.Join(c.w.Error(), c.file.Close()) }

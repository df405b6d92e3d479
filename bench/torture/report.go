package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"covey/bench/compare"
)

// row is one figure.
type row struct {
	Part, What, Want, Got string
	Passed                bool
	When                  string // and where
}

// The files that are kept.
const (
	pageFile  = "torture.md"
	tableFile = "torture.csv"
)

// keep writes the rows, and those that are there of parts that have not been run, to the page and the table.
func keep(ctx context.Context, o *options, rows []row) ([]row, error) {
	machine := compare.ThisMachine(ctx, o.covey).String()
	for i := range rows {
		rows[i].When = machine
	}
	path := filepath.Join(o.out, tableFile)
	before, err := readRows(path)
	if err != nil {
		return nil, err
	}
	all := merge(before, rows)
	if err := writeRows(path, all); err != nil {
		return nil, err
	}
	return all, os.WriteFile(filepath.Join(o.out, pageFile), []byte(page(all)), 0o666)
}

// merge takes each part's rows of now, or where it was not run, those of before.
func merge(before, now []row) (all []row) {
	for _, p := range parts {
		from := before
		if slices.ContainsFunc(now, func(r row) bool { return r.Part == p.name }) {
			from = now
		}
		for _, r := range from {
			if r.Part == p.name {
				all = append(all, r)
			}
		}
	}
	return all
}

var columns = []string{"part", "what", "want", "got", "passed", "when"}

func readRows(path string) (rows []row, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], columns) {
		return nil, fmt.Errorf("%s: want the columns %v", path, columns)
	}
	for _, c := range lines[1:] {
		rows = append(rows, row{c[0], c[1], c[2], c[3], c[4] == "true", c[5]})
	}
	return rows, nil
}

func writeRows(path string, rows []row) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	lines := [][]string{columns}
	for _, r := range rows {
		lines = append(lines, []string{r.Part, r.What, r.Want, r.Got, strconv.FormatBool(r.Passed), r.When})
	}
	return errors.Join(w.WriteAll(lines), f.Close())
}

// table is the rows as Markdown.
func table(rows []row) string {
	var b strings.Builder
	lines := [][]string{{"what", "wanted", "got"}}
	for _, r := range rows {
		got := r.Got
		if !r.Passed {
			got = "**" + got + "**"
		}
		lines = append(lines, []string{r.What, r.Want, got})
	}
	compare.WriteTable(&b, lines)
	return b.String()
}

func page(rows []row) string {
	var b strings.Builder
	b.WriteString(`# A run that cannot be lost

What is done to runs by ` + "`make torture`" + `, and what became of them. A figure in bold misses what was wanted. The runs that are killed take
about a second and write a checkpoint every 50 ms; how they end is compared bit for bit with one that was left alone: the SHA-256
of the parameters, and every row of progress.csv but for its times.

`)
	b.WriteString(table(rows))
	var machines []string
	for _, r := range rows {
		if !slices.Contains(machines, r.When) {
			machines = append(machines, r.When)
		}
	}
	b.WriteString("\nMeasured on:\n\n")
	for _, m := range machines {
		var of []string
		for _, r := range rows {
			if r.When == m && !slices.Contains(of, r.Part) {
				of = append(of, r.Part)
			}
		}
		fmt.Fprintf(&b, "* %s: %s\n", strings.Join(of, ", "), m)
	}
	return b.String()
}

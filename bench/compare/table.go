package compare

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteTable writes a Markdown table whose first line are the columns. They are aligned, so that the text reads
// as well as what is made of it: the first to the left, the others to the right.
func WriteTable(b *strings.Builder, table [][]string) {
	rule := make([]string, len(table[0]))
	for i := range rule {
		rule[i] = "---"
		if i > 0 {
			rule[i] = "---:"
		}
	}
	table = slices.Insert(slices.Clone(table), 1, rule)
	width := make([]int, len(rule))
	for _, cells := range table {
		for i, cell := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range table {
		for i, cell := range cells {
			fill := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + fill)
			} else {
				b.WriteString(" | " + fill + cell)
			}
		}
		b.WriteString(" |\n")
	}
}

// Count shows a number to three digits, as 1.24 M or 98.2 k.
func Count(x float64) string {
	switch {
	case x >= 999_500:
		return fmt.Sprintf("%.2f M", x/1e6)
	case x >= 999.5:
		return fmt.Sprintf("%.1f k", x/1e3)
	}
	return fmt.Sprintf("%.0f", x)
}

// Duration shows seconds to three digits.
func Duration(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.3f", s)
	case s < 10:
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.1f", s)
}

// Progress shows on a terminal's one line what runs.
func Progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
}

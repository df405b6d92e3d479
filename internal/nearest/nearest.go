// Package nearest finds the name that somebody who mistyped probably meant.
package nearest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Name returns the one of known that the fewest insertions, deletions and replacements of a
// character turn name into (the Levenshtein distance), letters compared without case; the first of equals.
// It returns "" when even that one is further away than half of name's characters: then nothing was
// mistyped, something else was meant.
func Name(name string, known []string) string {
	best, least := "", utf8.RuneCountInString(name)/2+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// Hint is how a message about an unknown name ends: with the name that was probably meant, or with all that are known.
func Hint(name string, known []string) string {
	if near := Name(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

// distance is the Levenshtein distance between a and b, in characters.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1) // row[j]: the distance between from[:i] and to[:j]
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

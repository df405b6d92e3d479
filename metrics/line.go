package metrics

import (
	"fmt"
	"io"
	"time"
)

// Line shows where a run stands: on a terminal one line that is rewritten, elsewhere a line every few
// seconds. Events are lines that stay. The zero Line shows nothing.
type Line struct {
	w        io.Writer
	terminal bool
	period   time.Duration // least time between two showings
	last     time.Duration // of the latest showing
	shown    bool          // a line that is to be rewritten stands on the terminal
	width    int           // columns of the terminal
}

// How often a line is shown: on a terminal, and elsewhere.
const (
	terminalPeriod = 100 * time.Millisecond
	plainPeriod    = 5 * time.Second
)

// NewLine shows lines on w. On a terminal they are cut to width columns; elsewhere width does not
// matter.
func NewLine(w io.Writer, terminal bool, width int) *Line {
	l := &Line{w: w, terminal: terminal, period: plainPeriod, width: width}
	if terminal {
		l.period = terminalPeriod
	}
	return l
}

// Due says whether the line has been shown so long ago that it is time again. now counts from the
// run's start.
func (l *Line) Due(now time.Duration) bool { return l.w != nil && now-l.last >= l.period }

// Show shows text at once, whether or not the line is [Line.Due].
func (l *Line) Show(now time.Duration, text string) {
	if l.w == nil {
		return
	}
	l.last = now
	if !l.terminal {
		_, _ = fmt.Fprintln(l.w, text) // a run does not end because nobody watches
		return
	}
	_, _ = fmt.Fprintf(l.w, "\r%s\x1b[K", cut(text, l.width))
	l.shown = true
}

// Event writes a line that stays.
func (l *Line) Event(text string) {
	if l.w == nil {
		return
	}
	l.Clear()
	_, _ = fmt.Fprintln(l.w, text)
}

// Clear removes the line that would be rewritten, so that others can write.
func (l *Line) Clear() {
	if l.shown {
		_, _ = io.WriteString(l.w, "\r\x1b[K")
		l.shown = false
	}
}

// cut shortens text to at most width runes.
func cut(text string, width int) string {
	n := 0
	for i := range text {
		if n == width {
			return text[:i]
		}
		n++
	}
	return text
}

package gymnasium

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// tailBytes is how much of what a process printed is shown when it has died.
const tailBytes = 4000

// tail keeps the end of what a process prints.
type tail struct {
	mutex sync.Mutex
	last  []byte
	more  bool // something was printed before last
	copy  io.Writer
	ended chan struct{}
}

func newTail(copy io.Writer) *tail { return &tail{copy: copy, ended: make(chan struct{})} }

// drain reads all that is printed, so that nobody waits who prints.
func (t *tail) drain(printed *os.File) {
	defer close(t.ended)
	defer func() { _ = printed.Close() }() // it was only read
	buffer := make([]byte, 8<<10)
	for {
		n, err := printed.Read(buffer)
		t.add(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (t *tail) add(b []byte) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.copy != nil && len(b) > 0 {
		_, _ = t.copy.Write(b) // whoever reads along may stop
	}
	t.last = append(t.last, b...)
	if n := len(t.last) - tailBytes; n > 0 {
		t.last, t.more = append(t.last[:0], t.last[n:]...), true
	}
}

// wait waits until all is read that a dead process printed: at most a second, for somebody may have inherited
// its standard error.
func (t *tail) wait() {
	select {
	case <-t.ended:
	case <-time.After(time.Second):
	}
}

func (t *tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	text := string(t.last)
	if t.more {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.TrimSpace(text)
}

// oneAtATime lets several processes print to one writer.
type oneAtATime struct {
	mutex sync.Mutex
	to    io.Writer
}

func (w *oneAtATime) Write(b []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.to.Write(b)
}

// shareOutput lets several processes print to the Output of o.
func (o *Options) shareOutput() {
	if _, shared := o.Output.(*oneAtATime); o.Output != nil && !shared {
		o.Output = &oneAtATime{to: o.Output}
	}
}

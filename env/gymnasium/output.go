package gymnasium

import (
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
	more  bool          // something was printed before last
	ended chan struct{} // closed when all was read
}

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
		if _, whole, found := strings.Cut(text, "\n"); found {
			text = whole
		}
	}
	return strings.TrimSpace(text)
}

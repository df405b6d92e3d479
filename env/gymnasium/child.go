package gymnasium

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"covey/env"
)

// child is a process with environments and what is exchanged with it. It serves one goroutine at a time.
type child struct {
	*process
	memory
	options *Options
	python  string
	spec    env.Spec
	rate    float64 // frames a second
	layout  layout
	rows    int
	first   int    // number of its first row, as faults call it
	steps   uint64 // that were begun

	one    [1]byte       // a command or an answer
	asked  atomic.Uint64 // odd while an answer is awaited
	mute   uint64        // asked, when it was last taken to hang; 0: never
	late   atomic.Int64  // the time.Duration within which none came, so that it was killed; 0: it was not
	broken error         // the fault that ended it
}

// startChild starts a process with environments. eager: all are made now, not when they are first reset.
func startChild(o *Options, rows, first int, eager bool) (*child, error) {
	python, err := findPython(o)
	if err != nil {
		return nil, err
	}
	doom := isDoom(o.ID)
	if doom {
		sweep()
	}
	c := &child{options: o, python: python, rows: rows, first: first}
	r := request{
		ID: o.ID, Kwargs: exact(o.Kwargs), Rows: rows, Eager: eager,
		Vector: o.Vector, Render: o.Render, Observe: o.Observe, Wrappers: exactWrappers(o.Wrappers),
	}
	p, message, err := startProcess(python, r, !o.Piped, doom)
	if err != nil {
		return nil, &Fault{ID: o.ID, Op: "start", Row: -1, Cause: fmt.Sprintf("%s: %v", python, err)}
	}
	c.process = p
	c.asked.Add(1)
	met := make(chan struct{})
	go c.watch(startDeadline, met)
	err = c.meet(message)
	close(met)
	c.asked.Add(1)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	go c.watch(o.Deadline, nil)
	return c, nil
}

// meet tells the process what it is to be, and agrees on the memory.
func (c *child) meet(message []byte) error {
	if err := c.awaitMark(); err != nil {
		return err
	}
	_, unheard := c.commands.Write(message) // a Python that is too old answers without listening
	if err := c.answer("make"); err != nil {
		return err
	}
	if unheard != nil {
		return c.died("make")
	}
	text, err := c.text()
	if err != nil {
		return c.died("make")
	}
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return c.fail(c.fault("make", fmt.Sprintf("its description: %v", err)))
	}
	if c.spec, err = d.spec(c.options.ID); err != nil {
		return c.fail(c.fault("make", err.Error()))
	}
	c.rate = d.FrameRate
	c.layout = newLayout(c.rows, c.spec.Observation, c.spec.Action)
	block := private(c.layout.Size)
	if c.shared() {
		if block, err = mapMemory(c.process.memory, c.layout.Size); err != nil {
			return c.fail(c.fault("make", fmt.Sprintf("%d bytes of shared memory: %v", c.layout.Size, err)))
		}
	}
	c.memory = c.layout.memory(block, c.rows, c.spec.Observation)
	if text, err = json.Marshal(c.layout); err != nil {
		return err
	}
	text = append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
	if _, err := c.commands.Write(text); err != nil {
		return c.died("make")
	}
	return c.answer("make")
}

// mark is what boot.py answers first.
const mark = "\x00covey\x00"

// awaitMark reads up to the mark. What comes before it was printed while the interpreter started.
func (c *child) awaitMark() error {
	var printed []byte
	for !bytes.HasSuffix(printed, []byte(mark)) {
		if len(printed) > tailBytes {
			rest := len(printed) - len(mark) // may begin the mark
			c.output.add(printed[:rest])
			printed = append(printed[:0], printed[rest:]...)
		}
		if _, err := io.ReadFull(c.answers, c.one[:]); err != nil {
			c.output.add(printed)
			return c.died("make")
		}
		printed = append(printed, c.one[0])
	}
	c.output.add(bytes.TrimSuffix(printed, []byte(mark)))
	return nil
}

// How long a process may take to start and to make its environments, and how long to close them.
const (
	startDeadline = 5 * time.Minute
	closeDeadline = 10 * time.Second
)

// watch kills the process when an answer is longer in coming than the deadline, until it is gone or met.
func (c *child) watch(deadline time.Duration, met <-chan struct{}) {
	if deadline == 0 {
		return
	}
	const looks = 8 // of the same wait until it is too long
	ticker := time.NewTicker(max(deadline/looks, time.Millisecond))
	defer ticker.Stop()
	seen, times := uint64(0), 0
	for {
		select {
		case <-c.gone:
			return
		case <-met:
			return
		case <-ticker.C:
		}
		now := c.asked.Load()
		if now != seen || now%2 == 0 {
			seen, times = now, 0
			continue
		}
		if times++; times == looks {
			c.killLate(deadline)
			return
		}
	}
}

// silent says whether an answer is awaited for as long as the patience lasts, or was before. The pool's mutex is held.
func (c *child) silent(patience time.Duration) bool {
	asked := c.asked.Load()
	for begun := time.Now(); asked%2 == 1 && c.asked.Load() == asked; time.Sleep(time.Millisecond) {
		if asked == c.mute || time.Since(begun) > patience {
			c.mute = asked
			return true
		}
	}
	return false
}

// killLate kills the process because it did not answer within the deadline.
func (c *child) killLate(deadline time.Duration) {
	c.late.Store(int64(deadline))
	c.kill()
}

// ask sends a command: what the rows are asked for stands in memory. Where that fails, the answer says why.
func (c *child) ask(command byte) {
	c.asked.Add(1)
	c.one[0] = command
	if _, err := c.commands.Write(c.one[:]); err == nil && !c.shared() {
		_, _ = c.commands.Write(c.bytes[:c.layout.Input]) // the same
	}
}

// done waits for the answer to ask; then what it shows stands in memory.
func (c *child) done(op string) error {
	await(c.answers)
	err := c.answer(op)
	if err == nil && !c.shared() {
		err = c.receive(op)
	}
	c.asked.Add(1)
	return err
}

// receive reads what the child wrote to its own memory; the last part only where an episode ended.
func (c *child) receive(op string) error {
	ended := func(flags uint8) bool { return flags != 0 }
	if _, err := io.ReadFull(c.answers, c.bytes[c.layout.Input:c.layout.Finals[0]]); err != nil {
		return c.died(op)
	}
	if slices.ContainsFunc(c.flags, ended) {
		if _, err := io.ReadFull(c.answers, c.bytes[c.layout.Finals[0]:]); err != nil {
			return c.died(op)
		}
	}
	return nil
}

// answer waits for the byte that says how it went.
func (c *child) answer(op string) error {
	if _, err := io.ReadFull(c.answers, c.one[:]); err != nil {
		return c.died(op)
	}
	switch c.one[0] {
	case 'K':
		return nil
	case 'E':
		return c.raised(op)
	}
	return c.fail(c.fault(op, fmt.Sprintf("its process answers %q", c.one[:])))
}

// text reads a text with its length before it.
func (c *child) text() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(c.answers, size[:]); err != nil {
		return nil, err
	}
	text := make([]byte, binary.LittleEndian.Uint32(size[:]))
	_, err := io.ReadFull(c.answers, text)
	return text, err
}

// raised is the fault that the child tells of.
func (c *child) raised(op string) error {
	text, err := c.text()
	if err != nil {
		return c.died(op)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return c.fail(c.fault(op, fmt.Sprintf("its report: %v", err)))
	}
	return c.fail(r.fault(c))
}

// died is the fault of a process that no longer answers.
func (c *child) died(op string) error {
	c.kill()
	f := c.fault(op, c.epitaph())
	if late := time.Duration(c.late.Load()); late > 0 {
		failed := "gave no answer"
		switch op {
		case "make":
			failed = "made no environment"
		case "close":
			failed = "did not close"
		}
		f.Cause = fmt.Sprintf("its process %s within %v and was killed", failed, late)
	}
	f.Output = c.output.String()
	return c.fail(f)
}

// fault is one of which nobody knows the row, unless there is only one.
func (c *child) fault(op, cause string) *Fault {
	f := &Fault{ID: c.options.ID, Op: op, Row: -1, Step: c.steps, Cause: cause}
	if c.rows == 1 {
		f.Row = c.first
	}
	return f
}

// fail ends the child with a fault.
func (c *child) fail(f *Fault) error {
	c.broken = f
	c.kill()
	return f
}

// close ends the child: it is asked to close its environments, and killed if it does not within some seconds, or
// if another goroutine still waits for an answer, which then is a fault.
func (c *child) close() error {
	if c.asked.Load()%2 == 1 { // nothing but the process may be touched: the rest is that goroutine's
		c.kill()
		return nil
	}
	var err error
	if c.broken == nil {
		err = c.askToClose(closeDeadline)
	}
	c.kill()
	c.drop()
	if c.shared() && c.bytes != nil {
		unmap(c.bytes)
		c.memory = memory{}
	}
	if c.broken == nil {
		c.broken = fmt.Errorf("gymnasium: %s: it was closed", c.options.ID)
	}
	return err
}

// askToClose asks the process to close its environments, and waits until it has.
func (c *child) askToClose(deadline time.Duration) error {
	patience := time.AfterFunc(deadline, func() { c.killLate(deadline) })
	defer patience.Stop()
	c.one[0] = 'Q'
	if _, err := c.commands.Write(c.one[:]); err != nil {
		return c.died("close")
	}
	return c.answer("close")
}

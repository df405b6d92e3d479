package gymnasium

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"slices"
	"sync"
	"time"

	"covey/env"
)

// Pool makes single environments, a number of which share a process. They may be used by several
// goroutines, each environment by one at a time.
type Pool struct {
	options  Options
	share    int           // environments of a process
	patience time.Duration // for which New waits for a process that is in the middle of a call, once for each call
	mutex    sync.Mutex
	hosts    []*host
	made     int
}

// host is a process whose environments are used one at a time.
type host struct {
	call  sync.Mutex // held while the process is asked: for ever, if it hangs
	child *child

	mutex sync.Mutex // of what follows, never held while the process is asked
	used  []bool     // [rows]
	left  int        // environments that are in use
	over  bool       // the process is broken, or about to be closed
}

// NewPool returns a pool whose processes have the given number of environments each. The first is started by
// the first call of New, and each ends with the last of its environments.
func NewPool(o Options, share int) (*Pool, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if share < 1 {
		return nil, fmt.Errorf("gymnasium: %s: %d environments in a process", o.ID, share)
	}
	if o.Vector {
		share = 1 // its rows cannot be stepped one by one
	}
	return &Pool{options: o, share: share, patience: time.Minute}, nil
}

// New makes an environment: in a process that has room for it, else in a new one. A process that seems to hang is
// passed over.
func (p *Pool) New() (*Environment, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.hosts = slices.DeleteFunc(p.hosts, (*host).finished)
	for _, h := range p.hosts {
		if !h.room() || h.child.silent(p.patience) {
			continue
		}
		if e := h.place(); e != nil {
			return e, nil
		}
	}
	c, err := startChild(&p.options, p.share, p.made, p.share == 1)
	if err != nil {
		return nil, err
	}
	p.made += p.share
	h := &host{child: c, used: make([]bool, p.share)}
	p.hosts = append(p.hosts, h)
	return h.place(), nil
}

// New makes an environment with a process of its own.
func New(o Options) (*Environment, error) {
	p, err := NewPool(o, 1)
	if err != nil {
		return nil, err
	}
	return p.New()
}

// place returns an environment in a row that nobody uses; nil: there is none, or the process is over.
func (h *host) place() *Environment {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	row := slices.Index(h.used, false)
	if h.over || row < 0 {
		return nil
	}
	h.used[row] = true
	h.left++
	c := h.child
	return &Environment{host: h, row: row, spec: c.spec, frame: c.spec.Observation.Size(), action: c.spec.Action.Size()}
}

func (h *host) finished() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.over
}

// room says whether there is a row that nobody uses.
func (h *host) room() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Contains(h.used, false)
}

// leave gives an environment up; last: it was the last one, with which the process is over.
func (h *host) leave() (last bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.left--
	h.over = h.over || h.left == 0
	return h.left == 0
}

// free lets others have a row.
func (h *host) free(row int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.used[row] = false
}

// notice sees whether the process broke. The call's mutex is held.
func (h *host) notice() {
	if h.child.broken != nil {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		h.over = true
	}
}

// Environment is one environment of a pool's.
type Environment struct {
	host          *host
	row           int
	spec          env.Spec
	frame, action int
	steps         uint64
	begun         bool // it was reset before
	running       bool
	closed        bool
}

var (
	_ env.Environment = (*Environment)(nil)
	_ env.Renderer    = (*Environment)(nil)
)

// Spec says what the environment is.
func (e *Environment) Spec() env.Spec { return e.spec }

// Reset begins an episode; Gymnasium is given the [Seed].
func (e *Environment) Reset(seed uint64, obs env.Values) error {
	e.mustFit(obs)
	e.running = false
	err := e.with(func(c *child) error {
		c.memory.seeds[e.row] = Seed(seed)
		err := e.ask(c, reset, "reset", obs)
		if !e.begun {
			e.begun = true
			c.note()
		}
		return err
	})
	e.running = err == nil
	return err
}

// Step takes one step.
func (e *Environment) Step(action []float32, obs env.Values) (env.Outcome, error) {
	if !e.running {
		return env.Outcome{}, fmt.Errorf("gymnasium: %s: %w", e.spec.ID, env.ErrResetNeeded)
	}
	if err := checkAction(&e.spec, action); err != nil {
		return env.Outcome{}, err
	}
	e.mustFit(obs)
	var out env.Outcome
	e.running = false
	err := e.with(func(c *child) error {
		e.steps++
		copy(c.actions[e.row*e.action:], action)
		if err := e.ask(c, step, "step", obs); err != nil {
			return err
		}
		flags := c.flags[e.row]
		out = env.Outcome{Reward: c.rewards[e.row], Terminated: flags&terminated != 0, Truncated: flags&truncated != 0}
		if r := out.Reward; r-r != 0 {
			return c.wrong("step", e.row, fmt.Sprintf("the reward is %v", r))
		}
		return nil
	})
	e.running = err == nil && !out.Terminated && !out.Truncated
	return out, err
}

func (e *Environment) mustFit(obs env.Values) {
	if obs.Len() != e.frame || (obs.U != nil) != e.spec.Observation.Bytes {
		panic(fmt.Sprintf("gymnasium: %s: observation of %d floats and %d bytes; want %d, of bytes: %v",
			e.spec.ID, len(obs.F), len(obs.U), e.frame, e.spec.Observation.Bytes))
	}
}

// with calls f with the child, which is nobody else's meanwhile.
func (e *Environment) with(f func(*child) error) error {
	h := e.host
	h.call.Lock()
	defer h.call.Unlock()
	if h.child.broken != nil {
		return h.child.broken
	}
	defer h.notice()
	return f(h.child)
}

// ask asks the child for one thing in this row, and copies what the row then shows.
func (e *Environment) ask(c *child, want uint8, op string, obs env.Values) error {
	c.steps = e.steps
	c.wants[e.row] = want
	c.ask('G')
	err := c.done(op)
	if err != nil {
		return err
	}
	c.wants[e.row] = skip
	obs.Copy(c.observations.Slice(e.row*e.frame, (e.row+1)*e.frame))
	if at := notFinite(obs.F); at >= 0 {
		return c.wrong(op, e.row, fmt.Sprintf("element %d of the observation is %v", at, obs.F[at]))
	}
	return nil
}

// Render draws what the environment shows into dst, if that has the size, else into a new picture. The options
// must have said that it is going to be called.
func (e *Environment) Render(dst *image.RGBA) (*image.RGBA, error) {
	err := e.with(func(c *child) (err error) {
		if !c.options.Render {
			return fmt.Errorf("gymnasium: %s: it was not made to be seen: set Render in its options", e.spec.ID)
		}
		dst, err = c.render(e.row, dst)
		return err
	})
	return dst, err
}

// FrameRate is the number of steps a second at which the environment is meant to be seen.
func (e *Environment) FrameRate() float64 { return e.host.child.rate }

// render asks the child for a picture.
func (c *child) render(row int, dst *image.RGBA) (*image.RGBA, error) {
	c.asked.Add(1)
	_, _ = c.process.commands.Write(binary.LittleEndian.AppendUint32([]byte{'P'}, uint32(row))) // where that fails, the answer says why
	err := c.answer("render")
	if err == nil {
		dst, err = c.picture(dst)
	}
	c.asked.Add(1)
	return dst, err
}

func (c *child) picture(dst *image.RGBA) (*image.RGBA, error) {
	var size [8]byte
	if _, err := io.ReadFull(c.answers, size[:]); err != nil {
		return nil, c.died("render")
	}
	height, width := int(binary.LittleEndian.Uint32(size[:])), int(binary.LittleEndian.Uint32(size[4:]))
	rgb := make([]byte, 3*width*height)
	if _, err := io.ReadFull(c.answers, rgb); err != nil {
		return nil, c.died("render")
	}
	if dst == nil || dst.Rect != image.Rect(0, 0, width, height) {
		dst = image.NewRGBA(image.Rect(0, 0, width, height))
	}
	for y := range height {
		line := dst.Pix[y*dst.Stride:]
		for x := range width {
			from := rgb[3*(y*width+x):]
			line[4*x], line[4*x+1], line[4*x+2], line[4*x+3] = from[0], from[1], from[2], 0xff
		}
	}
	return dst, nil
}

// Close closes the environment, and with the last one its process.
func (e *Environment) Close() error {
	h := e.host
	h.call.Lock()
	defer h.call.Unlock()
	if e.closed {
		return nil
	}
	e.closed, e.running = true, false
	c := h.child
	if h.leave() {
		return c.close()
	}
	if c.broken != nil {
		return nil // whose fault that was has been told
	}
	defer h.notice()
	c.wants[e.row] = closeRow
	c.ask('G')
	err := c.done("close")
	if err == nil {
		c.wants[e.row] = skip
		h.free(e.row)
	}
	return err
}

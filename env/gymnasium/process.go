package gymnasium

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// The child's side: boot.py reads the others from its standard input.
var (
	//go:embed python/boot.py
	boot string
	//go:embed python/bridge.py
	bridge string
	//go:embed python/spaces.py
	spaces string
	//go:embed python/worlds.py
	worlds string
	//go:embed python/atari.py
	atari string
	//go:embed python/doom.py
	doom string
)

// request is what a process is asked to be.
type request struct {
	ID       string    `json:"id"`
	Kwargs   any       `json:"kwargs"`
	Rows     int       `json:"rows"`
	Eager    bool      `json:"eager"` // make all environments at once
	Vector   bool      `json:"vector"`
	Render   bool      `json:"render"`
	Observe  []string  `json:"observe"`
	Wrappers []Wrapper `json:"wrappers"`
	Line     int       `json:"line"`   // descriptor of the life line, -1: none
	Memory   int       `json:"memory"` // descriptor of the shared memory, -1: none
	Path     string    `json:"path"`   // where modules are looked for first; "": in the working folder
}

// process is a running Python with its pipes. It is the head of a process group of its own, which is killed when it
// dies.
type process struct {
	commands, answers *os.File
	line              *os.File // the life line, never written to: it ends with this program; nil: there is none
	memory            *os.File // to be mapped; nil: nothing is shared, data go through the pipes
	output            *tail
	cmd               *exec.Cmd
	folder            string // the working folder that it litters; "": this program's
	mutex             sync.Mutex
	litter            []string      // files that it would leave behind if it were killed
	gone              chan struct{} // closed when it is dead, its group killed and its remains swept
}

// startProcess starts an interpreter and returns what it wants to read first. share: memory, where the system has it.
func startProcess(python string, r request, share, litters bool) (_ *process, message []byte, err error) {
	p := &process{output: &tail{ended: make(chan struct{})}, cmd: exec.Command(python), gone: make(chan struct{})}
	if litters {
		if err := p.moveOut(&r); err != nil {
			return nil, nil, err
		}
	}
	var printed *os.File
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close() // a descriptor that the process has of its own
		}
		if err != nil {
			_ = printed.Close() // which may be nil, and nobody has printed
			p.drop()
			p.clean()
		}
	}()
	pipe := func(mine **os.File, reading bool) (theirEnd *os.File) {
		if err != nil {
			return nil
		}
		var read, write *os.File
		if read, write, err = newPipe(); err != nil {
			return nil
		}
		if *mine, theirEnd = write, read; reading {
			*mine, theirEnd = read, write
		}
		theirs = append(theirs, theirEnd)
		return theirEnd
	}
	stdin, stdout, stderr := pipe(&p.commands, false), pipe(&p.answers, true), pipe(&printed, true)
	r.Line, r.Memory = -1, -1
	if groups && err == nil {
		r.Line = 3
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, pipe(&p.line, false))
	}
	if err != nil {
		return nil, nil, err
	}
	if share {
		if memory, none := newMemory(); none == nil { // else `covey doctor` says why
			r.Memory, p.memory = 3+len(p.cmd.ExtraFiles), memory
			p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, memory)
		}
	}
	message, err = json.Marshal(map[string]any{
		"request": r, "modules": map[string]string{"bridge": bridge, "spaces": spaces, "worlds": worlds, "atari": atari, "doom": doom},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("its arguments: %w", err)
	}
	p.cmd.Args = []string{python, "-u", "-X", "faulthandler", "-c", boot, fmt.Sprint(len(message))}
	p.cmd.Env = surroundings(r.Render)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, stderr
	isolate(p.cmd)
	if err = p.cmd.Start(); err != nil {
		return nil, nil, err
	}
	go p.output.drain(printed)
	go p.bury()
	return p, message, nil
}

// moveOut gives the process a working folder of its own. It finds modules in this one all the same.
func (p *process) moveOut(r *request) (err error) {
	if r.Path, err = os.Getwd(); err != nil {
		return err
	}
	p.folder, err = os.MkdirTemp("", "covey-")
	p.cmd.Dir = p.folder
	return err
}

// surroundings is the environment that a process sees. Several share the cores, so none is to use threads of its
// own; and there may be no screen.
func surroundings(render bool) []string {
	all := os.Environ()
	defaults := []string{"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "PYTHONIOENCODING=utf-8", "PYGAME_HIDE_SUPPORT_PROMPT=1"}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		defaults = append(defaults, "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy")
		if render && runtime.GOOS == "linux" { // else MuJoCo need not find the library
			defaults = append(defaults, "MUJOCO_GL=egl")
		}
	}
	for _, d := range defaults {
		name, _, _ := strings.Cut(d, "=")
		if _, set := os.LookupEnv(name); !set {
			all = append(all, d)
		}
	}
	return all
}

// bury waits for the process to die, kills what it has started and removes what it leaves behind.
func (p *process) bury() {
	awaitDeath(p.cmd)
	p.note()
	killGroup(p.cmd.Process)
	_ = p.cmd.Wait() // how it ended stands in its state; it may be buried
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, f := range p.litter {
		_ = os.Remove(f) // it may have removed it itself
	}
	p.clean()
	close(p.gone)
}

// clean removes the process's own working folder.
func (p *process) clean() {
	if p.folder != "" {
		_ = os.RemoveAll(p.folder) // the system's folder for what is left over
	}
}

// kill ends the process and all that it has started.
func (p *process) kill() {
	select {
	case <-p.gone:
	default:
		p.note()
		killGroup(p.cmd.Process)
		<-p.gone
	}
}

// note remembers which files the process would leave behind now: when it is dead, and all that it started, nobody knows.
func (p *process) note() {
	now := remains(p.cmd.Process.Pid)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, f := range now {
		if !slices.Contains(p.litter, f) {
			p.litter = append(p.litter, f)
		}
	}
}

// shared says whether data stand in memory that both sides see.
func (p *process) shared() bool { return p.memory != nil }

// drop closes this side's files.
func (p *process) drop() {
	for _, f := range []*os.File{p.commands, p.answers, p.line, p.memory} {
		if f != nil {
			_ = f.Close() // nothing is lost with them
		}
	}
}

// epitaph says how the process ended.
func (p *process) epitaph() string {
	<-p.gone
	p.output.wait()
	return ending(p.cmd.ProcessState)
}

package compare

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine is where and when a comparison ran.
type Machine struct {
	CPU      string
	Cores    int
	System   string
	Compiler string
	Go       string
	Covey    string // what covey version says: version and kernel level
	Date     string
	Load     string // the load average of the minute before: what else the machine did
}

// ThisMachine describes this one. covey: the built command.
func ThisMachine(ctx context.Context, covey string) Machine {
	return Machine{
		CPU: cpuModel(), Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Compiler: firstLine(ctx, "gcc", "--version"), Go: runtime.Version(),
		Covey: strings.Join(strings.Fields(output(ctx, covey, "version")), " "),
		Load:  loadAverage(), Date: time.Now().UTC().Format(time.DateOnly),
	}
}

// String is the machine in a line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s; %s; %s; %s; load before: %s; %s",
		m.CPU, m.Cores, m.System, m.Go, m.Compiler, m.Covey, m.Load, m.Date)
}

func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(content), " ")
	return load
}

func cpuModel() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	_, rest, _ := bytes.Cut(content, []byte("model name"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.Trim(string(line), "\t :")
}

// output is what a program prints, or nothing where it is missing.
func output(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

func firstLine(ctx context.Context, program string, args ...string) string {
	line, _, _ := strings.Cut(output(ctx, program, args...), "\n")
	return line
}

// HasAVX512 says whether the CPU has AVX-512 F, where the system tells.
func HasAVX512() bool {
	content, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && bytes.Contains(content, []byte(" avx512f "))
}

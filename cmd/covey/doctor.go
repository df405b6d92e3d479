package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"covey"
	"covey/internal/pyenv"
)

// finding is what doctor found out about one thing.
type finding struct {
	about string
	state string // what is there
	fix   string // what to type, or to do; "": nothing
	bad   bool   // it does not work; else a fix only adds to what works
}

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check what covey and its environments need here",
		Long: `Check the CPU, the memory that processes share, Python and its packages, and say what to type
where something is missing. It fails where something that is there does not work.`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := append([]finding{lookAtCPU(), lookAtSharedMemory()}, lookAtPython(cmd.Context())...)
			return printFindings(cmd.OutOrStdout(), findings)
		},
	}
}

func lookAtPython(ctx context.Context) []finding {
	python, err := pyenv.Gymnasium()
	if errors.Is(err, pyenv.ErrNoGymnasium) {
		return []finding{{about: "python", state: "no environment with Gymnasium was set up", fix: "covey gym setup all"}}
	}
	var r *pyenv.Report
	if err == nil {
		r, err = pyenv.Look(ctx, python)
	}
	if err != nil {
		return []finding{{about: "python", state: err.Error(), fix: "covey gym setup", bad: true}}
	}
	return append(lookAtPackages(r), lookAtDrawing(r, runtime.GOOS, os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY")))
}

func printFindings(w io.Writer, findings []finding) error {
	bad := 0
	for _, f := range findings {
		sign := "ok"
		switch {
		case f.bad:
			sign = "BAD"
			bad++
		case f.fix != "":
			sign = "--"
		}
		fmt.Fprintf(w, "%-4s %-16s %s\n", sign, f.about, strings.ReplaceAll(f.state, "\n", "\n"+strings.Repeat(" ", 22)))
		if f.fix != "" {
			fmt.Fprintf(w, "%22s→ %s\n", "", f.fix)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d things do not work", bad, len(findings))
	}
	return nil
}

func lookAtCPU() finding {
	f := finding{about: "cpu", state: fmt.Sprintf("%s, %d cores, kernels: %s", runtime.GOARCH, runtime.NumCPU(), covey.Kernel())}
	if covey.Kernel() == "generic" && runtime.GOARCH == "amd64" {
		f.fix = "plain Go kernels are ten times slower: leave COVEY_KERNEL unset, on a CPU with AVX2 (build without -tags purego and -race)"
	}
	return f
}

// lookAtPackages says what of the Gymnasium environment is there.
func lookAtPackages(r *pyenv.Report) []finding {
	_, missing, broken := r.Extra("")
	findings := []finding{{about: "python", state: r.Version + " at " + r.Path}}
	gymnasium := finding{about: "gymnasium", state: r.Packages["gymnasium"].Version}
	if len(missing)+len(broken) > 0 {
		gymnasium = finding{about: "gymnasium", state: strings.Join(append(missing, broken...), "\n"), fix: "covey gym setup", bad: true}
	}
	findings = append(findings, gymnasium)
	for _, old := range r.Old() {
		findings = append(findings, finding{about: "too old", state: old, fix: "covey gym setup", bad: true})
	}
	for _, name := range pyenv.Extras() {
		there, missing, broken := r.Extra(name)
		f := finding{about: name, state: strings.Join(there, ", "), fix: "covey gym setup " + name}
		switch {
		case len(broken) > 0:
			f.state, f.bad = strings.Join(broken, "\n"), true
		case len(missing) > 0:
			f.state = "no " + strings.Join(missing, ", no ")
		case name == "atari" && r.ROMs == 0:
			f.state, f.bad = f.state+", without a single ROM", true
		case name == "atari":
			f.state, f.fix = fmt.Sprintf("%s, %d ROMs", f.state, r.ROMs), ""
		default:
			f.fix = ""
		}
		findings = append(findings, f)
	}
	return findings
}

// lookAtDrawing says how MuJoCo would draw; the other environments need no display.
func lookAtDrawing(r *pyenv.Report, goos, display string) finding {
	f := finding{about: "display", state: "there is one"}
	if goos != "linux" || display != "" {
		return f
	}
	if len(r.Drawing) > 0 {
		f.state = "none; MuJoCo draws by " + r.Drawing[0]
		return f
	}
	f.state = "none, and no library that draws without: MuJoCo's environments cannot be recorded"
	f.fix = "sudo apt install libegl1 (Fedora: sudo dnf install mesa-libEGL)"
	return f
}

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"covey": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"animation":   isAnimation,
			"exits":       exits,
			"interrupted": interrupted,
			"pictures":    arePictures,
			"truncate":    truncate,
			"rename":      rename,
		},
	})
}

// exits CODE COMMAND... runs a command that must exit with the code, print nothing to stdout and a single line
// to stderr. Its output is compared afterwards as that of exec is.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("%v ended with %v, want exit status %d", args[1:], err, want)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout is not empty: %q", out)
	}
	if out := ts.ReadFile("stderr"); countLines(out) != 1 {
		ts.Fatalf("stderr is not one line: %q", out)
	}
}

func countLines(text string) (n int) {
	for _, r := range text {
		if r == '\n' {
			n++
		}
	}
	return n
}

// interrupted SIGNAL FILE COMMAND... runs a command, sends it the signal as soon as the file exists (after !: as soon as
// it does not), and wants the exit status that belongs to it.
func interrupted(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	codes := map[string]int{"INT": exitInterrupted, "TERM": exitTerminated}
	if neg || len(args) < 3 || signals[args[0]] == nil {
		ts.Fatalf("usage: interrupted INT|TERM FILE|!FILE COMMAND...")
	}
	file, gone := strings.CutPrefix(args[1], "!")
	program, err := exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[2]))
	ts.Check(err)
	cmd := exec.Command(program, args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(file)); (err == nil) != gone || time.Since(began) > time.Minute {
			break
		}
	}
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	err = cmd.Wait()
	var exit *exec.ExitError
	if want := codes[args[0]]; !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("ended with %v, want exit status %d", err, want)
	}
}

// rename FILE OLD NEW replaces a word in a file, everywhere; in a manifest, its checksum too.
func rename(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: rename FILE OLD NEW")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), args[1], args[2])
	if body, _, ok := strings.Cut(text, ",\n  \"checksum\""); ok {
		text = fmt.Sprintf("%s,\n  \"checksum\": \"%x\"\n}\n", body, sha256.Sum256([]byte(body)))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

// truncate FILE BYTES cuts a file.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

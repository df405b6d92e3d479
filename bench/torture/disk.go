package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/checkpoint"
	"covey/train"
)

// disks takes the disk away from runs: it is full for a while, full to the end, or read-only.
func disks(ctx context.Context, o *options) (rows []row, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("this part wants root: it mounts a small file system, and runs processes of another user")
	}
	if err := o.lend(); err != nil {
		return nil, err
	}
	v := &victims[0]
	w, err := o.whole(ctx, v)
	if err != nil {
		return nil, err
	}
	small := filepath.Join(o.work, "small")
	_ = exec.Command("umount", small).Run() // one that was cut off may have left it
	if err := os.MkdirAll(small, 0o777); err != nil {
		return nil, err
	}
	if err := command(ctx, "mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small); err != nil {
		return nil, err
	}
	defer exec.Command("umount", small).Run() //nolint:errcheck // a folder for temporary files
	for _, test := range []struct {
		what       string
		dir        string
		take, back func(dir string) error
		forever    bool
	}{
		{"disk full for a third of a second", filepath.Join(small, "run"), fill, empty, false},
		{"disk full to the end", filepath.Join(small, "run"), fill, empty, true},
		{"folder read-only for a third of a second", filepath.Join(o.work, "locked"), forbid, allow, false},
		{"folder read-only to the end", filepath.Join(o.work, "locked"), forbid, allow, true},
	} {
		compare.Progress("%s", test.what)
		got, err := o.deprive(ctx, v, w, test.dir, test.take, test.back, test.forever)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", test.what, err)
		}
		want := "goes on, says so, same parameters"
		if test.forever {
			want = "ends with a clear error; resumed: same parameters and table"
		}
		rows = append(rows, row{What: v.name + ": " + test.what, Want: want, Got: got, Passed: got == want})
	}
	return rows, nil
}

// nobody is the user whose processes root's rights do not help.
const nobody = "65534"

// lend lets nobody work: with a copy of covey that it may read, in the folder.
func (o *options) lend() error {
	text, err := os.ReadFile(o.covey)
	if err != nil {
		return err
	}
	o.covey = filepath.Join(o.work, "covey")
	if err := os.WriteFile(o.covey, text, 0o755); err != nil { //nolint:gosec // to be run by others
		return err
	}
	return os.Chmod(o.work, 0o777)
}

// deprive takes the disk from a run after its first checkpoint, gives it back in time or after its end, and says what
// became of the run.
func (o *options) deprive(ctx context.Context, v *victim, w *whole, dir string, take, back func(string) error, forever bool) (string, error) {
	as := func(args []string) (*process, error) {
		p := &process{Cmd: exec.CommandContext(ctx, "setpriv", append([]string{"--reuid", nobody, "--clear-groups", o.covey}, args...)...)}
		p.Stdout, p.Stderr = &p.said, &p.said
		return p, p.Start()
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for temporary files
	dir = filepath.Join(dir, "run")
	p, err := as(v.train(dir))
	if err != nil {
		return "", err
	}
	if err := await(func() bool {
		c, _, _ := checkpoint.NewestResumable(filepath.Join(dir, train.CheckpointFolder))
		return c != nil
	}); err != nil {
		return "", errors.Join(err, p.kill())
	}
	if err := take(dir); err != nil {
		return "", errors.Join(err, p.kill())
	}
	if !forever {
		time.Sleep(time.Second / 3)
		if err := back(dir); err != nil {
			return "", errors.Join(err, p.kill())
		}
	}
	ended := p.Wait()
	if forever {
		if err := back(dir); err != nil {
			return "", err
		}
		return o.judgeDeprived(p, ended, w, dir, func() error {
			again, err := as([]string{"resume", dir, "--quiet"})
			if err != nil {
				return err
			}
			return again.end()
		})
	}
	return judgeSurvivor(p, ended, w, dir)
}

// judgeSurvivor says what became of a run whose disk came back in time.
func judgeSurvivor(p *process, ended error, w *whole, dir string) (string, error) {
	if ended != nil {
		return fmt.Sprintf("ended with %v: %s", ended, strings.TrimSpace(p.said.String())), nil
	}
	got, err := outcome(dir)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, train.ResultFile))
	switch {
	case err != nil:
		return "", err
	case !strings.Contains(string(text), "could not be written, and the run goes on without"):
		return "does not say what it lacks", nil
	case firstLine(got) != firstLine(w.outcome):
		return "ends with other parameters", nil
	}
	return "goes on, says so, same parameters", nil
}

// judgeDeprived says what became of a run whose disk came back after its end.
func (o *options) judgeDeprived(p *process, ended error, w *whole, dir string, resume func() error) (string, error) {
	said := strings.TrimSpace(p.said.String())
	var exit *exec.ExitError
	switch {
	case !errors.As(ended, &exit) || exit.ExitCode() != 1:
		return fmt.Sprintf("ended with %v: %s", ended, said), nil
	case !strings.HasPrefix(said, "covey: ") || strings.Contains(said, "\n") ||
		!strings.Contains(said, "no space left") && !strings.Contains(said, "permission denied"):
		return "says " + said, nil
	}
	if err := resume(); err != nil {
		return "", err
	}
	got, err := outcome(dir)
	if err != nil {
		return "", err
	}
	if got != w.outcome {
		return "resumed, it ends as another run", nil
	}
	return "ends with a clear error; resumed: same parameters and table", nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// await waits until something is so.
func await(so func() bool) error {
	for began := time.Now(); !so(); time.Sleep(time.Millisecond) {
		if time.Since(began) > time.Minute {
			return errors.New("waited for a minute in vain")
		}
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	text, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(text)))
	}
	return nil
}

// filler is a file beside the run's folder that takes all that is left of the disk.
func filler(dir string) string { return filepath.Join(filepath.Dir(dir), "filler") }

func fill(dir string) error {
	f, err := os.Create(filler(dir))
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<16); len(block) > 0; { // smaller and smaller ones, till not a byte is left
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	return f.Close()
}

func empty(dir string) error { return os.Remove(filler(dir)) }

// forbid lets nobody write below a run's folder.
func forbid(dir string) error { return modes(dir, 0o555) }
func allow(dir string) error  { return modes(dir, 0o755) }

func modes(dir string, mode fs.FileMode) error {
	for _, d := range []string{dir, filepath.Join(dir, train.CheckpointFolder)} {
		if err := os.Chmod(d, mode); err != nil {
			return err
		}
	}
	return nil
}

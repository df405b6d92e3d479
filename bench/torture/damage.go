package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covey/bench/compare"
	"covey/checkpoint"
	"covey/train"
)

// powerLosses kills runs and damages their newest checkpoint as a disk does that lost power: files are cut, gone or
// full of zeros. The run has to say so and go on from the checkpoint before.
func powerLosses(ctx context.Context, o *options) (rows []row, err error) {
	for i := range victims {
		v := &victims[i]
		w, err := o.whole(ctx, v)
		if err != nil {
			return nil, err
		}
		same := 0
		for trial := range o.damage {
			dir := filepath.Join(o.work, "power")
			equal, err := o.losePower(ctx, v, w, dir)
			if err != nil {
				return nil, fmt.Errorf("%s, trial %d: %w", v.name, trial, err)
			}
			if equal {
				same++
			}
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
			compare.Progress("%s: %d of %d went on from the checkpoint before the damaged one", v.name, same, trial+1)
		}
		rows = append(rows, row{
			What: v.name + ": files of the newest checkpoint cut, gone or full of zeros: said, resumed from the one before, same parameters and table",
			Want: fmt.Sprintf("%d of %d", o.damage, o.damage), Got: fmt.Sprintf("%d of %d", same, o.damage), Passed: same == o.damage,
		})
	}
	return rows, nil
}

func (o *options) losePower(ctx context.Context, v *victim, w *whole, dir string) (equal bool, err error) {
	var found []string
	for len(found) < 2 { // one to damage, one to fall back to
		if err := os.RemoveAll(dir); err != nil {
			return false, err
		}
		p, err := o.start(ctx, v.train(dir)...)
		if err != nil {
			return false, err
		}
		time.Sleep(time.Duration((0.3 + 0.5*o.rng.Float64()) * float64(w.took)))
		if err := p.kill(); err != nil {
			return false, err
		}
		if found, err = filepath.Glob(filepath.Join(dir, train.CheckpointFolder, "step-*")); err != nil {
			return false, err
		}
	}
	if err := o.spoil(slices.Max(found)); err != nil {
		return false, err
	}
	said, err := o.call(ctx, "resume", dir)
	if err != nil {
		return false, err
	}
	got, err := outcome(dir)
	return got == w.outcome && strings.Contains(said, "passed over a checkpoint"), err
}

// spoil damages a random file of a checkpoint. Other checkpoints that have the same file keep it whole: it was on the
// disk before.
func (o *options) spoil(dir string) error {
	files, err := list(dir)
	if err != nil {
		return err
	}
	path := files[o.rng.IntN(len(files))]
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	at := o.rng.IntN(len(text))
	switch o.rng.IntN(3) {
	case 0: // it is gone
		return nil
	case 1:
		text = text[:at]
	case 2:
		if !slices.ContainsFunc(text[at:], func(b byte) bool { return b != 0 }) {
			at = 0
		}
		clear(text[at:])
	}
	return os.WriteFile(path, text, 0o666)
}

// list returns the files below a folder.
func list(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// flips turns random bits of checkpoints around.
func flips(ctx context.Context, o *options) (rows []row, err error) {
	for i := range victims[:2] {
		v := &victims[i]
		dir := filepath.Join(o.work, "flip")
		if _, err := o.call(ctx, v.train(dir)...); err != nil {
			return nil, err
		}
		c, _, err := checkpoint.NewestResumable(filepath.Join(dir, train.CheckpointFolder))
		if err != nil {
			return nil, err
		}
		size, caught, err := o.flip(c.Dir, o.flips/2)
		if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
			return nil, err
		}
		rows = append(rows, row{
			What: fmt.Sprintf("%s: a bit flipped anywhere in a checkpoint of %.1f MB: detected", v.name, float64(size)/1e6),
			Want: fmt.Sprintf("%d of %d", o.flips/2, o.flips/2), Got: fmt.Sprintf("%d of %d", caught, o.flips/2), Passed: caught == o.flips/2,
		})
	}
	return rows, nil
}

// flip turns one bit after another around, and back, and counts how often the checkpoint was found to be damaged.
func (o *options) flip(dir string, times int) (size, caught int, err error) {
	files, err := list(dir)
	if err != nil {
		return 0, 0, err
	}
	texts := make([][]byte, len(files))
	for i, path := range files {
		if texts[i], err = os.ReadFile(path); err != nil {
			return 0, 0, err
		}
		size += len(texts[i])
	}
	for n := range times {
		at := o.rng.IntN(size)
		i := 0
		for ; at >= len(texts[i]); i++ {
			at -= len(texts[i])
		}
		bit := byte(1) << o.rng.IntN(8)
		texts[i][at] ^= bit
		if err := os.WriteFile(files[i], texts[i], 0o666); err != nil {
			return 0, 0, err
		}
		c, err := checkpoint.Open(dir)
		if err == nil {
			err = c.Verify()
		}
		if err != nil {
			caught++
		}
		texts[i][at] ^= bit
		if err := os.WriteFile(files[i], texts[i], 0o666); err != nil {
			return 0, 0, err
		}
		compare.Progress("%d of %d flipped bits were detected", caught, n+1)
	}
	c, err := checkpoint.Open(dir)
	if err == nil {
		err = c.Verify() // it is as it was
	}
	return size, caught, err
}

package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNone says that a folder holds no checkpoint, neither a whole nor a damaged one.
var ErrNone = errors.New("no checkpoint")

// folderName is the name of a step's checkpoint.
func folderName(step uint64) string { return fmt.Sprintf("step-%012d", step) }

// stepOf is the inverse of folderName.
func stepOf(name string) (step uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, "step-")
	if !ok {
		return 0, false
	}
	step, err := strconv.ParseUint(digits, 10, 64)
	return step, err == nil && folderName(step) == name
}

// stored is a checkpoint of a store.
type stored struct {
	step uint64
	path string
}

// list returns the checkpoints in a store's folder, the newest first, without looking into them.
func list(dir string) ([]stored, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []stored
	for _, e := range entries {
		name := e.Name()
		if rest, old := strings.CutPrefix(name, oldMark); old {
			if _, err := os.Lstat(filepath.Join(dir, rest)); err == nil {
				continue
			}
			name = rest // its writer was cut off before the new one stood in its place
		}
		if step, ok := stepOf(name); ok {
			found = append(found, stored{step, filepath.Join(dir, name)})
		}
	}
	slices.SortFunc(found, func(a, b stored) int { return cmp.Compare(b.step, a.step) })
	return found, nil
}

// Newest opens the newest checkpoint in a store's folder; its policy is proven whole. Damaged ones are
// passed over; skipped says which, and why. If none is left, the error names each and what to do, or is
// [ErrNone] where there were none. A checkpoint is refused, not passed over, where only a newer version of
// covey reads it, where it may not be read, or where its folder holds other files as well.
func Newest(dir string) (c *Checkpoint, skipped []string, err error) {
	return newest(dir, Open)
}

// NewestResumable is like [Newest] for the checkpoints that a run can go on from, and reads every byte.
func NewestResumable(dir string) (c *Checkpoint, skipped []string, err error) {
	return newest(dir, func(path string) (*Checkpoint, error) {
		c, err := Open(path)
		switch {
		case err != nil:
			return nil, err
		case !c.Manifest.Resumable:
			return nil, nil
		}
		return c, c.Verify()
	})
}

// OpenStep opens the store's checkpoint of a step.
func (s *Store) OpenStep(step uint64) (*Checkpoint, error) {
	return Open(filepath.Join(s.Dir, folderName(step)))
}

// newest returns the first checkpoint that open opens; it may open none without an error.
func newest(dir string, open func(string) (*Checkpoint, error)) (c *Checkpoint, skipped []string, err error) {
	for try := 0; ; try++ {
		found, err := list(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		skipped = nil
		vanished := false // removed, by the run that goes on there, since they were listed
		for _, f := range found {
			c, err := open(f.path)
			if err == nil && c != nil {
				return c, skipped, nil
			}
			if err != nil && refused(err) {
				return nil, nil, err
			}
			if err == nil {
				continue
			}
			if _, gone := os.Lstat(f.path); errors.Is(err, fs.ErrNotExist) && errors.Is(gone, fs.ErrNotExist) {
				vanished = true
				continue
			}
			skipped = append(skipped, err.Error())
		}
		switch {
		case vanished && try < 100:
		case len(skipped) > 0:
			return nil, skipped, fmt.Errorf("no checkpoint in %s can be used; restore one from a copy, or train anew elsewhere: %s",
				dir, strings.Join(skipped, "; "))
		default:
			return nil, nil, fmt.Errorf("%s: %w", dir, ErrNone)
		}
	}
}

// refused says whether an error is one that going back to an older checkpoint would hide.
func refused(err error) bool {
	return errors.As(err, new(newerError)) || errors.As(err, new(strayError)) || errors.Is(err, fs.ErrPermission)
}

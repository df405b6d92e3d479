package checkpoint

import (
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// What is made or removed in several steps bears one of these before its name while that lasts.
const (
	newMark  = ".new-"  // not finished yet
	oldMark  = ".old-"  // about to be replaced: it counts as long as nothing stands in its place
	goneMark = ".gone-" // being removed
)

// disk is the file system as far as checkpoints are written to it. A test may watch it and let it fail:
// watch is told of each thing that is about to be done, and its error happens instead.
type disk struct {
	watch func(op, path string) error
	hasty bool // a test does not wait for the disk
}

func (d *disk) about(op, path string) error {
	if d.watch == nil {
		return nil
	}
	return d.watch(op, path)
}

// create opens a new file for writing, in place of one that stands there.
func (d *disk) create(path string) (io.WriteCloser, error) {
	if err := d.about("create", path); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

type diskFile struct {
	*os.File
	disk *disk
}

func (f *diskFile) Write(b []byte) (int, error) {
	if err := f.disk.about("write", f.Name()); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (d *disk) mkdir(path string) error {
	if err := d.about("mkdir", path); err != nil {
		return err
	}
	return os.Mkdir(path, 0o777)
}

func (d *disk) link(from, to string) error {
	if err := d.about("link", to); err != nil {
		return err
	}
	return os.Link(from, to)
}

func (d *disk) rename(from, to string) error {
	if err := d.about("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// sync waits until a file's contents are on the disk.
func (d *disk) sync(path string) error {
	if err := d.about("sync", path); err != nil || d.hasty {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir waits until the folder's names are on the disk. Windows has no such call: there NTFS keeps
// the order of what happens to names.
func (d *disk) syncDir(dir string) error {
	if err := d.about("syncdir", dir); err != nil || d.hasty || runtime.GOOS == "windows" {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// remove takes a folder away so that no half of it is ever seen under its name.
func (d *disk) remove(path string) error {
	gone := beside(path, goneMark)
	if err := d.discard(gone); err != nil { // of an earlier attempt
		return err
	}
	switch err := d.rename(path, gone); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return d.discard(gone)
}

// discard removes a folder that nobody looks into any more, piece by piece.
func (d *disk) discard(path string) error {
	if err := d.about("discard", path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// settle ends what writers that were cut off have begun in the folder of place, with place itself and with
// checkpoints of steps: what was to be replaced comes back unless its successor stands there, and
// what is not finished goes.
func (d *disk) settle(place string) error {
	dir := filepath.Dir(place)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, mark := range []string{newMark, oldMark, goneMark} {
			name, marked := strings.CutPrefix(e.Name(), mark)
			if _, ok := stepOf(name); !marked || !ok && name != filepath.Base(place) {
				continue
			}
			path := filepath.Join(dir, e.Name())
			if mark == oldMark {
				if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
					if err := d.rename(path, filepath.Join(dir, name)); err != nil {
						return err
					}
					continue
				}
			}
			if err := d.discard(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// beside is the marked path that belongs to a path.
func beside(path, mark string) string {
	return filepath.Join(filepath.Dir(path), mark+filepath.Base(path))
}

// WriteFile writes a file so that, at every instant, its name stands for nothing, the file before or
// the whole new one; and waits until it is on the disk.
func WriteFile(path string, data []byte) error {
	var d disk
	aside := beside(path, newMark)
	f, err := d.create(aside)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.sync(aside)
	}
	if err == nil {
		err = d.rename(aside, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	return d.syncDir(filepath.Dir(path))
}

// summer hashes and counts what it hands on.
type summer struct {
	file  io.Writer
	hash  hash.Hash
	bytes int64
}

func (s *summer) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	s.hash.Write(b[:n])
	s.bytes += int64(n)
	return n, err
}

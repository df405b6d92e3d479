package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// journal is a file that a run appends to and whose length a checkpoint notes. What cannot be written is lost
// and the run goes on: writing returns no error, failed holds the latest.
type journal struct {
	file   *os.File
	path   string
	lines  bool   // it is made of lines
	size   uint64 // of what belongs to it; behind that stands what has to be cut
	broken bool   // something else than size may stand in the file
	failed error  // since it was last asked
}

// openJournal opens a file, and makes it where there is none.
func openJournal(path string, lines bool) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return &journal{file: f, path: path, lines: lines}, nil
}

// Write appends b.
func (j *journal) Write(b []byte) (int, error) {
	if err := j.write(b); err != nil {
		j.broken, j.failed = true, err
	} else {
		j.size += uint64(len(b))
	}
	return len(b), nil
}

func (j *journal) write(b []byte) error {
	if j.broken {
		if err := j.file.Truncate(int64(j.size)); err != nil {
			return err
		}
		j.broken = false
	}
	_, err := j.file.WriteAt(b, int64(j.size))
	return err
}

// failure is what could not be written since it was last asked.
func (j *journal) failure() error {
	err := j.failed
	j.failed = nil
	return err
}

// cut makes the file as long as size says. Of a file that is shorter, what is whole is kept: all lines, or
// nothing where it is not made of lines; lost says so.
func (j *journal) cut() (lost string, err error) {
	info, err := j.file.Stat()
	if err != nil {
		return "", err
	}
	have := uint64(info.Size())
	if have < j.size {
		lost = fmt.Sprintf("%s is shorter than it was, %d of %d bytes: what stood behind is lost", j.path, have, j.size)
		if j.size = 0; j.lines {
			if j.size, err = j.wholeLines(have); err != nil {
				return "", err
			}
		}
	}
	if have != j.size {
		if err := j.file.Truncate(int64(j.size)); err != nil {
			return "", err
		}
	}
	return lost, nil
}

// wholeLines is the number of bytes up to the end of the last line within the first n.
func (j *journal) wholeLines(n uint64) (uint64, error) {
	b := make([]byte, 4096)
	for n > 0 {
		part := b[:min(n, uint64(len(b)))]
		if _, err := j.file.ReadAt(part, int64(n)-int64(len(part))); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		n -= uint64(len(part))
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return n + uint64(i) + 1, nil
		}
	}
	return 0, nil
}

// sync brings the file to the disk.
func (j *journal) sync() {
	if err := j.file.Sync(); err != nil {
		j.failed = err
	}
}

// Close closes the file.
func (j *journal) Close() error { return j.file.Close() }

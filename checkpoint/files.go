package checkpoint

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// countWriter counts the bytes written to it.
type countWriter int64

func (c *countWriter) Write(b []byte) (int, error) {
	*c += countWriter(len(b))
	return len(b), nil
}

// writeSynced writes a file, replacing what stood there, and waits until it is on the disk.
func writeSynced(path string, fill func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = fill(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// WriteFile writes a file so that, at every instant, its name stands for nothing, the file before or
// the whole new one; and waits until it is on the disk.
func WriteFile(path string, data []byte) error {
	err := writeSynced(path+aside, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(path+aside, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir waits until the folder's names are on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settle ends a write that was cut off: a data file that stands aside is put in its place if the
// manifest already speaks of it.
func settle(dir string) error {
	path := filepath.Join(dir, PolicyFile)
	data, err := os.ReadFile(path + aside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // cut off before the first commit: written over
	}
	if err != nil {
		return err
	}
	m, err := parseManifest(text)
	if err != nil || m.Files[PolicyFile].check(data) != nil {
		return nil // cut off before the commit: written over
	}
	return os.Rename(path+aside, path)
}

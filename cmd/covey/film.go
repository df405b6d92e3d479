package main

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"covey/internal/animation"
)

// film takes the pictures of a recording.
type film interface {
	add(picture *image.RGBA, rate float64) error
	// end completes the files, unless the recording failed with err: then what cannot be used is removed. It returns
	// err, or its own error.
	end(err error) error
}

// newFilm is the film that a file or folder of that name makes.
func newFilm(out string) (film, error) {
	name := strings.ToLower(filepath.Base(out))
	switch {
	case strings.HasSuffix(name, ".gif"):
		return &gifFilm{path: out}, nil
	case strings.HasSuffix(name, ".png"):
		first, second := fmt.Sprintf(out, 1), fmt.Sprintf(out, 2)
		if first == second || strings.Contains(first, "%!") {
			return nil, usagef("--out %s: each step is a picture: want a place for its number, as in frame-%%04d.png", out)
		}
		return &pngFilm{pattern: out}, nil
	case filepath.Ext(name) != "":
		return nil, usagef("--out %s: want a name that ends in .gif or .png, or a folder's", out)
	}
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("--out %s: the folder is not empty", out)
	}
	return &pngFilm{folder: out, pattern: filepath.Join(strings.ReplaceAll(out, "%", "%%"), "frame-%06d.png")}, nil
}

// gifFilm is an animation. It is written aside from the first picture on, and gets its name when it is whole.
type gifFilm struct {
	path string
	file *os.File
	gif  *animation.GIF
}

func (f *gifFilm) add(picture *image.RGBA, rate float64) error {
	if f.file == nil {
		file, err := os.Create(filepath.Join(filepath.Dir(f.path), ".new-"+filepath.Base(f.path)))
		if err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		f.file, f.gif = file, animation.NewGIF(file, rate)
	}
	if err := f.gif.Add(picture); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

func (f *gifFilm) end(err error) error {
	if f.file == nil {
		return err
	}
	failed := err
	if failed == nil {
		err = f.gif.Close()
	}
	err = errors.Join(err, f.file.Close())
	if err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	if failed == nil && err != nil {
		err = fmt.Errorf("write %s: %w", f.path, err)
	}
	return err
}

// pngFilm is a file for each picture. What there is of them is good, however the recording ended.
type pngFilm struct {
	folder  string // made with the first picture; "": is there
	pattern string // of the files' names
	next    int
}

func (f *pngFilm) add(picture *image.RGBA, _ float64) error {
	if f.next == 0 && f.folder != "" {
		if err := os.MkdirAll(f.folder, 0o755); err != nil {
			return err
		}
	}
	file, err := os.Create(fmt.Sprintf(f.pattern, f.next))
	if err != nil {
		return err
	}
	f.next++
	return errors.Join(png.Encode(file, picture), file.Close())
}

func (f *pngFilm) end(err error) error { return err }

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestCommitted checks that generating again changes nothing, byte for byte.
func TestCommitted(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run go generate in internal/kernel", name)
		}
	}
	for _, pattern := range []string{"*_amd64.s", "*/*_amd64.s"} {
		assembly, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range assembly {
			name, _ := filepath.Rel("..", path)
			if _, ok := files[filepath.ToSlash(name)]; !ok {
				t.Errorf("%s is assembly that the generator does not write", path)
			}
		}
	}
}
